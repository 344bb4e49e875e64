import type { Clock, Timer } from '@strowger/runtime';
import { takeToken, type TokenBucket } from './token-bucket.ts';
import type { TransportLimits } from './transport-limits.ts';

/** What a peer was refused for, or what was done about it. */
export type SecurityEventType =
  /** More messages than a source may send; they are dropped. */
  | 'rateLimited'
  /** A message or connection of a source that is banned; dropped. */
  | 'bannedSource'
  /** A source was banned: what it did was too much. */
  | 'sourceBanned'
  /** A request of a known scanner; dropped. */
  | 'scanner'
  /** What is no SIP, or broken. */
  | 'malformed'
  /** A response to nothing that we sent; dropped. */
  | 'strayResponse'
  /** A connection beyond a limit; refused. */
  | 'connectionRefused'
  /** A connection that made room for another. */
  | 'connectionEvicted'
  /** TLS or WebSocket was not agreed upon. */
  | 'handshakeFailed'
  /** A message, or the first one, took too long; the connection is closed. */
  | 'slowPeer'
  /** An answer that is more than an unproven UDP source had asked with; withheld. */
  | 'amplificationWithheld'
  /** A request that came while there was too much to do; refused with 503. */
  | 'overloadRefused'
  /** A request of ours to an address that is denied; not sent. */
  | 'addressDenied'
  /** Somebody did not prove to be who they say. */
  | 'authenticationFailed';

/** How much somebody should care. */
export type SecuritySeverity = 'info' | 'warning' | 'critical';

/** One or many things of one kind that one source did. */
export interface SecurityEvent {
  readonly type: SecurityEventType;
  readonly severity: SecuritySeverity;
  /** An IPv4 address or an IPv6 /64; `*` where there are too many to tell apart. */
  readonly source: string;
  /** When the last of them happened: wall time in milliseconds since 1970. */
  readonly at: number;
  /** How many since the last event of this type and source. */
  readonly count: number;
  /** Further words, such as what a scanner calls itself; at most 100 characters. */
  readonly detail?: string;
}

const SEVERITIES: Readonly<Record<SecurityEventType, SecuritySeverity>> = {
  rateLimited: 'warning',
  bannedSource: 'info',
  sourceBanned: 'critical',
  scanner: 'warning',
  malformed: 'info',
  strayResponse: 'info',
  connectionRefused: 'warning',
  connectionEvicted: 'warning',
  handshakeFailed: 'info',
  slowPeer: 'info',
  amplificationWithheld: 'info',
  overloadRefused: 'critical',
  addressDenied: 'warning',
  authenticationFailed: 'warning',
};

/** Events told at once per second, and at once: more of them wait to be told together. */
const AT_ONCE = 10;
const DETAIL_LENGTH = 100;

interface Pending {
  count: number;
  detail: string | undefined;
  at: number;
}

/** What telling of events needs. */
export interface SecurityEventsOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  tell(event: SecurityEvent): void;
}

/**
 * Tells of the first event of each kind and source at once, and of those that follow together, so
 * that a flood of them costs next to nothing. Holds a timer only while something waits to be told.
 */
export class SecurityEvents {
  private readonly options: SecurityEventsOptions;
  /** What was told or waits in this round, by type and source. */
  private readonly round = new Map<string, Pending>();
  private readonly bucket: TokenBucket = { tokens: AT_ONCE, at: 0 };
  private timer: Timer | undefined;

  constructor(options: SecurityEventsOptions) {
    this.options = options;
  }

  /** @param source an IPv4 address or an IPv6 /64. */
  note(type: SecurityEventType, source: string, detail?: string): void {
    const key = `${type} ${source}`;
    const known = this.round.get(key);
    if (known !== undefined) return this.count(known, detail);
    const { clock, limits } = this.options;
    const isRoom = this.round.size < limits.securityEventSources;
    const told = isRoom && takeToken(this.bucket, { now: clock.now(), ...PACE });
    if (told) this.tell(key, { count: 1, detail, at: clock.wall() });
    const one: Pending = { count: told ? 0 : 1, detail, at: clock.wall() };
    const kept = isRoom ? key : `${type} *`;
    const other = this.round.get(kept);
    if (other === undefined) this.round.set(kept, one);
    else this.count(other, detail);
    this.timer ??= clock.arm(limits.securityEventMs, () => this.endRound());
  }

  /** Tells what waits, and holds nothing any more. */
  close(): void {
    this.timer?.cancel();
    this.endRound();
    this.timer?.cancel();
    this.timer = undefined;
    this.round.clear();
  }

  private count(pending: Pending, detail: string | undefined): void {
    pending.count++;
    pending.detail ??= detail;
    pending.at = this.options.clock.wall();
  }

  /** Those that nothing more happened with are forgotten: their next one is told at once. */
  private endRound(): void {
    this.timer = undefined;
    const waiting = [...this.round].filter(([, { count }]) => count > 0);
    this.round.clear();
    for (const [key, pending] of waiting) {
      this.tell(key, pending);
      this.round.set(key, { ...pending, count: 0 });
    }
    const { clock, limits } = this.options;
    if (waiting.length > 0) {
      this.timer = clock.arm(limits.securityEventMs, () => this.endRound());
    }
  }

  private tell(key: string, { count, detail, at }: Pending): void {
    const space = key.indexOf(' ');
    // `note` made the key of a type and a source
    const type = key.slice(0, space) as SecurityEventType;
    const event = { type, severity: SEVERITIES[type], source: key.slice(space + 1), at, count };
    const said = detail?.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, DETAIL_LENGTH);
    this.options.tell(said === undefined ? event : { ...event, detail: said });
  }
}

const PACE = { perSecond: AT_ONCE, burst: AT_ONCE };
