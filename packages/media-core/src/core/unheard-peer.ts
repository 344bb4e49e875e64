import type { Clock, Endpoint } from '@strowger/runtime';

/**
 * Whether media may go on to an address from which nothing has ever come: it may be a victim's, who
 * was named in a description and asked for nothing.
 */
export class UnheardPeer {
  private readonly limitMs: number;
  private remote: Endpoint | undefined;
  private since = 0;
  private hasHeard = false;

  /** @param limitMs for how long it is given the benefit of the doubt. */
  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  /** A round of offer and answer gives it a new chance, at a new address from the beginning. */
  agree(remote: Endpoint, now: number): void {
    const { remote: before } = this;
    if (before?.address !== remote.address || before.port !== remote.port) this.hasHeard = false;
    this.remote = remote;
    this.since = now;
  }

  /** RTP or RTCP of the peer's has come. */
  heard(): void {
    this.hasHeard = true;
  }

  /** Whether it is where it was said to be. */
  get isHeard(): boolean {
    return this.hasHeard;
  }

  isGivenUp(clock: Clock): boolean {
    return !this.hasHeard && clock.now() - this.since >= this.limitMs;
  }
}
