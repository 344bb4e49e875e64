import { isIP } from 'node:net';
import { StrowgerError } from '@strowger/runtime';
import type { Ban } from './ban-list.ts';
import type { Gate } from './gate.ts';

/** The sources that are not listened to: an API for programs and people. */
export class Bans {
  private readonly gate: Gate;
  private readonly banMs: number;

  constructor(gate: Gate, banMs: number) {
    this.gate = gate;
    this.banMs = banMs;
  }

  /**
   * Listens to a source no more and closes its connections. IPv6 addresses are banned with their
   * whole /64.
   *
   * @param forMs how long; default `limits.banMs`. Throws `BAD_ADDRESS` for what is no IP address.
   */
  add(address: string, options: { forMs?: number; reason?: string } = {}): Ban {
    if (isIP(address) === 0) {
      throw new StrowgerError('BAD_ADDRESS', `${JSON.stringify(address)} is no IP address`);
    }
    return this.gate.ban(address, options.forMs ?? this.banMs, options.reason ?? 'by hand');
  }

  /** Ends a ban, of an address or of what `list` calls its source; false where there was none. */
  remove(source: string): boolean {
    return this.gate.unban(source);
  }

  /** Those in force, the one longest unused first. */
  list(): readonly Ban[] {
    return this.gate.list();
  }
}
