import type { StrowgerError } from '@strowger/runtime';
import type { AnswererOptions, AnswererOutcome } from '../speech/index.ts';
import type { CodecDescription, Sdp } from '../sdp/index.ts';
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
  identity: Pick<EndpointRtp, 'ssrc' | 'cname'>;
}

/** An endpoint whose audio begins and ends in this process. */
export class LocalEndpoint implements MediaEndpoint {
  private readonly core: CoreEndpoint;
  private readonly description: LocalDescription;
  private readonly trickle: Trickle;
  private readonly codecs: readonly CodecDescription[];
  private readonly playbacks: Playbacks;
  private readonly recordings: Recordings;
  private readonly input: AudioInput;
  private readonly output: AudioOutput;
  private readonly identity: LocalEndpointOptions['identity'];

  constructor({ core, description, trickle, codecs, identity }: LocalEndpointOptions) {
    this.identity = identity;
    this.core = core;
    this.description = description;
    this.trickle = trickle;
    this.codecs = codecs;
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
    this.trickle.offer(intent.trickle);
    await this.core.bind();
    await this.trickle.ready();
    if (iceRestart) this.description.restartIce();
    return this.description.offer({ codecs: this.codecs, direction });
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
    await this.core.configure(media);
    this.trickle.follow(answer);
    return answer;
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    this.core.assertAlive();
    await this.core.configure(this.description.agree(answer));
  }

  async rollback(): Promise<void> {
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
