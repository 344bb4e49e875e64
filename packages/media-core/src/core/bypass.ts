import type { Arrival } from '../rtp/reception.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { RelayedPayload } from './core-api.ts';
import { silencePacket } from './muted-packet.ts';
import { RelayPath } from './relay-path.ts';
import type { RtpSession } from './rtp-session.ts';

/** Leads the packets of an endpoint past its audio, out at another one, as long as that is wanted. */
export class Bypass {
  /** Whether what is sent here is silence. */
  isMuted = false;
  private readonly session: RtpSession;
  private path: RelayPath | undefined;
  private to: Bypass | undefined;
  private feeder: Bypass | undefined;

  constructor(session: RtpSession) {
    this.session = session;
  }

  /** Whether another endpoint's packets go out here, in place of our own. */
  get isFed(): boolean {
    return this.feeder !== undefined;
  }

  /** Begins, or goes on with other payload types. */
  begin(to: Bypass, payloads: readonly RelayedPayload[]): void {
    if (this.to !== to) this.leave();
    this.to = to;
    to.feeder = this;
    this.path ??= new RelayPath(to.session);
    this.path.setPayloads(payloads);
  }

  /** Nothing goes on from here, and nothing comes from there. Idempotent. */
  end(): void {
    this.leave();
    this.feeder?.leave();
  }

  /** Sends a packet on, changing it; `false` where it is ours to play. */
  forward(packet: Uint8Array, header: RtpHeader, arrival: Arrival): boolean {
    if (this.path === undefined) return false;
    const mustBeSilent = this.to?.isMuted === true;
    if (mustBeSilent && !silencePacket(packet, header, this.session.agreed?.media)) {
      this.path.realign();
      return true;
    }
    this.path.forward(packet, header, arrival);
    return true;
  }

  /** Another source speaks. */
  realign(): void {
    this.path?.realign();
  }

  private leave(): void {
    if (this.to?.feeder === this) this.to.feeder = undefined;
    this.to = undefined;
    this.path = undefined;
  }
}
