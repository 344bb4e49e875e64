/**
 * A map that never holds more than `limit` entries: one that was not used for long makes room. What is
 * used moves behind the others, but not while there is room for as many more: to move an entry costs ten
 * times as much as to read it.
 */
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
    if (value === undefined || this.isRoomy) return value;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    if (!this.isRoomy) this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  private get isRoomy(): boolean {
    return 2 * this.entries.size <= this.limit;
  }

  delete(key: K): void {
    this.entries.delete(key);
  }

  /** Those that make room first go before the others. */
  values(): Iterable<V> {
    return this.entries.values();
  }

  clear(): void {
    this.entries.clear();
  }
}
