import { type Clock, StrowgerError, type Timer } from '@strowger/runtime';
import type { Hop } from '../hop.ts';

/** The other thread answers within its own budget for DNS; this is for one that died. */
const LOOKUP_MS = 10_000;

interface Pending {
  readonly timer: Timer;
  resolve(hops: readonly Hop[]): void;
  reject(error: StrowgerError): void;
}

/** Look-ups that another thread does for us. */
export class PendingLookups {
  private readonly clock: Clock;
  private readonly pending = new Map<number, Pending>();
  private last = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Rejects with `NO_ROUTE` where there is no hop, the thread is busy, or says nothing. */
  ask(tell: (id: number) => boolean): Promise<readonly Hop[]> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      const timer = this.clock.arm(LOOKUP_MS, () => this.found(id, []));
      this.pending.set(id, { timer, resolve, reject });
      if (!tell(id)) this.found(id, []);
    });
  }

  found(id: number, hops: readonly Hop[]): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    this.pending.delete(id);
    pending.timer.cancel();
    if (hops.length > 0) pending.resolve(hops);
    else pending.reject(new StrowgerError('NO_ROUTE', 'no way to the target was found'));
  }

  close(): void {
    for (const id of this.pending.keys()) this.found(id, []);
  }
}
