import type { MessagePort } from 'node:worker_threads';
import type { Hop } from '../hop.ts';

/**
 * How calls are spread. `dispatch`: one thread has all sockets and gives every message to the thread
 * that owns its call. `reusePort`: every thread listens on the same ports (`SO_REUSEPORT`: Linux,
 * Node 22.12 or later), and passes on what belongs to another.
 */
export type SpreadMode = 'dispatch' | 'reusePort';

/** A thread's place among the others. Threads are numbered from 0. */
export interface Seat {
  readonly index: number;
  /** The threads that own calls, in the order in which Call-IDs are spread over them. */
  readonly owners: readonly number[];
  /** The threads that have sockets. */
  readonly sockets: readonly number[];
}

/** What a thread is given to begin with, and again for every thread that is replaced. */
export type SeatOrder =
  | {
      readonly type: 'sit';
      readonly seat: Seat;
      readonly ports: readonly (readonly [number, MessagePort])[];
    }
  | { readonly type: 'meet'; readonly index: number; readonly port: MessagePort }
  | { readonly type: 'leave' };

/** What a thread says to the one that started it. */
export type SeatReport = { readonly type: 'ready' } | { readonly type: 'left' };

/** The seats of so many threads. In `dispatch` mode the starting thread has number 0. */
export function seatsOf(mode: SpreadMode, threads: number): Seat[] {
  const workers = Array.from({ length: threads }, (_, at) => (mode === 'dispatch' ? at + 1 : at));
  const sockets = mode === 'dispatch' ? [0] : workers;
  const all = mode === 'dispatch' ? [0, ...workers] : workers;
  return all.map((index) => ({ index, owners: workers, sockets }));
}

/** Connections and sockets are one thread's: the name of a flow says whose. */
export function markFlow(hop: Hop, seat: number): Hop {
  return hop.flow === undefined ? hop : { ...hop, flow: `${seat}/${hop.flow}` };
}

/** The seat that a flow names, and the hop as that thread knows it. */
export function readFlow(hop: Hop): { readonly seat: number | undefined; readonly hop: Hop } {
  const slash = hop.flow?.indexOf('/') ?? -1;
  if (hop.flow === undefined || slash < 1) return { seat: undefined, hop };
  const seat = Number(hop.flow.slice(0, slash));
  return { seat, hop: { ...hop, flow: hop.flow.slice(slash + 1) } };
}
