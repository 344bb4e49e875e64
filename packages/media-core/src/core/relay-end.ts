import { type Runtime, StrowgerError } from '@strowger/runtime';
import type { CodecLibrary } from '../codec/codec-library.ts';
import type { AudioOutlet } from './audio-outlet.ts';
import type { ReportedBuffer } from '../quality/voip-report.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import type { Arrival } from '../rtp/reception.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import { digitOfEvent } from '../rtp/telephone-event.ts';
import type { PacketSigner } from '../srtp/index.ts';
import type {
  CoreError,
  CoreEvent,
  CoreStats,
  DigitsCommand,
  DigitSource,
  OpenRequest,
  PlayCommand,
  RecordCommand,
  Recorded,
  RelayOrder,
} from './core-api.ts';
import { DigitListener } from './digit-listener.ts';
import { EventPath } from './event-path.ts';
import { FastPath } from './fast-path.ts';
import { InsertedDigits } from './inserted-digits.ts';
import { silencePacket } from './muted-packet.ts';
import { RelayPath } from './relay-path.ts';
import { RelayRecorder } from './relay-recorder.ts';
import { RelayVoice } from './relay-voice.ts';
import { RtpSession, type RtpSessionUser } from './rtp-session.ts';
import { streamFailure } from './stream-failure.ts';
import type { Ticker } from './ticker.ts';
import { TranscodedPath } from './transcoded-path.ts';

/** What an end is made of. */
export interface RelayEndOptions {
  runtime: Runtime;
  request: OpenRequest;
  signer: PacketSigner;
  /** Of what is recorded and transcoded here. */
  ticker: Ticker;
  codecs: CodecLibrary;
  tell(event: CoreEvent): void;
}

/** The ways to the other end. */
interface Ways {
  readonly to: RelayEnd;
  /** What the other end takes as it is. */
  readonly path: RelayPath;
  /** What it does not. */
  readonly transcoded: TranscodedPath;
  readonly events: EventPath;
}

/** One end of a relay: what it receives goes out at the other end; RTCP ends here. */
export class RelayEnd implements RtpSessionUser {
  readonly session: RtpSession;
  private readonly options: RelayEndOptions;
  private readonly digits: DigitListener;
  /** Digits for this end's peer that did not come from the other end as events. */
  private readonly inserted: InsertedDigits;
  private ways: Ways | undefined;
  /** What this end's peer hears instead; made where something is played. */
  private voice: RelayVoice | undefined;
  private isMuted = false;
  /** The event that came last, and whether the other end's peer has its digit another way. */
  private event: { timestamp: number; isDouble: boolean } | undefined;
  readonly recording: RelayRecorder;

  constructor(options: RelayEndOptions) {
    this.options = options;
    this.session = new RtpSession(options, this);
    this.recording = new RelayRecorder({
      ...options,
      session: this.session,
      isMuted: () => this.isMuted,
    });
    this.digits = new DigitListener({
      clock: options.runtime.clock,
      sources: options.request.digits,
      tell: (event) => options.tell({ ...event, passed: this.passes(event.source) }),
      eventRate: () => this.session.eventRate,
    });
    this.inserted = new InsertedDigits(this.session, options.ticker);
  }

  /** Packets that pass are not held; those that are decoded are. */
  get buffer(): ReportedBuffer | undefined {
    const stats = this.ways?.transcoded.stats;
    if (stats === undefined) return undefined;
    const { jitterMinimumMs: minimumMs, jitterMaximumMs: maximumMs } =
      this.options.request.settings;
    return { targetMs: stats.targetMs, minimumMs, maximumMs };
  }

  configure(media: NegotiatedMedia): void {
    this.session.configure(media);
    void this.recording.follow(this.session);
    void this.ways?.to.recording.follow(this.session);
    this.voice?.configure(media).catch((error: unknown) => {
      this.options.runtime.logger.error({ error }, 'what is played at a relay has no codec');
    });
  }

  /** From now on packets go to `other`, under its numbers or, where they cannot pass, transcoded. */
  async relayTo(other: RelayEnd, { payloads, transcoding }: RelayOrder): Promise<void> {
    this.ways ??= this.waysTo(other);
    const { path, transcoded } = this.ways;
    path.setPayloads(payloads);
    const { agreed } = other.session;
    if (agreed) await transcoded.configure(transcoding, agreed.media);
  }

  onAudio(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    const { ways } = this;
    if (ways === undefined) return;
    const { to, path, transcoded } = ways;
    if (to.voice?.isSounding === true) {
      transcoded.rest();
      return path.realign();
    }
    if (path.passes(header.payloadType) && to.inserted.isSounding) return path.realign();
    if (path.passes(header.payloadType)) {
      if (to.isMuted && !silencePacket(packet, header, this.session.agreed?.media)) {
        return path.realign();
      }
      if (transcoded.stats) path.realign();
      transcoded.rest();
      path.forward(packet, header, arrival);
      if (!to.isMuted) path.letPass(header);
      return;
    }
    const before = transcoded.discarded;
    if (!transcoded.push(packet, header, arrival === 'misordered')) return;
    path.realign(); // what passes later follows what was made of this
    if (transcoded.discarded > before) this.session.quality.discard(header.sequence);
  }

  onTelephoneEvent(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    if (arrival === 'restarted') this.event = undefined; // its timestamps begin anew
    const isDouble = this.isDouble(packet, header);
    this.digits.receive(packet, header, arrival);
    const { ways } = this;
    if (ways === undefined) return;
    const { path, transcoded, events } = ways;
    if (isDouble) return path.realign();
    if (arrival === 'restarted') events.reset(); // its timestamps begin anew, too
    // one stream has one event at a time; where something is played the digit is told as not passed
    if (ways.to.inserted.isSounding || ways.to.voice?.isSounding === true) return path.realign();
    const isPassed = path.passes(header.payloadType) && transcoded.stats === undefined;
    if (isPassed) return path.forward(packet, header, arrival);
    if (events.forward(packet, header, this.session.eventRate)) path.realign();
  }

  /**
   * Resolves when this end's peer was sent all; only as events (`via` is not `inband`). With `once` a digit
   * whose event comes from the other end, or just did, is sent by that.
   */
  async sendDigits(command: DigitsCommand): Promise<void> {
    if (command.via === 'inband') {
      throw new StrowgerError('MEDIA_UNSUPPORTED', 'A relay makes no tones');
    }
    const from = this.ways?.to;
    if (command.once && from?.passes('rtp') && from.digits.hasEvent(command.digits)) return;
    await this.inserted.send(command);
  }

  /** This end's peer hears it instead of the other end's, until it ends. */
  async play(command: PlayCommand): Promise<void> {
    this.voice ??= this.newVoice();
    await this.voice.play(command);
    this.session.outgoing?.end();
  }

  /** What plays here. @throws StrowgerError `MEDIA_WRONG_STATE` where nothing ever did. */
  get outlet(): AudioOutlet {
    if (this.voice) return this.voice.outlet;
    throw new StrowgerError('MEDIA_WRONG_STATE', 'Nothing is played at this end of a relay');
  }

  /**
   * Whether this end's peer hears silence in place of the other's: made of what passes where its codec
   * has bytes for that, else no packets; digits pass.
   */
  mute(muted: boolean): void {
    this.isMuted = muted;
    this.session.outgoing?.end();
  }

  onSourceChanged(): void {
    this.ways?.path.realign();
    this.ways?.transcoded.reset();
    this.ways?.events.reset();
    this.event = undefined;
    this.digits.reset();
  }

  onEvent(event: CoreEvent): void {
    this.options.tell(event);
  }

  /** Records what passes here, decoded beside; see `RelayRecorder.start`. */
  record(request: RecordCommand): Promise<void> {
    return this.recording.start(request, this.ways?.to.session);
  }

  stats(): Partial<CoreStats> {
    if (this.ways === undefined) return {};
    const { transcoded: made, stats, discarded } = this.ways.transcoded;
    return {
      packetsDiscarded: discarded,
      ...(made && { transcoded: made }),
      ...(stats && { jitterBuffer: stats }),
    };
  }

  /** Resolves with what a recording under way has become. */
  async close(): Promise<Recorded | CoreError | undefined> {
    this.digits.close();
    this.inserted.clear();
    await this.voice?.close();
    const recorded = this.recording.close();
    await this.ways?.transcoded.close();
    await this.session.close();
    return recorded;
  }

  /** Hears what is decoded for digits in band; these go on as what they are told as, not as tones. */
  private listen(frame: Int16Array, sampleRate: number, to: RelayEnd): void {
    this.digits.hear(frame, sampleRate);
    if (this.digits.hearsTone || to.isMuted) frame.fill(0);
  }

  /** Whether what came this way goes on to the other end's peer. */
  private passes(source: DigitSource): boolean {
    const to = this.ways?.to;
    if (source !== 'rtp' || to === undefined || to.voice?.isSounding === true) return false;
    return to.session.agreed?.media.telephoneEvent !== undefined && to.session.sends;
  }

  /** Of an event: the same digit went on as what was heard in band, or was inserted, just before. */
  private isDouble(
    packet: Uint8Array,
    { timestamp, payloadStart, payloadEnd }: RtpHeader,
  ): boolean {
    if (this.event?.timestamp === timestamp) return this.event.isDouble;
    const digit = digitOfEvent(packet.subarray(payloadStart, payloadEnd));
    const isDouble =
      digit !== undefined &&
      (this.digits.hasTold('inband', digit) || this.ways?.to.inserted.isDouble(digit) === true);
    this.event = { timestamp, isDouble };
    return isDouble;
  }

  private newVoice(): RelayVoice {
    const { ticker, codecs, runtime, tell } = this.options;
    const isHeldBack = (): boolean => this.inserted.isSounding;
    const { session } = this;
    return new RelayVoice({ session, ticker, codecs, clock: runtime.clock, isHeldBack, tell });
  }

  private waysTo(other: RelayEnd): Ways {
    const { ticker, codecs, request } = this.options;
    const events = new EventPath(other.session);
    const transcoded = new TranscodedPath({
      to: other.session,
      settings: request.settings,
      ticker,
      codecs,
      isHeldBack: () => events.isSounding || other.inserted.isSounding,
      onFrame: (frame, sampleRate) => this.listen(frame, sampleRate, other),
      onFailed: (error) => this.options.tell(streamFailure(error)),
    });
    const path = new RelayPath(other.session, new FastPath(this.session, other.session));
    return { to: other, path, transcoded, events };
  }
}
