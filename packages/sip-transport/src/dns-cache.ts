import type { Clock } from '@strowger/runtime';
import { StrowgerError } from '@strowger/runtime';
import { BoundedTable } from './bounded-table.ts';
import type { DnsAnswer, DnsResolver, NaptrRecord, SrvRecord } from './dns-resolver.ts';
import type { TransportLimits } from './transport-limits.ts';

type Type = keyof DnsResolver;
type Records = string | NaptrRecord | SrvRecord;
interface Entry {
  readonly answer: DnsAnswer<Records>;
  readonly until: number;
  /** When it should have been forgotten, where it is kept for want of a newer one. */
  readonly since?: number;
}

/**
 * A resolver in front of another: remembers answers, the empty ones too (RFC 2308), asks the same
 * question once at a time, gives up on one that takes too long, falls back to what it knew where
 * no server answers (RFC 8767), and has a limit on all of it.
 */
export class DnsCache implements DnsResolver {
  private readonly clock: Clock;
  private readonly resolver: DnsResolver;
  private readonly limits: TransportLimits;
  private readonly entries: BoundedTable<string, Entry>;
  private readonly pending = new Map<string, Promise<DnsAnswer<Records>>>();
  private readonly abandon = new Set<() => void>();
  private isClosed = false;

  constructor(clock: Clock, resolver: DnsResolver, limits: TransportLimits) {
    this.clock = clock;
    this.resolver = resolver;
    this.limits = limits;
    this.entries = new BoundedTable(limits.dnsEntries);
  }

  /** How many answers are remembered. */
  get size(): number {
    return this.entries.size;
  }

  naptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    return this.ask('naptr', name);
  }

  srv(name: string): Promise<DnsAnswer<SrvRecord>> {
    return this.ask('srv', name);
  }

  a(name: string): Promise<DnsAnswer<string>> {
    return this.ask('a', name);
  }

  aaaa(name: string): Promise<DnsAnswer<string>> {
    return this.ask('aaaa', name);
  }

  /** Forgets everything; questions under way fail. */
  close(): void {
    this.isClosed = true;
    for (const give of this.abandon) give();
    this.entries.clear();
  }

  private ask<T extends Records>(type: Type, name: string): Promise<DnsAnswer<T>> {
    const key = `${type} ${name.toLowerCase()}`;
    const entry = this.entries.get(key);
    // the key names the type, so what is kept under it has that type's records
    if (entry !== undefined && entry.until > this.clock.now()) {
      return Promise.resolve(entry.answer as DnsAnswer<T>);
    }
    const shared = this.pending.get(key) ?? this.start(key, type, name);
    return shared as Promise<DnsAnswer<T>>;
  }

  private start(key: string, type: Type, name: string): Promise<DnsAnswer<Records>> {
    if (this.pending.size >= this.limits.dnsPending) {
      return Promise.reject(new StrowgerError('DNS_BUSY', 'too many questions to DNS under way'));
    }
    const question: Promise<DnsAnswer<Records>> = this.resolver[type](name);
    const answer = this.inTime(question).then(
      (found) => {
        this.entries.set(key, { answer: found, until: this.clock.now() + this.keepMs(found) });
        return found;
      },
      (error: unknown) => this.stale(key, error),
    );
    const asked = answer.finally(() => this.pending.delete(key));
    this.pending.set(key, asked);
    return asked;
  }

  /** An old answer is better than none, and the servers are left alone for a while (RFC 8767). */
  private stale(key: string, error: unknown): DnsAnswer<Records> {
    const old = this.entries.get(key);
    const now = this.clock.now();
    const { dnsStaleMs, dnsStaleTtlMs } = this.limits;
    if (old === undefined || old.answer.records.length === 0 || this.isClosed) throw error;
    const since = old.since ?? old.until;
    if (now - since > dnsStaleMs) throw error;
    this.entries.set(key, { answer: old.answer, since, until: now + dnsStaleTtlMs });
    return old.answer;
  }

  private keepMs(answer: DnsAnswer<Records>): number {
    const { limits } = this;
    if (answer.records.length > 0) {
      return Math.min(answer.ttlMs ?? limits.dnsDefaultTtlMs, limits.dnsMaxTtlMs);
    }
    return Math.min(answer.ttlMs ?? limits.dnsNegativeTtlMs, limits.dnsNegativeMaxTtlMs);
  }

  private inTime<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        this.abandon.delete(stop);
        reject(new StrowgerError('DNS_FAILED', why));
      };
      const timer = this.clock.arm(this.limits.dnsTimeoutMs, () => fail('no answer from DNS'));
      const stop = (): void => {
        timer.cancel();
        fail('the transport was closed');
      };
      this.abandon.add(stop);
      void answer.then(resolve, reject).finally(() => {
        timer.cancel();
        this.abandon.delete(stop);
      });
    });
  }
}
