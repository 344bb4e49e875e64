import type { Clock, Timer } from '@strowger/runtime';
import type { Arrival } from '../rtp/reception.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import { EventReceiver } from '../rtp/telephone-event.ts';

/** An event whose packets stop for this long has ended, though its end was lost. */
const LOST_END_MS = 200;

/** Tells each digit of a stream once, in milliseconds. */
export class DigitListener {
  private readonly clock: Clock;
  private readonly receiver: EventReceiver;
  private timer: Timer | undefined;

  constructor(clock: Clock, tell: (digit: string, durationMs: number) => void, rate: () => number) {
    this.clock = clock;
    this.receiver = new EventReceiver(({ digit, duration }) =>
      tell(digit, Math.round((duration * 1000) / rate())),
    );
  }

  receive(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    if (arrival === 'restarted') this.reset(); // its timestamps begin anew, too
    const payload = packet.subarray(header.payloadStart, header.payloadEnd);
    this.receiver.receive(payload, header.timestamp, this.clock.now());
    if (this.receiver.isPending && this.timer?.armed !== true) this.watch(LOST_END_MS);
  }

  /** Another source: what was pending has ended. */
  reset(): void {
    this.receiver.reset(this.clock.now());
  }

  close(): void {
    this.timer?.cancel();
  }

  private watch(delayMs: number): void {
    this.timer = this.clock.arm(delayMs, () => {
      if (!this.receiver.isPending) return;
      const now = this.clock.now();
      const left = this.receiver.lastHeardAt + LOST_END_MS - now;
      if (left > 0) this.watch(left);
      else this.receiver.finish(now);
    });
  }
}
