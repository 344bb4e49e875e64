import type { Clock } from '@strowger/runtime';

/** How long a client sends a request again over UDP: 64*T1 (RFC 3261 §17.1.1.2). */
const KEEP_MS = 32_000;
/** When so many came sooner than that, the older ones are forgotten. */
const MOST = 100_000;
const FEWEST_SLOTS = 256;
/** Places that are looked at: who makes branches whose hashes stand in each other's way costs no more. */
const MOST_PLACES = 32;

/**
 * Which requests were let in lately, so that a copy that comes again is not refused while the first
 * is answered. Kept as hashes, of which two in four thousand million are the same: then one more is
 * let in.
 */
export class RecentRequests {
  private readonly clock: Clock;
  private now = new Hashes(FEWEST_SLOTS);
  private before = new Hashes(FEWEST_SLOTS);
  private since = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(branch: string): void {
    const now = this.clock.now();
    if (now - this.since > KEEP_MS || this.now.size >= MOST) {
      this.before = this.now;
      this.now = new Hashes(FEWEST_SLOTS);
      this.since = now;
    }
    this.now.add(hashOf(branch));
  }

  has(branch: string): boolean {
    const hash = hashOf(branch);
    return this.now.has(hash) || this.before.has(hash);
  }

  clear(): void {
    this.now = new Hashes(FEWEST_SLOTS);
    this.before = new Hashes(FEWEST_SLOTS);
  }
}

/** A set of hashes in one array: a quarter of the memory and of the time that a `Set` of them takes. */
class Hashes {
  size = 0;
  /** Each hash in its place or in the next that was free; 0 where there is none. */
  private slots: Int32Array;

  /** @param slots a power of two. */
  constructor(slots: number) {
    this.slots = new Int32Array(slots);
  }

  add(hash: number): void {
    if (this.size * 2 >= this.slots.length) this.grow();
    const at = this.placeOf(hash);
    if (this.slots[at] === hash) return;
    this.slots[at] = hash;
    this.size++;
  }

  has(hash: number): boolean {
    return this.slots[this.placeOf(hash)] === hash;
  }

  /** Where the hash is, or would be: half of the places are free, and the last one looked at is taken. */
  private placeOf(hash: number): number {
    const { slots } = this;
    const mask = slots.length - 1;
    let at = hash & mask;
    for (let places = 1; places < MOST_PLACES; places++) {
      if (slots[at] === hash || slots[at] === 0) break;
      at = (at + 1) & mask;
    }
    return at;
  }

  private grow(): void {
    const { slots } = this;
    this.slots = new Int32Array(slots.length * 2);
    for (const hash of slots) if (hash !== 0) this.slots[this.placeOf(hash)] = hash;
  }
}

/** FNV-1a, 32 bits, never 0. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash | 0 || 1;
}
