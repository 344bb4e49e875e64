import type { Runtime } from '@strowger/runtime';
import type { NegotiatedMedia } from '../sdp/index.ts';
import type { Arrival } from '../rtp/reception.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { HmacSha1 } from '../srtp/index.ts';
import type { CodecLibrary } from '../codec/codec-library.ts';
import type {
  CoreError,
  CoreEvent,
  OpenRequest,
  RecordCommand,
  Recorded,
  RelayedPayload,
} from './core-api.ts';
import { DigitListener } from './digit-listener.ts';
import { RelayPath } from './relay-path.ts';
import { RelayRecorder } from './relay-recorder.ts';
import { RtpSession, type RtpSessionUser } from './rtp-session.ts';
import type { Ticker } from './ticker.ts';

/** What an end is made of. */
export interface RelayEndOptions {
  runtime: Runtime;
  request: OpenRequest;
  hmac: HmacSha1;
  /** Of what is recorded here. */
  ticker: Ticker;
  codecs: CodecLibrary;
  tell(event: CoreEvent): void;
}

/** One end of a relay: what it receives goes out at the other end; RTCP ends here. */
export class RelayEnd implements RtpSessionUser {
  readonly session: RtpSession;
  /** Packets pass at once. */
  readonly buffer = undefined;
  private readonly options: RelayEndOptions;
  private readonly digits: DigitListener;
  private path: RelayPath | undefined;
  private other: RelayEnd | undefined;
  readonly recording: RelayRecorder;

  constructor(options: RelayEndOptions) {
    this.options = options;
    this.session = new RtpSession(options, this);
    this.recording = new RelayRecorder({ ...options, session: this.session });
    this.digits = new DigitListener({
      clock: options.runtime.clock,
      sources: options.request.digits,
      tell: (event) => options.tell(event),
      eventRate: () => this.session.eventRate,
    });
  }

  configure(media: NegotiatedMedia): void {
    this.session.configure(media);
    void this.recording.follow(this.session);
    void this.other?.recording.follow(this.session);
  }

  /** From now on packets go to `other`, under its numbers. */
  relayTo(other: RelayEnd, payloads: readonly RelayedPayload[]): void {
    this.other = other;
    this.path ??= new RelayPath(other.session);
    this.path.setPayloads(payloads);
  }

  onAudio(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    this.path?.forward(packet, header, arrival);
  }

  onTelephoneEvent(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    this.digits.receive(packet, header, arrival);
    this.path?.forward(packet, header, arrival);
  }

  onSourceChanged(): void {
    this.path?.realign();
    this.digits.reset();
  }

  onEvent(event: CoreEvent): void {
    this.options.tell(event);
  }

  /** Records what passes here, decoded beside; see `RelayRecorder.start`. */
  record(request: RecordCommand): Promise<void> {
    return this.recording.start(request, this.other?.session);
  }

  /** Resolves with what a recording under way has become. */
  async close(): Promise<Recorded | CoreError | undefined> {
    this.digits.close();
    const recorded = this.recording.close();
    await this.session.close();
    return recorded;
  }
}
