import type { StrowgerError } from '@strowger/runtime';
import type { AnswererOptions, AnswererOutcome } from '../speech/index.ts';
import type { CodecDescription, Sdp } from '../sdp/index.ts';
import { sameCodec } from '../sdp/codec.ts';
import { withNumbersKept } from '../sdp/codec-pairs.ts';
import { AudioInput } from './audio-input.ts';
import { AudioOutput } from './audio-output.ts';
import type { AudioEvent, CoreEndpoint } from './core-endpoint.ts';
import { digitsCommand } from './digits-command.ts';
import type { LocalDescription } from './local-description.ts';
import type { Trickle } from './trickle.ts';
import { Playbacks } from './playbacks.ts';
import { Recordings } from './recordings.ts';
import type { EndpointRtp, MediaEndpoint, MediaIntent, MediaStats } from './media-backend.ts';
import type {
  AudioSource,
  Cleared,
  DigitOptions,
  MarkOutcome,
  PcmFrame,
  Playback,
  PlayOptions,
  Recording,
  RecordOptions,
  RecordTarget,
} from './media-capabilities.ts';

/** What an endpoint is made of. */
export interface LocalEndpointOptions {
  core: CoreEndpoint;
  description: LocalDescription;
  trickle: Trickle;
  codecs: readonly CodecDescription[];
  /** What codecs of these names are; throws `MEDIA_UNKNOWN_CODEC`. */
  describeCodecs(names: readonly string[]): readonly CodecDescription[];
  identity: Pick<EndpointRtp, 'ssrc' | 'cname'>;
}

/** An endpoint whose audio begins and ends in this process. */
export class LocalEndpoint implements MediaEndpoint {
  private readonly core: CoreEndpoint;
  private readonly description: LocalDescription;
  private readonly trickle: Trickle;
  private readonly describeCodecs: LocalEndpointOptions['describeCodecs'];
  private codecs: readonly CodecDescription[];
  /** What the offer names that may be answered. */
  private offered: readonly CodecDescription[] | undefined;
  /** Every codec that a description of ours has ever named, under its number. */
  private named: readonly CodecDescription[];
  private readonly playbacks: Playbacks;
  private readonly recordings: Recordings;
  private readonly input: AudioInput;
  private readonly output: AudioOutput;
  private readonly identity: LocalEndpointOptions['identity'];

  constructor(options: LocalEndpointOptions) {
    const { core, description, trickle, codecs, identity, describeCodecs } = options;
    this.identity = identity;
    this.core = core;
    this.description = description;
    this.trickle = trickle;
    this.codecs = codecs;
    this.named = codecs;
    this.describeCodecs = describeCodecs;
    this.input = new AudioInput(core);
    this.output = new AudioOutput(core);
    this.playbacks = new Playbacks(core);
    this.recordings = new Recordings(core);
    core.onAudio = (event) => this.onAudio(event);
    core.onEnd = (error) => this.onEnd(error);
    core.onClosed = () => this.onClosed();
  }

  async createOffer(intent: MediaIntent = {}): Promise<Sdp> {
    const { direction = 'sendrecv', iceRestart } = intent;
    const codecs = intent.codecs === undefined ? this.codecs : this.codecsOf(intent.codecs);
    this.trickle.offer(intent.trickle);
    await this.core.bind();
    await this.trickle.ready();
    if (iceRestart) this.description.restartIce();
    const offer = this.description.offer({ codecs, direction });
    this.offered = codecs;
    return offer;
  }

  async acceptOffer(offer: Sdp, intent: MediaIntent = {}): Promise<Sdp> {
    const { direction = 'sendrecv' } = intent;
    this.core.assertAlive();
    const wanted = { codecs: this.codecs, direction };
    this.description.assertAnswerable(offer, wanted); // nothing is spent on one that is refused
    this.trickle.begin(offer, intent.trickle);
    await this.core.bind();
    await this.trickle.ready();
    this.core.assertAlive();
    const { answer, media } = this.description.answer(offer, wanted);
    this.offered = undefined;
    await this.core.configure(media);
    this.trickle.follow(answer);
    return answer;
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    this.core.assertAlive();
    const media = this.description.agree(answer);
    this.codecs = this.offered ?? this.codecs;
    await this.core.configure(media);
  }

  async rollback(): Promise<void> {
    this.offered = undefined;
    this.description.context.rollback();
  }

  async addCandidates(fragment: string): Promise<void> {
    const { core, description } = this;
    const candidates = description.laterCandidates(fragment);
    await core.api.addCandidates({ id: core.id, candidates });
  }

  get rtp(): EndpointRtp {
    const { ssrc, cname } = this.identity;
    return { ssrc, cname, ...this.core.rtp };
  }

  stats(): Promise<MediaStats> {
    return this.core.stats();
  }

  close(): Promise<MediaStats> {
    return this.core.close();
  }

  play(source: AudioSource, options: PlayOptions = {}): Playback {
    return this.playbacks.start(source, options);
  }

  async mark(name: string): Promise<MarkOutcome> {
    return this.output.mark(name);
  }

  clear(): Promise<Cleared> {
    return this.output.clear();
  }

  async record(target: RecordTarget, options: RecordOptions = {}): Promise<Recording> {
    return this.recordings.start(target, options);
  }

  async sendDigits(digits: string, options: DigitOptions = {}): Promise<void> {
    const { id, api } = this.core;
    await api.sendDigits({ id, ...digitsCommand(digits, options) });
  }

  echo(enabled: boolean): void {
    const { id, api } = this.core;
    api.echo({ id, enabled }).catch(() => {}); // it fails only with the endpoint
  }

  async mute(muted: boolean): Promise<void> {
    await this.core.api.mute({ id: this.core.id, muted });
  }

  async detectAnsweringMachine(options: AnswererOptions = {}): Promise<AnswererOutcome> {
    const { id } = this.core;
    return this.core.api.detectAnswerer({ id, options });
  }

  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame> {
    return this.input.open(options);
  }

  audioOut(): WritableStream<PcmFrame> {
    return this.output.open();
  }

  /** Under the numbers that they have had: none may come to mean another codec (RFC 3264 §8.3.2). */
  private codecsOf(names: readonly string[]): readonly CodecDescription[] {
    const codecs = withNumbersKept(this.describeCodecs(names), this.named);
    const isNew = (codec: CodecDescription): boolean =>
      !this.named.some((known) => sameCodec(known, codec));
    this.named = [...this.named, ...codecs.filter(isNew)];
    return codecs;
  }

  private onAudio(event: AudioEvent): void {
    if (event.type === 'heard') this.input.take(event);
    else if (event.type === 'recorded') this.recordings.take(event);
    else this.playbacks.take(event);
  }

  private onEnd(error: StrowgerError): void {
    this.input.end(error);
    this.output.end(error);
    this.playbacks.end(error);
  }

  private onClosed(): void {
    this.playbacks.closed();
    this.recordings.closed();
  }
}
