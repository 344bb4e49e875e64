/** Values that wait for whoever reads them one by one, up to a limit. */
export class Inbox<T> {
  private readonly limit: number;
  private readonly waiting: T[] = [];
  private readonly asking: ((next: IteratorResult<T, void>) => void)[] = [];
  private ended = false;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether somebody stands and waits for the next value. */
  get isAwaited(): boolean {
    return this.asking.length > 0;
  }

  /** `false` where it is full or has ended: the value was not taken. */
  push(value: T): boolean {
    if (this.ended) return false;
    const give = this.asking.shift();
    if (give !== undefined) {
      give({ done: false, value });
      return true;
    }
    if (this.waiting.length >= this.limit) return false;
    this.waiting.push(value);
    return true;
  }

  /** Takes a value in any case: where it is full the oldest is forgotten for it. */
  pushNewest(value: T): void {
    if (!this.ended && this.waiting.length >= this.limit) this.waiting.shift();
    this.push(value);
  }

  /** What waits is read first, also after the end. */
  next(): Promise<IteratorResult<T, void>> {
    const [value] = this.waiting;
    if (value !== undefined) {
      this.waiting.shift();
      return Promise.resolve({ done: false, value });
    }
    if (this.ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.asking.push(resolve));
  }

  remove(value: T): void {
    const index = this.waiting.indexOf(value);
    if (index >= 0) this.waiting.splice(index, 1);
  }

  /** Nothing is taken any more; who waits for more is told. */
  end(): void {
    this.ended = true;
    for (const give of this.asking.splice(0)) give({ done: true, value: undefined });
  }

  /** Takes out everything that waits. */
  empty(): T[] {
    return this.waiting.splice(0);
  }
}
