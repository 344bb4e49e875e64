import type { Clock, Timer } from '@strowger/runtime';

/** A transaction that lingers: its place in the queue of those that wait as long as it does. */
export interface Lingerer<Name extends string> {
  /** When its timer fires. */
  due: number;
  queue: LingerQueue<Name> | undefined;
  before: Lingerer<Name> | undefined;
  after: Lingerer<Name> | undefined;
  input(input: { readonly type: Name }): unknown;
}

/** The queues of all that linger, by the timer that ends them: each is of one length in a layer. */
export class LingerQueues<Name extends string> {
  private readonly clock: Clock;
  private readonly queues = new Map<Name, LingerQueue<Name>>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** How many wait in all of them. */
  get size(): number {
    let size = 0;
    for (const queue of this.queues.values()) size += queue.size;
    return size;
  }

  of(timer: Name): LingerQueue<Name> {
    let queue = this.queues.get(timer);
    if (queue === undefined) {
      queue = new LingerQueue(this.clock, timer);
      this.queues.set(timer, queue);
    }
    return queue;
  }
}

/**
 * Transactions that wait for equally long: the first that came is the first to end, so that one
 * timer serves all of them, and adding and removing one is a matter of its neighbours.
 */
export class LingerQueue<Name extends string> {
  size = 0;
  oldest: Lingerer<Name> | undefined;
  private youngest: Lingerer<Name> | undefined;
  private timer: Timer | undefined;
  private readonly clock: Clock;
  private readonly type: Name;

  constructor(clock: Clock, type: Name) {
    this.clock = clock;
    this.type = type;
  }

  add(one: Lingerer<Name>, ms: number): void {
    one.due = Math.ceil(this.clock.now() + ms);
    one.queue = this;
    one.before = this.youngest;
    if (this.youngest === undefined) this.oldest = one;
    else this.youngest.after = one;
    this.youngest = one;
    this.size++;
    this.timer ??= this.clock.arm(ms, this.ring);
  }

  remove(one: Lingerer<Name>): void {
    const { before, after } = one;
    if (before === undefined) this.oldest = after;
    else before.after = after;
    if (after === undefined) this.youngest = before;
    else after.before = before;
    one.queue = undefined;
    one.before = undefined;
    one.after = undefined;
    this.size--;
    if (this.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private readonly ring = (): void => {
    this.timer = undefined;
    const now = this.clock.now();
    try {
      for (let one = this.oldest; one !== undefined && one.due <= now; one = this.oldest) {
        one.input({ type: this.type });
        if (one.queue === this) this.remove(one); // no row took it: never twice
      }
    } finally {
      const { oldest } = this;
      if (oldest !== undefined) {
        this.timer ??= this.clock.arm(Math.max(0, oldest.due - this.clock.now()), this.ring);
      }
    }
  };
}
