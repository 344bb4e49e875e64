import type { Clock } from '@strowger/runtime';
import { BoundedTable } from './bounded-table.ts';
import type { Hop } from './hop.ts';
import { canonicalAddress } from './ip-address.ts';

/** Remembers for a while which peers do not take TCP, so that nobody waits for it twice. */
export class RefusedPeers {
  private readonly clock: Clock;
  private readonly keepMs: number;
  private readonly until: BoundedTable<string, number>;

  constructor(clock: Clock, keepMs: number, limit: number) {
    this.clock = clock;
    this.keepMs = keepMs;
    this.until = new BoundedTable(limit);
  }

  /** How many peers are remembered. */
  get size(): number {
    return this.until.size;
  }

  add(peer: Pick<Hop, 'address' | 'port'>): void {
    this.until.set(keyOf(peer), this.clock.now() + this.keepMs);
  }

  /** TCP worked after all. */
  remove(peer: Pick<Hop, 'address' | 'port'>): void {
    this.until.delete(keyOf(peer));
  }

  has(peer: Pick<Hop, 'address' | 'port'>): boolean {
    return (this.until.get(keyOf(peer)) ?? 0) > this.clock.now();
  }

  clear(): void {
    this.until.clear();
  }
}

function keyOf({ address, port }: Pick<Hop, 'address' | 'port'>): string {
  return `${canonicalAddress(address)} ${port}`;
}
