import type { Runtime } from '@strowger/runtime';
import type { NegotiatedMedia } from '../sdp/index.ts';
import type { Arrival } from '../rtp/reception.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { HmacSha1 } from '../srtp/index.ts';
import type { CoreEvent, OpenRequest, RelayedPayload } from './core-api.ts';
import { DigitListener } from './digit-listener.ts';
import { RelayPath } from './relay-path.ts';
import { RtpSession, type RtpSessionUser } from './rtp-session.ts';

/** What an end is made of. */
export interface RelayEndOptions {
  runtime: Runtime;
  request: OpenRequest;
  hmac: HmacSha1;
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

  constructor(options: RelayEndOptions) {
    this.options = options;
    this.session = new RtpSession(options, this);
    this.digits = new DigitListener({
      clock: options.runtime.clock,
      sources: options.request.digits,
      tell: (event) => options.tell(event),
      eventRate: () => this.session.eventRate,
    });
  }

  configure(media: NegotiatedMedia): void {
    this.session.configure(media);
  }

  /** From now on packets go to `other`, under its numbers. */
  relayTo(other: RelayEnd, payloads: readonly RelayedPayload[]): void {
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

  async close(): Promise<undefined> {
    this.digits.close();
    await this.session.close();
  }
}
