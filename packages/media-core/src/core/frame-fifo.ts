/** Samples between two that tick each in their own time; what is too much is forgotten, oldest first. */
export class FrameFifo {
  private readonly ring: Int16Array;
  private from = 0;
  private count = 0;
  private longest = 0;

  /** @param capacity in samples. */
  constructor(capacity: number) {
    this.ring = new Int16Array(capacity);
  }

  get length(): number {
    return this.count;
  }

  push(samples: Int16Array): void {
    const { ring } = this;
    const part = samples.length > ring.length ? samples.subarray(-ring.length) : samples;
    this.longest = Math.max(this.longest, part.length);
    const excess = this.count + part.length - ring.length;
    if (excess > 0) this.drop(excess);
    const at = (this.from + this.count) % ring.length;
    const first = Math.min(part.length, ring.length - at);
    ring.set(part.subarray(0, first), at);
    ring.set(part.subarray(first), 0);
    this.count += part.length;
  }

  /**
   * Fills `out`, with silence where there is too little; `false` where there is nothing. What waits
   * beyond a block of either side is given up: it would only be heard later.
   */
  read(out: Int16Array): boolean {
    const excess = this.count - this.longest - out.length;
    if (excess > 0) this.drop(excess);
    const { ring, from } = this;
    const count = Math.min(out.length, this.count);
    const first = Math.min(count, ring.length - from);
    out.set(ring.subarray(from, from + first));
    out.set(ring.subarray(0, count - first), first);
    out.fill(0, count);
    this.drop(count);
    return count > 0;
  }

  private drop(count: number): void {
    this.from = (this.from + count) % this.ring.length;
    this.count -= count;
  }
}
