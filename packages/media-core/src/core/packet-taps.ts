import type { TapRequest } from './core-api.ts';
import { type PacketListeners, PacketTap } from './packet-tap.ts';
import type { RtpSession } from './rtp-session.ts';

interface Tapped {
  readonly tap: PacketTap;
  readonly from: PacketListeners;
}

/** Which sessions of a core are copied to which. */
export class PacketTaps {
  /** By the id of the endpoint that sends the copies. */
  private readonly tapped = new Map<number, Tapped>();

  /** Begins, or goes on with another source or other payload types. */
  begin({ to, flow, payloads }: TapRequest, source: RtpSession, target: RtpSession): void {
    const before = this.tapped.get(to);
    const tap = before?.tap ?? new PacketTap(target);
    const from = flow === 'received' ? source.received : source.sent;
    if (before !== undefined && before.from !== from) {
      before.from.remove(tap);
      tap.onSourceChanged();
    }
    tap.setPayloads(payloads);
    from.add(tap);
    this.tapped.set(to, { tap, from });
  }

  /** The endpoint that sends copies was closed. */
  end(to: number): void {
    const tapped = this.tapped.get(to);
    tapped?.from.remove(tapped.tap);
    this.tapped.delete(to);
  }
}
