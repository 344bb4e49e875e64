import type { Clock } from '@strowger/runtime';
import type { DnsAnswer, DnsResolver, NaptrRecord, SrvRecord } from '@strowger/sip-transport';

/** A record of the simulated name server. */
export type DnsEntry =
  | { readonly type: 'a' | 'aaaa'; readonly address: string }
  | ({ readonly type: 'srv' } & SrvRecord)
  | ({ readonly type: 'naptr' } & NaptrRecord);

/** How a name fails: at once (`SERVFAIL`), by silence until the asker's patience ends, or empty. */
export type DnsFailure = 'servfail' | 'silent' | 'empty';

/** After this long a question without an answer has failed, in milliseconds. */
const PATIENCE_MS = 5000;

/** The name server of a simulated network. */
export class SimulatedDns implements DnsResolver {
  /** How long an answer takes, in milliseconds. */
  latencyMs = 5;
  /** How often it was asked. */
  questions = 0;
  private readonly clock: Clock;
  private readonly entries = new Map<string, DnsEntry[]>();
  private readonly failures = new Map<string, DnsFailure>();

  /** @internal */
  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Whether it knows anything of this name, or below it. */
  knows(name: string): boolean {
    const wanted = name.toLowerCase();
    const all = [...this.entries.keys(), ...this.failures.keys()];
    return all.some((known) => known === wanted || known.endsWith(`.${wanted}`));
  }

  /** Whether questions about this very name fail at the moment. */
  isFailing(name: string): boolean {
    return this.failures.has(name.toLowerCase());
  }

  /** Adds records to a name: `_sip._udp.example.com`, `sip.example.com`. */
  add(name: string, ...records: readonly DnsEntry[]): void {
    const key = name.toLowerCase();
    this.entries.set(key, [...(this.entries.get(key) ?? []), ...records]);
  }

  /** Takes all records of a name away. */
  remove(name: string): void {
    this.entries.delete(name.toLowerCase());
  }

  /** From now on questions about this name fail, until `mend`; that of a host of the network too. */
  fail(name: string, how: DnsFailure): void {
    this.failures.set(name.toLowerCase(), how);
  }

  mend(name: string): void {
    this.failures.delete(name.toLowerCase());
  }

  async naptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    const found = await this.ask(name);
    return { records: found.flatMap((one) => (one.type === 'naptr' ? [one] : [])) };
  }

  async srv(name: string): Promise<DnsAnswer<SrvRecord>> {
    const found = await this.ask(name);
    return { records: found.flatMap((one) => (one.type === 'srv' ? [one] : [])) };
  }

  a(name: string): Promise<DnsAnswer<string>> {
    return this.addresses(name, 'a');
  }

  aaaa(name: string): Promise<DnsAnswer<string>> {
    return this.addresses(name, 'aaaa');
  }

  private async addresses(name: string, type: 'a' | 'aaaa'): Promise<DnsAnswer<string>> {
    const found = await this.ask(name);
    return { records: found.flatMap((one) => (one.type === type ? [one.address] : [])) };
  }

  private async ask(name: string): Promise<readonly DnsEntry[]> {
    this.questions++;
    const key = name.toLowerCase();
    const failure = this.failures.get(key);
    await this.wait(failure === 'silent' ? PATIENCE_MS : this.latencyMs);
    if (failure === 'servfail') throw new Error(`SERVFAIL ${name}`);
    if (failure === 'silent') throw new Error(`no answer about ${name}`);
    return failure === 'empty' ? [] : (this.entries.get(key) ?? []);
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.arm(ms, resolve));
  }
}
