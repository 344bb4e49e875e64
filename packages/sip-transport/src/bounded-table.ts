/** A map that never holds more than `limit` entries: the one longest unused makes room. */
export class BoundedTable<K, V> {
  private readonly entries = new Map<K, V>();
  private readonly limit: number;

  /** @param limit how many entries it holds, at least 1. */
  constructor(limit: number) {
    this.limit = Math.max(1, limit);
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  delete(key: K): void {
    this.entries.delete(key);
  }

  /** From the one longest unused to the latest. */
  values(): Iterable<V> {
    return this.entries.values();
  }

  clear(): void {
    this.entries.clear();
  }
}
