import type { Clock, Timer } from '@strowger/runtime';
import type { ThreadPause } from './thread-pause.ts';

/** Slots of a millisecond each; longer than any stream's period. */
const SLOTS = 256;
/** A slot with so many is full: who comes later begins in one of the next, if one of them is not. */
const FULL = 8;
const SPREAD_MS = 10;
/** A timer may be early by so much, as it is late by up to a millisecond. */
const EARLY_MS = 1;
const BOUNDS_MS = [1, 2, 3, 5, 10, 20, 50];

/** A stream that is served once in every period. */
export interface Ticked {
  /** From 1 to 200 ms, whole. */
  readonly periodMs: number;
  /**
   * Its slot has come; `skipped` slots before it were missed and are gone: their packets are not
   * sent late in a burst. A stream that throws, as a codec of a program may, is served no more.
   */
  tick(skipped: number): void;
  /** It was the last: told what `tick` threw, so that whoever it is for is told. */
  failed(error: unknown): void;
}

/** How late slots were served: `counts[i]` below `boundsMs[i]`, the last one beyond all bounds. */
export interface LatenessHistogram {
  readonly boundsMs: readonly number[];
  readonly counts: readonly number[];
  /** Slots that were missed entirely. */
  readonly skipped: number;
}

interface Entry {
  readonly stream: Ticked;
  dueMs: number;
}

/** What a ticker is made of. */
export interface TickerOptions {
  /** Hears what a stream threw, which has left: the others of the worker go on. */
  onFailed?(error: unknown): void;
  /** Waits for the rest of a millisecond, in a thread that has nothing else to do. */
  readonly pause?: ThreadPause | undefined;
}

/**
 * Serves all streams of a worker on absolute deadlines of the monotonic clock: the deadline of a
 * slot is the first one plus a multiple of the period, so errors do not add up. It wakes at most
 * once per millisecond, and only for a slot that has a stream.
 */
export class Ticker {
  private readonly clock: Clock;
  private readonly slots: Entry[][] = Array.from({ length: SLOTS }, () => []);
  private readonly entries = new Map<Ticked, Entry>();
  private readonly counts = Array.from({ length: BOUNDS_MS.length + 1 }, () => 0);
  private skipped = 0;
  /** All slots up to this millisecond were served. */
  private served = 0;
  private alarm: Timer | undefined;
  private alarmMs = 0;
  private readonly options: TickerOptions;

  constructor(clock: Clock, options: TickerOptions = {}) {
    this.clock = clock;
    this.options = options;
  }

  get size(): number {
    return this.entries.size;
  }

  get lateness(): LatenessHistogram {
    return { boundsMs: BOUNDS_MS, counts: [...this.counts], skipped: this.skipped };
  }

  /** The stream's first slot is the next whole millisecond, or one soon after it where that is full. */
  add(stream: Ticked): void {
    if (this.entries.has(stream)) return;
    const now = Math.floor(this.clock.now());
    if (this.entries.size === 0) this.served = now;
    const entry = { stream, dueMs: this.roomFrom(now + 1) };
    this.entries.set(stream, entry);
    this.slot(entry.dueMs).push(entry);
    this.setAlarm(entry.dueMs);
  }

  remove(stream: Ticked): void {
    const entry = this.entries.get(stream);
    if (entry === undefined) return;
    this.entries.delete(stream);
    const slot = this.slot(entry.dueMs);
    const at = slot.indexOf(entry);
    if (at >= 0) slot.splice(at, 1);
    if (this.entries.size > 0) return;
    this.alarm?.cancel();
    this.alarm = undefined;
  }

  /** Streams that begin together would be served one after the other, the last of them late. */
  private roomFrom(first: number): number {
    for (let ms = first; ms < first + SPREAD_MS; ms++) if (this.slot(ms).length < FULL) return ms;
    let best = first;
    for (let ms = first; ms < first + SPREAD_MS; ms++) {
      if (this.slot(ms).length < this.slot(best).length) best = ms;
    }
    return best;
  }

  private run(): void {
    this.alarm = undefined;
    const now = this.clock.now();
    const last = Math.floor(now);
    const first = Math.max(this.served + 1, last - SLOTS + 1);
    this.served = last;
    for (let ms = first; ms <= last; ms++) this.serve(ms, now);
    this.rest(last);
  }

  /** Serves what is in a slot; after a long block it may hold what was just put off. */
  private serve(ms: number, now: number): void {
    const slot = this.slot(ms);
    for (let left = slot.length; left > 0; left--) {
      const entry = slot.shift();
      if (entry === undefined) return;
      if (entry.dueMs > now) slot.push(entry);
      else this.serveEntry(entry, now);
    }
  }

  private serveEntry(entry: Entry, now: number): void {
    const { stream } = entry;
    const late = now - entry.dueMs;
    const missed = Math.floor(late / stream.periodMs);
    this.skipped += missed;
    const bucket = BOUNDS_MS.findIndex((bound) => late < bound);
    const index = bucket < 0 ? BOUNDS_MS.length : bucket;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    entry.dueMs += (missed + 1) * stream.periodMs;
    this.slot(entry.dueMs).push(entry);
    try {
      stream.tick(missed);
    } catch (error) {
      this.remove(stream);
      this.options.onFailed?.(error);
      stream.failed(error);
    }
  }

  /** Sleeps until the next slot that has a stream. */
  private rest(after: number): void {
    if (this.entries.size === 0) return;
    for (let ms = after + 1; ms <= after + SLOTS; ms++) {
      if (this.slot(ms).length > 0) return this.setAlarm(ms);
    }
  }

  private setAlarm(ms: number): void {
    if (this.alarm?.armed === true && this.alarmMs <= ms) return;
    this.alarm?.cancel();
    this.alarmMs = ms;
    const { clock } = this;
    const { pause } = this.options;
    const left = ms - clock.now();
    if (pause === undefined) this.alarm = clock.arm(left, () => this.run());
    else if (left > 1 + EARLY_MS) {
      this.alarm = clock.arm(left - EARLY_MS, () => this.waitFor(ms, pause));
    } else this.alarm = soon(() => this.waitFor(ms, pause));
  }

  /** Until then, exactly: less than two milliseconds. */
  private waitFor(ms: number, pause: ThreadPause): void {
    const left = ms - this.clock.now();
    if (left > 0) pause(left);
    this.run();
  }

  private slot(ms: number): Entry[] {
    return this.slots[ms % SLOTS] as Entry[]; // in range: SLOTS slots were made
  }
}

/** When this turn of the event loop has looked at the sockets. */
function soon(act: () => void): Timer {
  const timer = { armed: true, cancel: (): void => void (timer.armed = false) };
  setImmediate(() => {
    if (!timer.armed) return;
    timer.armed = false;
    act();
  });
  return timer;
}
