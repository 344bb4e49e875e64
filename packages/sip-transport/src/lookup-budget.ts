import { StrowgerError } from '@strowger/runtime';
import type { DnsAnswer, DnsResolver, NaptrRecord, SrvRecord } from './dns-resolver.ts';

/** A resolver for one lookup: records that lead on and on are followed only so far. */
export class LookupBudget implements DnsResolver {
  private readonly resolver: DnsResolver;
  private left: number;

  /** @param questions that may be asked; further ones fail with `DNS_BUDGET`. */
  constructor(resolver: DnsResolver, questions: number) {
    this.resolver = resolver;
    this.left = questions;
  }

  naptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    return this.spend(() => this.resolver.naptr(name));
  }

  srv(name: string): Promise<DnsAnswer<SrvRecord>> {
    return this.spend(() => this.resolver.srv(name));
  }

  a(name: string): Promise<DnsAnswer<string>> {
    return this.spend(() => this.resolver.a(name));
  }

  aaaa(name: string): Promise<DnsAnswer<string>> {
    return this.spend(() => this.resolver.aaaa(name));
  }

  private spend<T>(ask: () => Promise<T>): Promise<T> {
    if (this.left-- > 0) return ask();
    return Promise.reject(new StrowgerError('DNS_BUDGET', 'too many questions for one name'));
  }
}
