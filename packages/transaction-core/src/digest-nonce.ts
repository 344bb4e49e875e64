import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Runtime } from '@strowger/runtime';

/** What became of the use of a nonce. */
export type NonceUse = 'fresh' | 'expired' | 'foreign' | 'replayed';

interface Used {
  readonly issuedAt: number;
  highest: number;
  /** Bit n: whether the count `highest - n` was used. */
  seen: bigint;
}

/** How far a nonce count may lag behind the highest: requests overtake each other over UDP. */
const WINDOW = 64;

/**
 * Nonces that prove themselves: the time of issue and a MAC over it, so that handing them out keeps
 * nothing. Only those that a right digest was made with are remembered, within a bound, for their
 * counts (RFC 7616 §5.4, §5.12).
 */
export class DigestNonces {
  private readonly runtime: Pick<Runtime, 'clock' | 'random'>;
  private readonly key: KeyObject;
  private readonly lifetimeMs: number;
  private readonly maxUsed: number;
  private readonly used = new Map<string, Used>();
  /** Everything older counts as expired: its counts may have been forgotten. */
  private notBefore = Number.NEGATIVE_INFINITY;

  constructor(options: {
    runtime: Pick<Runtime, 'clock' | 'random'>;
    lifetimeMs: number;
    maxUsed: number;
  }) {
    this.runtime = options.runtime;
    this.lifetimeMs = options.lifetimeMs;
    this.maxUsed = options.maxUsed;
    this.key = createSecretKey(options.runtime.random.bytes(32));
  }

  /** How many nonces are remembered. */
  get size(): number {
    return this.used.size;
  }

  /** @param client where it is sent, so that `isFor` knows it again. */
  issue(client = ''): string {
    const text = `${Math.floor(this.runtime.clock.now())}.${this.runtime.random.token()}`;
    const bound = `${text}.${this.bond(client, text)}`;
    return `${bound}.${this.mac(bound)}`;
  }

  /** Whether a nonce is ours and was sent to this client. */
  isFor(nonce: string, client: string): boolean {
    if (this.issuedAt(nonce) === undefined) return false;
    const [time = '', token = '', binding] = nonce.split('.');
    return binding === this.bond(client, `${time}.${token}`);
  }

  /** Whether a nonce is ours. */
  isOurs(nonce: string): boolean {
    return this.issuedAt(nonce) !== undefined;
  }

  /** Whether a nonce has lived for half of its time: its user may well be given the next one. */
  isAging(nonce: string): boolean {
    const issuedAt = this.issuedAt(nonce);
    return issuedAt === undefined || this.runtime.clock.now() - issuedAt > this.lifetimeMs / 2;
  }

  /** Marks the count as used; `undefined` for a client of RFC 2069, whose nonce is good once. */
  use(nonce: string, count: number | undefined): NonceUse {
    const issuedAt = this.issuedAt(nonce);
    if (issuedAt === undefined) return 'foreign';
    this.forgetExpired();
    const isOld = this.runtime.clock.now() - issuedAt > this.lifetimeMs;
    if (isOld || issuedAt <= this.notBefore) return 'expired';
    const used = this.used.get(nonce);
    if (used !== undefined) return count !== undefined && mark(used, count) ? 'fresh' : 'replayed';
    this.used.set(nonce, { issuedAt, highest: count ?? 0xffff_ffff, seen: 1n });
    if (this.used.size > this.maxUsed) this.forgetOldest();
    return 'fresh';
  }

  private issuedAt(nonce: string): number | undefined {
    const end = nonce.lastIndexOf('.');
    const text = nonce.slice(0, Math.max(end, 0));
    const right = Buffer.from(this.mac(text));
    const claimed = Buffer.from(nonce.slice(end + 1));
    if (right.length !== claimed.length || !timingSafeEqual(right, claimed)) return undefined;
    return Number(text.slice(0, text.indexOf('.')));
  }

  private bond(client: string, text: string): string {
    return this.mac(`${client} ${text}`).slice(0, 11);
  }

  private mac(text: string): string {
    return createHmac('sha256', this.key).update(text).digest('base64url').slice(0, 24);
  }

  private forgetExpired(): void {
    const now = this.runtime.clock.now();
    for (const [nonce, { issuedAt }] of this.used) {
      if (now - issuedAt <= this.lifetimeMs) return;
      this.used.delete(nonce);
    }
  }

  private forgetOldest(): void {
    for (const [nonce, { issuedAt }] of this.used) {
      this.notBefore = Math.max(this.notBefore, issuedAt);
      this.used.delete(nonce);
      return;
    }
  }
}

function mark(used: Used, count: number): boolean {
  if (count > used.highest) {
    const shift = Math.min(count - used.highest, WINDOW);
    used.seen = BigInt.asUintN(WINDOW, used.seen << BigInt(shift)) | 1n;
    used.highest = count;
    return true;
  }
  const behind = used.highest - count;
  if (behind >= WINDOW) return false;
  const bit = 1n << BigInt(behind);
  if ((used.seen & bit) !== 0n) return false;
  used.seen |= bit;
  return true;
}
