import { type Clock, StrowgerError, within } from '@strowger/runtime';
import type { Hop } from '@strowger/transaction-core';

/** How many watches and publications a client may have at the same time. */
const MOST = 1000;

/** What is kept alive for a client, as the client sees it. */
export interface KeptAlive {
  /** Resolves when it is over; never rejects. */
  readonly ended: Promise<unknown>;
  moved(): void;
  connectionLost(hop: Hop): void;
  /** Tells the server that it is not wanted any more. */
  stop(): void;
  /** Waits for nobody. */
  close(): void;
}

/** All watches and publications of one client: they move with it, and end with it. */
export class Upkeeps {
  private readonly live = new Set<KeptAlive>();
  private closed = false;

  /** Throws `TOO_MANY_WATCHES` at the limit, and `CLOSED`. */
  checkRoom(): void {
    if (this.closed) throw new StrowgerError('CLOSED', 'this client is closed');
    if (this.live.size < MOST) return;
    throw new StrowgerError('TOO_MANY_WATCHES', `there are ${MOST} watches and publications`);
  }

  add(kept: KeptAlive): void {
    this.live.add(kept);
    void kept.ended.then(() => this.live.delete(kept));
  }

  moved(): void {
    for (const kept of this.live) kept.moved();
  }

  connectionLost(hop: Hop): void {
    for (const kept of this.live) kept.connectionLost(hop);
  }

  /** Ends all, telling their servers, for `deadlineMs` at most. */
  async close(deadlineMs: number, clock: Clock): Promise<void> {
    this.closed = true;
    const all = [...this.live];
    for (const kept of all) kept.stop();
    await within(Promise.all(all.map(({ ended }) => ended)), deadlineMs, clock);
    for (const kept of all) kept.close();
  }
}
