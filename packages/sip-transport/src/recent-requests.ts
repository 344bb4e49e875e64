import type { Clock } from '@strowger/runtime';

/** How long a client sends a request again over UDP: 64*T1 (RFC 3261 §17.1.1.2). */
const KEEP_MS = 32_000;
/** When so many came sooner than that, the older ones are forgotten. */
const MOST = 100_000;

/**
 * Which requests were let in lately, so that a copy that comes again is not refused while the first
 * is answered. Kept as hashes, of which two in four thousand million are the same: then one more is
 * let in.
 */
export class RecentRequests {
  private readonly clock: Clock;
  private now = new Set<number>();
  private before = new Set<number>();
  private since = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(branch: string): void {
    const now = this.clock.now();
    if (now - this.since > KEEP_MS || this.now.size >= MOST) {
      this.before = this.now;
      this.now = new Set();
      this.since = now;
    }
    this.now.add(hashOf(branch) | 0); // a small integer needs no object of its own
  }

  has(branch: string): boolean {
    const hash = hashOf(branch) | 0;
    return this.now.has(hash) || this.before.has(hash);
  }

  clear(): void {
    this.now.clear();
    this.before.clear();
  }
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
