import type { Clock, Endpoint, StrowgerError } from '@strowger/runtime';

/** A send error comes back within a turn or two of the event loop. */
const REMEMBER_MS = 1000;
const PLACES = 64;

interface Sent {
  to: Endpoint;
  at: number;
  failed: (error: StrowgerError) => void;
}

const NOTHING: Sent = {
  to: { address: '', port: -1 },
  at: Number.NEGATIVE_INFINITY,
  failed: () => {},
};

/**
 * The last few datagrams of a socket. The system names the destination of one that it refused and
 * not the datagram, so the youngest to that destination takes the blame.
 */
export class RecentSends {
  private readonly clock: Clock;
  private readonly ring: Sent[] = Array.from({ length: PLACES }, () => ({ ...NOTHING }));
  private next = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(to: Endpoint, failed: (error: StrowgerError) => void): void {
    // the places are filled again and again: nothing is made for a datagram
    const place = this.ring[this.next];
    if (place === undefined) return;
    place.to = to;
    place.at = this.clock.now();
    place.failed = failed;
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
      const { at, failed } = sent;
      Object.assign(sent, NOTHING);
      return at >= oldest ? failed : undefined;
    }
    return undefined;
  }
}
