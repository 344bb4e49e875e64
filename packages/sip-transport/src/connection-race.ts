import type { Clock, Timer } from '@strowger/runtime';
import type { Hop } from './hop.ts';

/** One attempt to connect. */
export interface Racer {
  /** Nobody needs it any more. */
  withdraw(): void;
}

/** What a race needs. */
export interface ConnectionRaceOptions {
  readonly clock: Clock;
  /** How long one has before the next starts. */
  readonly startMs: number;
  /** Starts an attempt; `ended` is called once, perhaps before this returns. */
  connect(hop: Hop, ended: (reached: boolean) => void): Racer;
}

/**
 * Connects to the addresses of one target, each a little after the one before it or when that has
 * failed, until the first takes the connection; the others are withdrawn (RFC 8305 §5, RFC 7984).
 * Resolves with the winner, `undefined` where there is none.
 */
export function raceConnections(
  hops: readonly Hop[],
  { clock, startMs, connect }: ConnectionRaceOptions,
): Promise<Hop | undefined> {
  return new Promise((resolve) => {
    const running = new Map<Hop, Racer | undefined>();
    const left = [...hops];
    let timer: Timer | undefined;
    let isOver = false;
    const finish = (winner: Hop | undefined): void => {
      isOver = true;
      timer?.cancel();
      for (const [hop, racer] of running) if (hop !== winner) racer?.withdraw();
      resolve(winner);
    };
    const ended = (hop: Hop, reached: boolean): void => {
      if (isOver) return;
      if (reached) return finish(hop);
      running.delete(hop);
      if (left.length > 0) startNext();
      else if (running.size === 0) finish(undefined);
    };
    const startNext = (): void => {
      timer?.cancel();
      const hop = left.shift();
      if (hop === undefined) return;
      if (left.length > 0) timer = clock.arm(startMs, startNext);
      running.set(hop, undefined);
      const racer = connect(hop, (reached) => ended(hop, reached));
      if (isOver || !running.has(hop)) return;
      running.set(hop, racer);
    };
    if (left.length === 0) finish(undefined);
    else startNext();
  });
}
