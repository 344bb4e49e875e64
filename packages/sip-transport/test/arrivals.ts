/** What arrives, in order, for a test that waits for it. */
export class Arrivals<T> {
  /** All that came, taken or not. */
  readonly all: T[] = [];
  private taken = 0;
  private wake: (() => void) | undefined;

  readonly add = (one: T): void => {
    this.all.push(one);
    this.wake?.();
  };

  /** The first that was not taken yet. */
  async next(): Promise<T> {
    await this.count(this.taken + 1);
    // count() waited until it is there
    return this.all[this.taken++] as T;
  }

  /** Until so many came in all. */
  async count(count: number): Promise<void> {
    while (this.all.length < count) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}
