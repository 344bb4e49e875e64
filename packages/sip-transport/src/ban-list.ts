import type { Clock } from '@strowger/runtime';
import { BoundedTable } from './bounded-table.ts';
import { sourceKey } from './source-key.ts';

/** A source that is not listened to. */
export interface Ban {
  /** An IPv4 address, or an IPv6 network such as `2001:db8:0:1::/64`. */
  readonly source: string;
  readonly reason: string;
  /** Wall time in milliseconds since 1970. */
  readonly since: number;
  /** When it ends, in the same. */
  readonly until: number;
}

/** Sources that are not listened to for a while. A ban more than fits ends the one longest unused. */
export class BanList {
  private readonly clock: Clock;
  private readonly bans: BoundedTable<string, Ban>;

  constructor(clock: Clock, limit: number) {
    this.clock = clock;
    this.bans = new BoundedTable(limit);
  }

  /** How many there are, those that have run out but were not looked at since included. */
  get size(): number {
    return this.bans.size;
  }

  add(address: string, { forMs, reason }: { forMs: number; reason: string }): Ban {
    const since = this.clock.wall();
    const ban = { source: sourceKey(address), reason, since, until: since + forMs };
    this.bans.set(ban.source, ban);
    return ban;
  }

  /** Ends a ban; false where there was none. */
  remove(address: string): boolean {
    const key = sourceKey(address);
    const isIn = this.isIn(key);
    this.bans.delete(key);
    return isIn;
  }

  has(address: string): boolean {
    return this.bans.size > 0 && this.isIn(sourceKey(address));
  }

  /** Those in force. */
  list(): readonly Ban[] {
    const now = this.clock.wall();
    return [...this.bans.values()].filter(({ until }) => until > now);
  }

  clear(): void {
    this.bans.clear();
  }

  private isIn(key: string): boolean {
    const ban = this.bans.get(key);
    if (ban === undefined) return false;
    if (ban.until > this.clock.wall()) return true;
    this.bans.delete(key);
    return false;
  }
}
