import type { Clock } from '@strowger/runtime';
import { BoundedTable } from './bounded-table.ts';
import { Networks } from './networks.ts';
import { sourceKey } from './source-key.ts';
import { fullBucket, takeToken, type TokenBucket } from './token-bucket.ts';
import type { TransportLimits } from './transport-limits.ts';

/** What is known of one source: an IPv4 address, or an IPv6 /64. */
export interface SourceAccount extends TokenBucket {
  readonly key: string;
  /** Of a network that the owner vouches for. */
  readonly isVouched: boolean;
  /** Of a network whose addresses lead to nobody outside. */
  readonly isPrivate: boolean;
  /** What may be answered before it proved that it is there: UDP alone. */
  creditBytes: number;
  creditPackets: number;
  /** How long its last datagram was. */
  lastBytes: number;
  /** Until when it is known to be where it says; 0 where it is not. */
  verifiedUntil: number;
  /** Until when somebody there is known by name; 0 where nobody is. */
  trustedUntil: number;
  /** Failures, and when the first of them was. */
  failures: number;
  failuresSince: number;
}

/** What accounts need. */
export interface SourcesOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  /** Networks whose sources are trusted. */
  readonly trustedNetworks: readonly string[];
}

/** RFC 1918, RFC 4193, RFC 3927 and RFC 4291 §2.5.6: what nobody outside can be reached at. */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
];

/**
 * An account for each source. Those that proved to be there are kept in a table of their own, so
 * that a flood from made-up addresses does not push them out.
 */
export class Sources {
  private readonly options: SourcesOptions;
  private readonly vouched: Networks;
  private readonly private = new Networks(PRIVATE, '');
  private readonly strangers: BoundedTable<string, SourceAccount>;
  private readonly known: BoundedTable<string, SourceAccount>;
  /** Who was asked for last is often asked for next. */
  private last: { readonly address: string; readonly account: SourceAccount } | undefined;

  /** Throws `BAD_NETWORK`. */
  constructor(options: SourcesOptions) {
    this.options = options;
    this.vouched = new Networks(options.trustedNetworks, 'trustedNetworks');
    this.strangers = new BoundedTable(options.limits.sources);
    this.known = new BoundedTable(options.limits.sources);
  }

  /** How many accounts there are. */
  get size(): number {
    return this.strangers.size + this.known.size;
  }

  /** The account of an address; a new one where there is none. */
  of(address: string): SourceAccount {
    if (this.last?.address === address) return this.last.account;
    const account = this.find(address);
    this.last = { address, account };
    return account;
  }

  /** Whether messages and connections of it are beyond all limits of a source. */
  isTrusted(account: SourceAccount): boolean {
    return account.isVouched || account.trustedUntil > this.options.clock.now();
  }

  /** Whether what it asks for may be answered with more than it sent. */
  isVerified(account: SourceAccount): boolean {
    if (account.isVouched || account.isPrivate) return true;
    return account.verifiedUntil > this.options.clock.now();
  }

  /** Takes one message from its allowance; false where none is left. */
  admits(account: SourceAccount): boolean {
    const perSecond = this.options.limits.messagesPerSecondPerSource;
    if (perSecond === 0 || this.isTrusted(account)) return true;
    const now = this.options.clock.now();
    return takeToken(account, { now, perSecond, burst: 2 * perSecond });
  }

  /** It proved that it is where it says. */
  verify(account: SourceAccount): void {
    account.verifiedUntil = this.options.clock.now() + this.options.limits.trustMs;
    this.strangers.delete(account.key);
    this.known.set(account.key, account);
  }

  /** Somebody there proved who they are. */
  trust(account: SourceAccount): void {
    this.verify(account);
    account.trustedUntil = account.verifiedUntil;
    account.failures = 0;
  }

  /** Counts a failure; true when they are too many now. Those who are trusted never fail. */
  failed(account: SourceAccount): boolean {
    const { clock, limits } = this.options;
    if (limits.failuresPerSource === 0 || this.isTrusted(account)) return false;
    const now = clock.now();
    const isNew = account.failures === 0 || now - account.failuresSince > limits.failuresMs;
    if (isNew) [account.failures, account.failuresSince] = [0, now];
    account.failures++;
    if (account.failures < limits.failuresPerSource) return false;
    account.failures = 0;
    return true;
  }

  clear(): void {
    this.last = undefined;
    this.strangers.clear();
    this.known.clear();
  }

  private find(address: string): SourceAccount {
    const key = sourceKey(address);
    const known = this.known.get(key) ?? this.strangers.get(key);
    if (known !== undefined) return known;
    const account = this.opened(key, address);
    this.strangers.set(key, account);
    return account;
  }

  private opened(key: string, address: string): SourceAccount {
    const { clock, limits } = this.options;
    return {
      key,
      isVouched: this.vouched.has(address),
      isPrivate: this.private.has(address),
      ...fullBucket(2 * limits.messagesPerSecondPerSource, clock.now()),
      creditBytes: 0,
      creditPackets: 0,
      lastBytes: 0,
      verifiedUntil: 0,
      trustedUntil: 0,
      failures: 0,
      failuresSince: 0,
    };
  }
}
