const BITS = 8;
const SLOTS = 1 << BITS;
/** A level has 2^3 bits. */
const LEVEL_SHIFT = 3;
const MASK = SLOTS - 1;
const LEVELS = 4;
/** Milliseconds that the four levels reach: 2^32. What lies beyond waits in one overflow list. */
const HORIZON = 2 ** (BITS * LEVELS);

/** An armed timer. `cancel()` is idempotent and harmless after it fired. */
export interface Timer {
  cancel(): void;
  /** Whether it will still fire. */
  readonly armed: boolean;
}

class Entry implements Timer {
  prev: Entry;
  next: Entry;
  readonly at: number;
  wheel: TimerWheel | undefined;
  readonly fire: (() => void) | undefined;

  constructor(fire: (() => void) | undefined, at: number, wheel: TimerWheel | undefined) {
    this.prev = this;
    this.next = this;
    this.at = at;
    this.wheel = wheel;
    this.fire = fire;
  }

  get armed(): boolean {
    return this.wheel !== undefined;
  }

  cancel(): void {
    this.wheel?.remove(this);
  }
}

/**
 * A hierarchical timing wheel with a resolution of one millisecond: arming and cancelling cost the
 * same whether one timer is armed or a hundred thousand. Timers of the same millisecond fire in the
 * order in which they were armed.
 */
export class TimerWheel {
  /** The millisecond up to which everything has fired. */
  private tick: number;
  /** Where the four levels end. */
  private horizon: number;
  private count = 0;
  private readonly slots: Entry[] = Array.from({ length: LEVELS * SLOTS }, listHead);
  private readonly overflow = listHead();
  private readonly onEmpty: () => void;

  /** @param onEmpty called whenever the last armed timer fired or was cancelled. */
  constructor(startMs = 0, onEmpty: () => void = () => {}) {
    this.tick = Math.floor(startMs);
    this.horizon = horizonOf(this.tick);
    this.onEmpty = onEmpty;
  }

  /** How many timers are armed. */
  get size(): number {
    return this.count;
  }

  /** Arms `fire` for the absolute time `atMs`, rounded up to a whole millisecond. */
  arm(atMs: number, fire: () => void): Timer {
    const entry = new Entry(fire, Math.max(Math.ceil(atMs), this.tick), this);
    this.count++;
    this.place(entry);
    return entry;
  }

  /** @internal Called by a timer that is cancelled. */
  remove(entry: Entry): void {
    unlink(entry);
    entry.wheel = undefined;
    this.count--;
    if (this.count === 0) this.onEmpty();
  }

  /**
   * A time at or before which nothing fires: the next timer's when it is near, else the moment at
   * which a coarser slot has to be looked into. `undefined` when nothing is armed.
   */
  nextAt(): number | undefined {
    if (this.count === 0) return undefined;
    for (let level = 0; level < LEVELS; level++) {
      const width = 1 << (BITS * level);
      const from = Math.floor(this.tick / width);
      const last = from - (from % SLOTS) + SLOTS - 1;
      for (let unit = level === 0 ? from : from + 1; unit <= last; unit++) {
        if (!isEmpty(this.slot(level, unit))) return unit * width;
      }
    }
    return (Math.floor(this.tick / HORIZON) + 1) * HORIZON;
  }

  /** Fires everything that is due up to and including `toMs`, in order; gives how many fired. */
  advanceTo(toMs: number): number {
    const target = Math.floor(toMs);
    let fired = 0;
    for (;;) {
      const next = this.nextAt();
      if (next === undefined || next > target) break;
      this.tick = next;
      this.horizon = horizonOf(next);
      this.cascade();
      fired += this.fireSlot(this.slot(0, next));
    }
    if (target <= this.tick) return fired;
    this.tick = target;
    this.horizon = horizonOf(target);
    return fired;
  }

  private place(entry: Entry): void {
    if (entry.at >= this.horizon) {
      append(this.overflow, entry);
      return;
    }
    // as 32 bits, which is what the four levels reach
    const differing = entry.at ^ this.tick;
    const level = differing === 0 ? 0 : (31 - Math.clz32(differing)) >> LEVEL_SHIFT;
    const unit = (entry.at >>> (level << LEVEL_SHIFT)) & MASK;
    // the index is in range by construction: level < LEVELS, unit < SLOTS
    append(this.slots[(level << BITS) | unit] as Entry, entry);
  }

  private slot(level: number, unit: number): Entry {
    // the index is in range by construction: level < LEVELS, unit modulo SLOTS
    return this.slots[level * SLOTS + (unit % SLOTS)] as Entry;
  }

  /** At the start of a coarser slot's time, spreads its timers over the finer ones. */
  private cascade(): void {
    if (this.tick % HORIZON === 0) this.spread(this.overflow);
    for (let level = LEVELS - 1; level > 0; level--) {
      const width = 1 << (BITS * level);
      if (this.tick % width === 0) this.spread(this.slot(level, this.tick / width));
    }
  }

  private spread(list: Entry): void {
    const end = list.prev;
    while (!isEmpty(list)) {
      const entry = list.next;
      unlink(entry);
      this.place(entry);
      if (entry === end) break;
    }
  }

  private fireSlot(list: Entry): number {
    let fired = 0;
    for (; !isEmpty(list); fired++) {
      const entry = list.next;
      this.remove(entry);
      entry.fire?.();
    }
    return fired;
  }
}

function listHead(): Entry {
  return new Entry(undefined, 0, undefined);
}

function horizonOf(tick: number): number {
  return (Math.floor(tick / HORIZON) + 1) * HORIZON;
}

function isEmpty(list: Entry): boolean {
  return list.next === list;
}

function append(list: Entry, entry: Entry): void {
  entry.prev = list.prev;
  entry.next = list;
  list.prev.next = entry;
  list.prev = entry;
}

function unlink(entry: Entry): void {
  entry.prev.next = entry.next;
  entry.next.prev = entry.prev;
  entry.prev = entry;
  entry.next = entry;
}
