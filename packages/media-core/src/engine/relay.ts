import { type Logger, StrowgerError } from '@strowger/runtime';
import { isVoice, sameCodec } from '../sdp/codec.ts';
import { withOurs } from '../sdp/relay-transcoding.ts';
import {
  type CodecDescription,
  type MediaDirection,
  mirrored,
  narrowed,
  type NegotiatedMedia,
  type Sdp,
  TELEPHONE_EVENT,
} from '../sdp/index.ts';
import type { CoreEndpoint } from './core-endpoint.ts';
import { digitsCommand } from './digits-command.ts';
import type { Trickle } from './trickle.ts';
import { HoldMusic } from './hold-music.ts';
import { type LocalDescription, notAcceptable, wrongState } from './local-description.ts';
import type { EndpointRtp, MediaEndpoint, MediaIntent, MediaStats } from './media-backend.ts';
import type {
  AudioSource,
  DigitOptions,
  Playback,
  PlayOptions,
  Recording,
  RecordOptions,
  RecordTarget,
} from './media-capabilities.ts';
import { Playbacks } from './playbacks.ts';
import { Recordings } from './recordings.ts';
import type { RelayLines } from './relay-lines.ts';
import { relayPlan } from './relay-plan.ts';
import type { RelayTranscoding } from './relay-transcoding.ts';
import { codecsOf, receivable } from './relayed-payloads.ts';
import { SilentEndpoint } from './silent-endpoint.ts';

/** What an end of a relay is made of. */
export interface RelaySideOptions {
  end: 'a' | 'b';
  core: CoreEndpoint;
  description: LocalDescription;
  identity: Pick<EndpointRtp, 'ssrc' | 'cname'>;
  trickle: Trickle;
  /** What is offered where the other end has said nothing yet. */
  codecs: readonly CodecDescription[];
  /** Encoding names that may pass; all where it is absent. */
  allowed: readonly { name: string }[] | undefined;
  /** What passes beside audio; of both ends. */
  lines: RelayLines;
  /** Whether what cannot pass is transcoded; of both ends. */
  transcoding: RelayTranscoding;
  /** Whether digits are listened for in what comes in here. */
  hearsInband: boolean;
  /** Events that each end takes and is sent though the other end has none; none: they have to pass. */
  events: readonly CodecDescription[];
  /** What its peer hears while the other end's holds; absent: nothing. */
  holdMusic: AudioSource | undefined;
  logger: Logger;
}

/** An offer that waits until the other end's offer is answered. */
interface PendingOffer {
  offer: Sdp;
  /** What we take and give towards this offerer. */
  intent: MediaDirection;
  /** Places of the lines that can pass beside audio. */
  places: readonly number[];
  resolve(answer: Sdp): void;
  reject(error: unknown): void;
}

/**
 * One end of a relay. What its peer offers waits here, goes out at the other end, and is answered
 * with what came back there: codecs, their order, and directions pass through.
 */
export class RelaySide extends SilentEndpoint implements MediaEndpoint {
  private readonly options: RelaySideOptions;
  private readonly recordings: Recordings;
  private readonly playbacks: Playbacks;
  private readonly music: HoldMusic;
  private other: RelaySide | undefined;
  private pending: PendingOffer | undefined;
  private isOffering = false;

  constructor(options: RelaySideOptions) {
    super('The end of a relay');
    const { core, holdMusic: source, logger } = options;
    this.options = options;
    this.recordings = new Recordings(core);
    this.playbacks = new Playbacks(core);
    const play = (music: AudioSource): Playback => this.play(music, { loop: true });
    this.music = new HoldMusic({ source, logger, play });
    core.onEnd = (error) => this.onEnd(error);
    core.onClosed = () => {
      this.playbacks.closed();
      this.recordings.closed();
    };
    core.onAudio = (event) => {
      if (event.type === 'recorded') this.recordings.take(event);
      if (event.type === 'playEnded') this.playbacks.take(event);
    };
  }

  /** Makes two ends a relay. */
  static join(a: RelaySide, b: RelaySide): void {
    a.other = b;
    b.other = a;
  }

  async createOffer(intent: MediaIntent = {}): Promise<Sdp> {
    const { direction = 'sendrecv', iceRestart } = intent;
    const { core, description, trickle } = this.options;
    core.assertAlive();
    if (this.isOffering) throw wrongState('An offer is being made already');
    if (intent.codecs !== undefined) {
      throw new StrowgerError('MEDIA_UNSUPPORTED', 'A relay speaks what its two peers do');
    }
    trickle.offer(intent.trickle);
    if (iceRestart) description.restartIce();
    const pending = this.other?.pending;
    if (pending) return this.passOn(pending, direction);
    await core.bind();
    await trickle.ready();
    return description.offer({ codecs: this.offeredCodecs(), direction: this.standing(direction) });
  }

  async acceptOffer(offer: Sdp, intent: MediaIntent = {}): Promise<Sdp> {
    const { direction = 'sendrecv' } = intent;
    const { core, description, trickle } = this.options;
    core.assertAlive();
    description.context.assertNoOffer();
    const line = description.audioLine(offer);
    if (line && !line.codecs.some((codec) => this.mayPass(codec) && isVoice(codec))) {
      throw notAcceptable('No codec of the offer may pass');
    }
    trickle.begin(offer, intent.trickle);
    // where the other end was negotiated before the first offer came, there is nothing to ask it
    const isFirst = core.agreed === undefined;
    if (isFirst && this.other?.isSettled === true) return this.answer(offer, direction);
    const places = description.passableLines(offer);
    description.context.receiveOffer(offer);
    return new Promise((resolve, reject) => {
      this.pending = { offer, intent: mirrored(direction), places, resolve, reject };
    });
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    const { core, description } = this.options;
    core.assertAlive();
    const pending = this.other?.pending;
    try {
      if (pending === undefined) await this.take(description.agree(answer));
      else await this.other?.answerPending(pending, answer);
    } catch (error) {
      this.other?.refuse(StrowgerError.isInstance(error) ? error : notAcceptable(String(error)));
      await this.settle();
      throw error;
    }
  }

  async rollback(): Promise<void> {
    const refused = notAcceptable('The other end did not take the offer');
    const { context } = this.options.description;
    if (context.state === 'offerSent') this.other?.refuse(refused);
    else this.refuse(refused);
    context.rollback();
    await this.settle();
  }

  async addCandidates(fragment: string): Promise<void> {
    const { core, description } = this.options;
    const candidates = description.laterCandidates(fragment);
    await core.api.addCandidates({ id: core.id, candidates });
  }

  get rtp(): EndpointRtp {
    const { core, identity } = this.options;
    return { ssrc: identity.ssrc, cname: identity.cname, ...core.rtp };
  }

  stats(): Promise<MediaStats> {
    return this.options.core.stats();
  }

  async close(): Promise<MediaStats> {
    const { core, lines, transcoding } = this.options;
    transcoding.close();
    const [stats] = await Promise.all([core.close(), lines.close()]);
    return stats;
  }

  /** What this end's peer says, in stereo that of the other end on the right; decoded for that alone. */
  override async record(target: RecordTarget, options: RecordOptions = {}): Promise<Recording> {
    return this.recordings.start(target, options);
  }

  /** In the place of what comes from the other end; its codec is one that was agreed here. */
  override play(source: AudioSource, options: PlayOptions = {}): Playback {
    this.options.core.assertAlive();
    return this.playbacks.start(source, options);
  }

  /** As events within what passes; `MEDIA_NO_TELEPHONE_EVENT` where the peer takes none. */
  override async sendDigits(digits: string, options: DigitOptions = {}): Promise<void> {
    const { id, api } = this.options.core;
    await api.sendDigits({ id, ...digitsCommand(digits, options) });
  }

  /** What passes to this end's peer; see `RelayEnd.mute` of the core. */
  override async mute(muted: boolean): Promise<void> {
    const { id, api } = this.options.core;
    await api.mute({ id, muted });
  }

  /** Of a further offer of our own accord: somebody may hold. */
  private standing(direction: MediaDirection): MediaDirection {
    const beyond = this.other?.options.core.agreed;
    if (this.options.core.agreed === undefined || beyond === undefined) return direction;
    return this.music.standing(direction, beyond.direction);
  }

  private get isSettled(): boolean {
    return this.options.description.context.state === 'complete';
  }

  /**
   * The offer that came in at the other end, once there are ports for both ends and for what passes
   * beside audio: none where it cannot be passed on.
   */
  private async passOn(pending: PendingOffer, direction: MediaDirection): Promise<Sdp> {
    const { end, description, allowed, lines, transcoding, events } = this.options;
    const { other } = this;
    if (other === undefined) throw wrongState('This end belongs to no relay');
    const { offer, intent, places } = pending;
    const beyond = other.options.description;
    const passing = (linePorts: ReadonlyMap<number, number>) => ({
      codecs: allowed,
      direction: narrowed(direction, mirrored(intent)),
      linePorts,
      ours: transcoding.offered,
      events,
      fillsHold: this.music.isReady,
    });
    description.assertRelayable(offer, passing(new Map()), beyond);
    transcoding.prepare();
    await this.provide(other, places);
    if (other.pending !== pending) throw notAcceptable('The offer of the other end was withdrawn');
    return description.relayedOffer(offer, passing(lines.ports(end, places)), beyond);
  }

  private async provide(other: RelaySide, places: readonly number[]): Promise<void> {
    const { core, lines } = this.options;
    this.isOffering = true;
    try {
      await Promise.all([core.bind(), other.options.core.bind()]);
      await Promise.all([this.options.trickle.ready(), other.options.trickle.ready()]);
      await lines.provide(places);
    } finally {
      this.isOffering = false;
    }
    core.assertAlive();
  }

  /** The other end's offer was answered: so is the one that it was made from. */
  private async answerPending(
    { offer, intent, places, resolve, reject }: PendingOffer,
    answerFromB: Sdp,
  ): Promise<void> {
    const { end, core, description, allowed, lines, transcoding, events } = this.options;
    const { other } = this;
    if (other === undefined) return;
    await core.bind(); // where the offer over there was not made from this one
    await this.options.trickle.ready();
    const passing = {
      codecs: allowed,
      direction: mirrored(intent),
      linePorts: lines.ports(end, places),
      ours: transcoding.offered,
      events,
      fillsHold: this.music.isReady,
    };
    const beyond = other.options.description;
    const made = description.relayedAnswer({ offer, answerFromB }, passing, beyond);
    this.pending = undefined;
    try {
      await other.options.core.configure(made.b);
      await this.take(made.a); // both are new now: what lies between was never agreed
      await lines.agree(made.lines, end);
      this.options.trickle.follow(made.answer);
      resolve(made.answer);
    } catch (error) {
      reject(error); // an end was closed or lost meanwhile
      throw error;
    }
  }

  /** Answers with what the other end has agreed on before. */
  private async answer(offer: Sdp, intent: MediaDirection): Promise<Sdp> {
    const beyond = this.other?.options.core.agreed;
    const direction = beyond ? this.music.standing(intent, beyond.direction) : intent;
    const wanted = { codecs: this.codecsFor(offer), direction };
    const { core, description } = this.options;
    description.assertAnswerable(offer, wanted);
    await core.bind();
    await this.options.trickle.ready();
    const { answer, media } = description.answer(offer, wanted);
    await this.take(media);
    this.options.trickle.follow(answer);
    return answer;
  }

  /** A round is complete at this end: its session and both directions of the relay follow it. */
  private async take(media: NegotiatedMedia): Promise<void> {
    const { core } = this.options;
    await core.configure(media);
    const { other } = this;
    if (other === undefined || other.options.core.agreed === undefined) return;
    const isTranscoded = await Promise.all([this.relayTo(other), other.relayTo(this)]);
    this.options.transcoding.settle(isTranscoded.includes(true));
    this.followHold(other);
    other.followHold(this);
  }

  private followHold(other: RelaySide): void {
    const [here, beyond] = [this.options.core, other.options.core];
    if (!here.agreed || !beyond.agreed || here.hasEnded || beyond.hasEnded) return;
    this.music.follow(here.agreed, beyond.agreed);
  }

  /**
   * What becomes of all that may come in here; resolves with whether it takes a place: not where the
   * other end has answered with all that was offered, and will as a rule send what passes.
   */
  private async relayTo(other: RelaySide): Promise<boolean> {
    const { core, transcoding } = this.options;
    const to = other.options.core;
    if (!core.agreed || !to.agreed || core.hasEnded || to.hasEnded) return false;
    const { hearsInband: decodesAll } = this.options;
    const plan = relayPlan(core.agreed, to.agreed, { ours: transcoding.offered, decodesAll });
    await core.api.relay({ from: core.id, to: to.id, ...plan });
    return plan.transcoding !== undefined && plan.transcoding.reason !== 'unsharedCodec';
  }

  private async settle(): Promise<void> {
    const { lines, transcoding } = this.options;
    transcoding.rollback();
    await lines.settle();
  }

  private refuse(error: StrowgerError): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    this.options.description.context.rollback();
    pending.reject(error);
  }

  private mayPass({ name }: CodecDescription): boolean {
    const { allowed } = this.options;
    return !allowed || name === TELEPHONE_EVENT || allowed.some((one) => one.name === name);
  }

  /** What an offer of our own accord holds: what was agreed here, else at the other end. */
  private knownCodecs(): readonly CodecDescription[] {
    const agreed = this.options.core.agreed ?? this.other?.options.core.agreed;
    if (agreed) return codecsOf(receivable(agreed));
    return this.options.codecs.filter((codec) => this.mayPass(codec));
  }

  /** The same, and behind it what we can make of it. */
  private offeredCodecs(): readonly CodecDescription[] {
    const { transcoding, events } = this.options;
    transcoding.prepare();
    return withOurs(this.knownCodecs(), transcoding.offered ?? [], events);
  }

  /** What passes where the offer has some of it: only without it is anything transcoded. */
  private codecsFor(offer: Sdp): readonly CodecDescription[] {
    const known = this.knownCodecs();
    const offered = this.options.description.audioLine(offer)?.codecs ?? [];
    const isShared = offered.some(
      (codec) => isVoice(codec) && known.some((one) => sameCodec(one, codec)),
    );
    return isShared ? withOurs(known, [], this.options.events) : this.offeredCodecs();
  }

  private onEnd(error: StrowgerError): void {
    this.options.transcoding.close();
    this.playbacks.end(error);
    this.refuse(error);
    this.other?.refuse(error);
    void this.options.lines.close(); // it never rejects; `close` waits for it
  }
}
