import type { Clock, Random } from '@strowger/runtime';
import { BoundedTable } from './bounded-table.ts';
import type { Hop } from './hop.ts';
import { canonicalAddress } from './ip-address.ts';
import type { TransportLimits } from './transport-limits.ts';

/** What keeping account of connections that failed needs. */
export interface ReconnectsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
}

interface Pause {
  readonly until: number;
  readonly forMs: number;
}

/**
 * Peers that took no connection just now, and when it may be tried again: twice as long each time,
 * with a part of chance, so that a proxy that comes back is not met by all its peers at once.
 */
export class Reconnects {
  private readonly options: ReconnectsOptions;
  private readonly pauses: BoundedTable<string, Pause>;

  constructor(options: ReconnectsOptions) {
    this.options = options;
    this.pauses = new BoundedTable(options.limits.targets);
  }

  /** How long to leave the peer alone, in milliseconds; 0 where it may be tried. */
  waitMs(hop: Hop): number {
    const until = this.pauses.get(keyOf(hop))?.until ?? 0;
    return Math.max(0, until - this.options.clock.now());
  }

  /** It took no connection. */
  failed(hop: Hop): void {
    const { clock, random, limits } = this.options;
    if (limits.reconnectMs <= 0) return;
    const now = clock.now();
    const before = this.pauses.get(keyOf(hop));
    const isRecent = before !== undefined && now < before.until + limits.reconnectMaxMs;
    const doubled = isRecent ? before.forMs * 2 : limits.reconnectMs;
    const forMs = Math.min(doubled, limits.reconnectMaxMs);
    this.pauses.set(keyOf(hop), { forMs, until: now + forMs * (0.75 + 0.5 * random.float()) });
  }

  /** It took one. */
  reached(hop: Hop): void {
    this.pauses.delete(keyOf(hop));
  }

  clear(): void {
    this.pauses.clear();
  }
}

function keyOf({ transport, address, port }: Hop): string {
  return `${transport} ${canonicalAddress(address)} ${port}`;
}
