import type { Clock, Endpoint, StrowgerError } from '@strowger/runtime';

/** A send error comes back within a turn or two of the event loop. */
const REMEMBER_MS = 1000;
const PLACES = 64;

interface Sent {
  readonly to: Endpoint;
  readonly at: number;
  readonly failed: (error: StrowgerError) => void;
}

/**
 * The last few datagrams of a socket. The system names the destination of one that it refused and
 * not the datagram, so the youngest to that destination takes the blame.
 */
export class RecentSends {
  private readonly clock: Clock;
  private readonly ring: (Sent | undefined)[] = [];
  private next = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(to: Endpoint, failed: (error: StrowgerError) => void): void {
    this.ring[this.next] = { to, at: this.clock.now(), failed };
    this.next = (this.next + 1) % PLACES;
  }

  /** Takes out the one that an error belongs to, if any. */
  blame(to: Endpoint): Sent['failed'] | undefined {
    const oldest = this.clock.now() - REMEMBER_MS;
    for (let back = 1; back <= PLACES; back++) {
      const place = (this.next - back + PLACES) % PLACES;
      const sent = this.ring[place];
      if (sent === undefined || sent.to.port !== to.port || sent.to.address !== to.address) {
        continue;
      }
      this.ring[place] = undefined;
      return sent.at >= oldest ? sent.failed : undefined;
    }
    return undefined;
  }
}
