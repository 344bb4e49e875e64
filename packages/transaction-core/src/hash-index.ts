const FEWEST = 64;

/**
 * Numbers by hashes, several to one hash if need be, in a table of 32-bit words: nothing in it for the
 * garbage collector to follow. Linear probing, half of it empty; what is removed closes its gap, so
 * that a search costs the same after a million of them.
 */
export class HashIndex {
  size = 0;
  /** A hash and its number, time and again; number 0: free. */
  private words = new Int32Array(2 * FEWEST);
  private mask = FEWEST - 1;

  /** Where the hash is, for `numberAt`; -1: nowhere. */
  seek(hash: number): number {
    return this.walk(hash, hash & this.mask);
  }

  /** Where it is again, behind there. */
  seekOn(hash: number, at: number): number {
    return this.walk(hash, (at + 1) & this.mask);
  }

  numberAt(at: number): number {
    return this.words[2 * at + 1] as number; // found by `seek`
  }

  /** @param number from 1 on. */
  add(hash: number, number: number): void {
    if (2 * this.size > this.mask) this.resize(2 * (this.mask + 1));
    this.put(hash, number);
    this.size++;
  }

  /** Takes out what was added under this hash. */
  remove(hash: number, number: number): void {
    let at = this.seek(hash);
    while (at >= 0 && this.numberAt(at) !== number) at = this.seekOn(hash, at);
    if (at < 0) return;
    this.close(at);
    this.size--;
    const places = this.mask + 1;
    if (places > FEWEST && 8 * this.size < places) this.resize(places / 2);
  }

  clear(): void {
    this.words = new Int32Array(2 * FEWEST);
    this.mask = FEWEST - 1;
    this.size = 0;
  }

  private walk(hash: number, from: number): number {
    const { words, mask } = this;
    for (let at = from; words[2 * at + 1] !== 0; at = (at + 1) & mask) {
      if (words[2 * at] === hash) return at;
    }
    return -1;
  }

  private put(hash: number, number: number): void {
    const { words, mask } = this;
    let at = hash & mask;
    while (words[2 * at + 1] !== 0) at = (at + 1) & mask;
    words[2 * at] = hash;
    words[2 * at + 1] = number;
  }

  /** Moves up whatever would not be found across the gap. */
  private close(from: number): void {
    const { words, mask } = this;
    let gap = from;
    for (let at = (gap + 1) & mask; words[2 * at + 1] !== 0; at = (at + 1) & mask) {
      const hash = words[2 * at] as number; // within the table, as is all of this
      if (((at - hash) & mask) < ((at - gap) & mask)) continue;
      words[2 * gap] = hash;
      words[2 * gap + 1] = words[2 * at + 1] as number;
      gap = at;
    }
    words[2 * gap + 1] = 0;
  }

  private resize(places: number): void {
    const { words } = this;
    this.words = new Int32Array(2 * places);
    this.mask = places - 1;
    for (let at = 0; at < words.length; at += 2) {
      const number = words[at + 1] as number;
      if (number !== 0) this.put(words[at] as number, number);
    }
  }
}
