import { StrowgerError } from '@strowger/runtime';
import type {
  AnswererOutcome,
  AudioSource,
  Cleared,
  MarkOutcome,
  MediaDirection,
  MediaEndpoint,
  MediaIntent,
  MediaStats,
  PcmFrame,
  Playback,
  Recording,
  Sdp,
} from '@strowger/session-core';
import {
  audioLine,
  mirrored,
  narrowed,
  placeholderOffer,
  securityOf,
  withDirections,
} from './description.ts';
import {
  answerTowardsPeer,
  assertPolicy,
  notAcceptable,
  type PeerMediaPolicy,
  towardsPeer,
  wrongState,
} from './media-policy.ts';
import type { NgArguments } from './ng-client.ts';
import type { NgCall } from './ng-call.ts';
import { type PartyReport, readQuery } from './query.ts';

/** What an end of a relay is made of. */
export interface RelayEndOptions {
  readonly call: NgCall;
  /** Its party's tag at the engine. */
  readonly tag: 'a' | 'b';
  readonly policy: PeerMediaPolicy;
  /** Encoding names that may pass; all where it is absent. */
  readonly codecs: readonly string[] | undefined;
  /** Whether the engine may transcode what the two ends do not share. */
  readonly transcodes: boolean;
  /** Told once, when it was closed. */
  onGone(): void;
}

/** An offer that waits until the other end's offer is answered. */
interface PendingOffer {
  readonly offer: Sdp;
  readonly intent: MediaDirection;
  resolve(answer: Sdp): void;
  reject(error: unknown): void;
}

/** Our offer: what it was made from is what the engine was told. */
interface OwnOffer {
  readonly source: Sdp;
  readonly direction: MediaDirection;
  readonly isOpen: boolean;
}

const NOTHING: PartyReport = { packets: 0, bytes: 0 };
/** What a placeholder names where the relay takes everything. */
const USUAL_CODECS = ['opus', 'g722', 'pcma', 'pcmu'];

/** One end of a relay in rtpengine: what its peer offers goes out, rewritten, at the other end. */
export class RelayEnd implements MediaEndpoint {
  readonly tag: 'a' | 'b';
  private readonly options: RelayEndOptions;
  private other: RelayEnd | undefined;
  private pending: PendingOffer | undefined;
  private offer: OwnOffer | undefined;
  /** What our peer said last, and which way it lets audio go together with what we said. */
  private theirs: Sdp | undefined;
  private direction: MediaDirection = 'inactive';
  private closed: Promise<MediaStats> | undefined;
  /** Whether our peer hears silence, and whether the engine knows. */
  private isMuted = false;
  private isSilenced = false;

  constructor(options: RelayEndOptions) {
    this.options = options;
    this.tag = options.tag;
  }

  /** Makes two ends a relay. */
  static join(a: RelayEnd, b: RelayEnd): void {
    a.other = b;
    b.other = a;
  }

  /** Whether our peer may send, and has been agreed with. */
  get hears(): boolean {
    return this.direction === 'sendrecv' || this.direction === 'recvonly';
  }

  async createOffer({ direction = 'sendrecv', codecs }: MediaIntent = {}): Promise<Sdp> {
    this.assertOpen();
    if (codecs !== undefined) throw unsupported();
    if (this.offer?.isOpen === true) throw wrongState('Our offer waits for its answer');
    const { other } = this;
    const pending = other?.pending;
    const source = pending?.offer ?? other?.theirs ?? this.placeholder();
    const { policy } = this.options;
    const sdp = await this.tell('offer', source, other?.tag, {
      ...towardsPeer(policy),
      ...codecRules(this.options),
    });
    const intent = pending ? narrowed(direction, mirrored(pending.intent)) : direction;
    this.offer = { source, direction: intent, isOpen: true };
    return withDirections(sdp, (stated) => (pending ? narrowed(stated, intent) : intent));
  }

  async acceptOffer(offer: Sdp, { direction = 'sendrecv' }: MediaIntent = {}): Promise<Sdp> {
    this.assertOpen();
    if (this.offer?.isOpen === true) throw wrongState('Our offer waits for its answer');
    if (this.pending !== undefined) throw wrongState('An offer waits for its answer already');
    assertPolicy(this.options.policy, offer);
    this.offer = undefined;
    return new Promise((resolve, reject) => {
      this.pending = { offer, intent: mirrored(direction), resolve, reject };
    });
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    this.assertOpen();
    const { offer, other } = this;
    if (offer === undefined) throw wrongState('There is no offer to answer');
    const pending = other?.pending;
    try {
      assertPolicy(this.options.policy, answer);
      const seen = await this.tell('answer', answer, other?.tag, {
        ...answerTowardsPeer(other?.options.policy ?? {}),
      });
      this.offer = { ...offer, isOpen: false };
      this.take(answer, offer.direction);
      await Promise.all([this.hush(), other?.hush()]);
      if (pending !== undefined) other?.answered(pending, seen);
      else await this.agree();
    } catch (error) {
      other?.refuse(StrowgerError.isInstance(error) ? error : notAcceptable(String(error)));
      throw error;
    }
  }

  /** The engine has taken the offer for what comes: it is told again what was agreed before. */
  async rollback(): Promise<void> {
    const refused = notAcceptable('The other end did not take the offer');
    if (this.offer?.isOpen === true) this.other?.refuse(refused);
    else this.refuse(refused);
    this.offer = undefined;
    await this.agree();
  }

  async stats(): Promise<MediaStats> {
    if (this.closed !== undefined) return this.closed;
    return this.measured();
  }

  close(): Promise<MediaStats> {
    this.closed ??= this.end();
    return this.closed;
  }

  async sendDigits(_digits: string): Promise<void> {
    throw unsupported();
  }

  play(_source: AudioSource): Playback {
    throw unsupported();
  }

  async mark(): Promise<MarkOutcome> {
    throw unsupported();
  }

  async clear(): Promise<Cleared> {
    throw unsupported();
  }

  async record(_path: string): Promise<Recording> {
    throw unsupported();
  }

  echo(_enabled: boolean): void {
    throw unsupported();
  }

  /**
   * The engine puts silence in the place of what the other end's peer says (`silence media`: of G.711
   * and G.722; of other codecs it sends nothing).
   */
  async mute(muted: boolean): Promise<void> {
    this.assertOpen();
    this.isMuted = muted;
    await this.hush();
  }

  async detectAnsweringMachine(): Promise<AnswererOutcome> {
    throw unsupported();
  }

  audioIn(): ReadableStream<PcmFrame> {
    throw unsupported();
  }

  audioOut(): WritableStream<PcmFrame> {
    throw unsupported();
  }

  /**
   * Plays a WAV file of the engine's machine to this end's peer; resolves with its length in
   * milliseconds once it has begun. rtpengine plays it as a source of its own beside the other
   * party's: block that first (`blockMedia` of the other end), or the peer hears both in turns.
   */
  async playMedia(file: string): Promise<{ durationMs: number | undefined }> {
    const reply = await this.command('play media', { file });
    const duration = reply['duration'];
    return { durationMs: typeof duration === 'number' ? duration : undefined };
  }

  /** Ends what `playMedia` plays. */
  async stopMedia(): Promise<void> {
    await this.command('stop media');
  }

  /** What this end's peer says does not reach the other one while it is blocked. */
  async blockMedia(blocked: boolean): Promise<void> {
    await this.command(blocked ? 'block media' : 'unblock media');
  }

  /** The digits of this end's peer do not reach the other one while they are blocked. */
  async blockDigits(blocked: boolean): Promise<void> {
    await this.command(blocked ? 'block DTMF' : 'unblock DTMF');
  }

  /**
   * The engine writes the packets of both parties into a capture in its own recording folder
   * (`--recording-dir`); after `stopRecording` into another. Resolves with what the names of its files
   * have in them: `pcaps/NAME-….pcap`, `metadata/rtpengine-meta-NAME-….txt`. `metadata`, a line of
   * text, is written into the latter, and into those of later captures of the call. Rejects with
   * `MEDIA_FAILED` where the relay has no media yet; an engine without a folder records nothing, and
   * does not say so.
   */
  async startRecording({ metadata }: { metadata?: string } = {}): Promise<{ name: string }> {
    if (metadata !== undefined && !/^[ -~]{1,255}$/u.test(metadata)) {
      throw new StrowgerError('MEDIA_BAD_METADATA', 'metadata is up to 255 letters of ASCII');
    }
    await this.recording('start recording', metadata === undefined ? {} : { metadata });
    return { name: this.options.call.id };
  }

  /** Ends the capture, as `close` does. */
  async stopRecording(): Promise<void> {
    await this.recording('stop recording');
  }

  /** @internal What the engine knows of both parties; undefined where it has nothing yet. */
  async query(): Promise<Map<string, PartyReport> | undefined> {
    const { call } = this.options;
    if (!call.isAllocated) return undefined;
    return readQuery(await call.command('query'));
  }

  /** @internal The relay is gone: nobody is left waiting. */
  refuse(error: StrowgerError): void {
    this.pending?.reject(error);
    this.pending = undefined;
  }

  /** Our peer's offer is answered with what came back at the other end. */
  private answered({ offer, intent, resolve }: PendingOffer, seen: Sdp): void {
    this.pending = undefined;
    const ours = mirrored(intent);
    const answer = withDirections(seen, (stated) => narrowed(stated, ours));
    this.take(offer, audioLine(answer)?.direction ?? 'inactive');
    resolve(answer);
  }

  private take(theirs: Sdp, ours: MediaDirection): void {
    this.theirs = theirs;
    const stated = audioLine(theirs)?.direction ?? 'inactive';
    this.direction = narrowed(ours, mirrored(stated));
  }

  /**
   * Each end was negotiated by itself, or an offer was refused: the engine is told what both peers
   * said last, and what it writes of it is nobody's.
   */
  private async agree(): Promise<void> {
    const [a, b] = this.tag === 'a' ? [this, this.other] : [this.other, this];
    if (a?.theirs === undefined || b?.theirs === undefined || this.closed !== undefined) return;
    const rules = codecRules(b.options); // without them it would forget them
    await a.tell('offer', a.theirs, 'a', { ...towardsPeer(b.options.policy), ...rules });
    await a.tell('answer', b.theirs, 'a', answerTowardsPeer(a.options.policy));
  }

  /** Tells the engine who is not to be heard, once it knows both parties. */
  private async hush(): Promise<void> {
    const { other, isMuted } = this;
    const isKnown = this.theirs !== undefined || other?.theirs !== undefined;
    if (other === undefined || isMuted === this.isSilenced || !isKnown) return;
    this.isSilenced = isMuted;
    const command = isMuted ? 'silence media' : 'unsilence media';
    await this.options.call.command(command, { 'from-tag': other.tag });
  }

  private async measured(): Promise<MediaStats> {
    const parties = await this.query();
    const ours = parties?.get(this.tag) ?? NOTHING;
    const other = parties?.get(this.other?.tag ?? '') ?? NOTHING;
    const { quality } = ours;
    const share = Math.min((quality?.lossPercent ?? 0) / 100, 0.99);
    const codec = ours.codec ?? other.codec;
    const security = this.theirs === undefined ? undefined : securityOf(this.theirs);
    const transcoded = this.options.transcodes ? transcodedOf(ours, other) : undefined;
    return {
      ...(codec !== undefined && { codec }),
      direction: this.direction,
      ...(ours.local && { local: ours.local }),
      ...(ours.remote && { remote: ours.remote }),
      packetsSent: other.packets,
      bytesSent: other.bytes,
      packetsReceived: ours.packets,
      bytesReceived: ours.bytes,
      packetsLost: Math.round((ours.packets * share) / (1 - share)),
      packetsDiscarded: 0,
      jitterMs: quality?.jitterMs ?? 0,
      ...(quality && { roundTripMs: quality.roundTripMs }),
      ...(security && { security }),
      ...(transcoded && { transcoded }),
    };
  }

  private async end(): Promise<MediaStats> {
    const stats = await this.measured().catch(() => undefined);
    const closed = new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
    this.refuse(closed);
    this.other?.refuse(closed);
    if (this.other?.closed !== undefined) await this.options.call.close();
    this.options.onGone();
    return stats ?? { ...EMPTY, direction: this.direction };
  }

  private command(command: string, args: NgArguments = {}) {
    this.assertOpen();
    return this.options.call.command(command, { 'from-tag': this.tag, ...args });
  }

  /** Of the whole call: the engine knows no recording of one party. */
  private async recording(command: string, args: NgArguments = {}): Promise<void> {
    this.assertOpen();
    const { call } = this.options;
    if (!call.isAllocated) {
      throw new StrowgerError('MEDIA_FAILED', 'There is nothing to record before the first offer');
    }
    await call.command(command, args);
  }

  /** A description in, what the other party shall see of it out. */
  private async tell(
    command: 'offer' | 'answer',
    sdp: Sdp,
    offeredBy: 'a' | 'b' | undefined,
    args: NgArguments,
  ): Promise<Sdp> {
    const [from, to] = offeredBy === 'b' ? ['b', 'a'] : ['a', 'b'];
    const isLater = command === 'answer' || this.options.call.isAllocated;
    const tags = { 'from-tag': from, ...(isLater && { 'to-tag': to }) };
    const reply = await this.options.call.command(command, { ...tags, ...args, sdp });
    return String(reply['sdp'] ?? '');
  }

  private placeholder(): Sdp {
    return placeholderOffer(this.options.codecs ?? USUAL_CODECS, '1');
  }

  private assertOpen(): void {
    if (this.closed !== undefined) {
      throw new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
    }
  }
}

/** What the engine is told to take out of an offer, and what it may put in behind the rest. */
function codecRules({ codecs, transcodes }: RelayEndOptions): NgArguments {
  if (codecs === undefined && !transcodes) return {};
  const ours = codecs?.filter((name) => USUAL_CODECS.includes(name)) ?? USUAL_CODECS;
  return {
    codec: {
      ...(codecs && { strip: ['all'], except: [...codecs, 'telephone-event'] }),
      ...(transcodes && { transcode: ours.map(codecName) }),
    },
  };
}

/** As rtpengine writes them (RFC 3551 §6, RFC 7587 §7). */
function codecName(name: string): string {
  return name === 'opus' ? name : name.toUpperCase();
}

/** The engine decodes where the two ends speak different codecs, and nowhere else. */
function transcodedOf(
  { codec: from }: PartyReport,
  { codec: to }: PartyReport,
): MediaStats['transcoded'] {
  if (from === undefined || to === undefined || from === to) return undefined;
  return { from, to, reason: 'noCommonCodec' };
}

const EMPTY = {
  packetsSent: 0,
  bytesSent: 0,
  packetsReceived: 0,
  bytesReceived: 0,
  packetsLost: 0,
  packetsDiscarded: 0,
  jitterMs: 0,
};

function unsupported(): StrowgerError {
  const message = 'The end of a relay in rtpengine has no audio of its own';
  return new StrowgerError('MEDIA_UNSUPPORTED', message);
}
