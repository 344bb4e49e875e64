import { Resolver } from 'node:dns';
import { setMaxListeners } from 'node:events';
import { type Clock, type Endpoint, type Runtime, StrowgerError } from '@strowger/runtime';
import { askByTcp, askByUdp, type DnsExchangeOptions, type Replied } from './dns-exchange.ts';
import { type DnsQuestion, type DnsRecord, isDnsName } from './dns-message.ts';
import type { DnsAnswer, DnsResolver, NaptrRecord, SrvRecord } from './dns-resolver.ts';
import { HostsFile, systemHostsPath } from './hosts-file.ts';
import { familyOf } from './ip-address.ts';

/** What a resolver of our own is made of. */
export interface NameServersOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'random' | 'datagrams'>;
  /**
   * Name servers, the first asked first: `192.0.2.53`, `[2001:db8::53]:5353`. Default: those of the
   * system, looked up again every 30 s.
   */
  readonly servers?: readonly string[];
  /**
   * A file of hosts that is believed before DNS, for A and AAAA. Default: the system's own, and none
   * where `servers` are given.
   */
  readonly hosts?: string;
}

/** How long a server is waited for, each time that all are asked. */
const ROUNDS_MS = [1000, 2000];
/** A question that has no answer by then has none. */
const LONGEST_MS = 5000;

/**
 * DNS by ourselves (RFC 1035, 6891, 7766), for what Node's resolver hides: how long NAPTR, SRV and
 * "there is none" may be kept. Answers are believed only from the server that was asked, at the
 * port that asked, under its identifier and for its question (RFC 5452). Asks by UDP, by TCP what
 * is too long, one server after the other; remembers nothing but which server answered last.
 */
export class NameServers implements DnsResolver {
  private readonly runtime: NameServersOptions['runtime'];
  private readonly servers: ServerList;
  private readonly hosts: HostsFile | undefined;
  private readonly closing = new AbortController();
  /** The server that answered last is asked first. */
  private first = 0;

  /** Throws `BAD_NAME_SERVER`; opens nothing. */
  constructor({ runtime, servers, hosts }: NameServersOptions) {
    this.runtime = runtime;
    setMaxListeners(0, this.closing.signal); // one for each question under way
    this.servers = new ServerList(runtime.clock, servers);
    const path = hosts ?? (servers === undefined ? systemHostsPath() : undefined);
    this.hosts = path === undefined ? undefined : new HostsFile(runtime.clock, path);
  }

  naptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    return this.ask({ type: 'naptr', name });
  }

  srv(name: string): Promise<DnsAnswer<SrvRecord>> {
    return this.ask({ type: 'srv', name });
  }

  a(name: string): Promise<DnsAnswer<string>> {
    return this.ask({ type: 'a', name });
  }

  aaaa(name: string): Promise<DnsAnswer<string>> {
    return this.ask({ type: 'aaaa', name });
  }

  /** Questions under way and later ones fail with `DNS_FAILED`; no socket and no timer is left. */
  close(): void {
    this.closing.abort();
  }

  private async ask<T extends DnsRecord>({ type, name }: DnsQuestion): Promise<DnsAnswer<T>> {
    const question = { type, name: name.replace(/\.$/, '') };
    if (!isDnsName(question.name)) return { records: [] };
    const listed = await this.listed(question);
    // the question names the type, so its answer has that type's records
    if (listed !== undefined) return listed as DnsAnswer<T>;
    try {
      return (await this.askAll(question)) as DnsAnswer<T>;
    } catch (error) {
      if (await this.isListed(question.name)) return { records: [] };
      throw error;
    }
  }

  private async listed({ type, name }: DnsQuestion): Promise<DnsAnswer<DnsRecord> | undefined> {
    if (this.hosts === undefined || (type !== 'a' && type !== 'aaaa')) return undefined;
    const both = await this.hosts.addresses(name);
    if (both.length === 0) return undefined;
    const family = type === 'a' ? 4 : 6;
    return { records: both.filter((one) => familyOf(one) === family), ttlMs: 5000 };
  }

  /** A host of the file can be reached where there is no DNS: nothing but its address is known. */
  private async isListed(name: string): Promise<boolean> {
    const host = name.replace(/^(?:_[^.]+\.)+/, '');
    return ((await this.hosts?.addresses(host)) ?? []).length > 0;
  }

  private async askAll(question: DnsQuestion): Promise<DnsAnswer<DnsRecord>> {
    const deadline = this.runtime.clock.now() + LONGEST_MS;
    const servers = this.servers.current();
    const start = this.first;
    let cause: unknown = new Error('the system names no server');
    for (const roundMs of ROUNDS_MS) {
      for (let turn = 0; turn < servers.length; turn++) {
        const index = (start + turn) % servers.length;
        const server = servers[index];
        const timeoutMs = Math.min(roundMs, deadline - this.runtime.clock.now());
        if (server === undefined || timeoutMs <= 0 || this.closing.signal.aborted) break;
        try {
          const answer = await this.askOne({ server, question, timeoutMs });
          this.first = index;
          return answer;
        } catch (error) {
          cause = error;
        }
      }
    }
    const what = `no answer from DNS about ${question.type.toUpperCase()} ${question.name}`;
    throw new StrowgerError('DNS_FAILED', what, {
      cause,
      recovery: { kind: 'retry', afterMs: 5000 },
    });
  }

  private async askOne(
    one: Pick<DnsExchangeOptions, 'server' | 'question' | 'timeoutMs'>,
  ): Promise<DnsAnswer<DnsRecord>> {
    const { runtime, closing } = this;
    const common = { ...one, runtime, signal: closing.signal, edns: true };
    const reply = await readable(common, askByUdp);
    const whole = reply.kind === 'truncated' ? await readable(common, askByTcp) : reply;
    if (whole.kind === 'answer') return whole.answer;
    const code = whole.kind === 'refused' ? ` (code ${whole.code})` : '';
    throw new Error(`the name server ${one.server.address} gives no answer${code}`);
  }
}

/** Asks once more without EDNS a server that does not know it (RFC 6891 §7). */
async function readable(
  options: DnsExchangeOptions,
  ask: (options: DnsExchangeOptions) => Promise<Replied>,
): Promise<Replied> {
  const reply = await ask(options);
  return reply.kind === 'misunderstood' ? ask({ ...options, edns: false }) : reply;
}

/** How long the system's list is believed. */
const LIST_MS = 30_000;

/** The name servers that were given, else those that the system has at the moment. */
class ServerList {
  private readonly clock: Clock;
  private readonly isGiven: boolean;
  private list: readonly Endpoint[];
  private until = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, given: readonly string[] | undefined) {
    this.clock = clock;
    this.isGiven = given !== undefined;
    this.list = (given ?? []).map(parseServer);
  }

  current(): readonly Endpoint[] {
    const now = this.clock.now();
    if (this.isGiven || now < this.until) return this.list;
    this.until = now + LIST_MS;
    // a new one reads the system's settings anew; the default one knows those of the start
    this.list = new Resolver().getServers().map(parseServer);
    return this.list;
  }
}

/** Reads `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`. */
function parseServer(text: string): Endpoint {
  const { host, port } = splitServer(text);
  const isPort = /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536;
  if (familyOf(host) !== undefined && isPort) return { address: host, port: Number(port) };
  throw new StrowgerError('BAD_NAME_SERVER', `${text} is no address of a name server`, {
    recovery: { kind: 'fixConfiguration', key: 'servers' },
  });
}

function splitServer(text: string): { host: string; port: string } {
  if (familyOf(text) !== undefined) return { host: text, port: '53' };
  const at = text.lastIndexOf(':');
  if (at < 0 || text.endsWith(']')) return { host: text.replace(/^\[|\]$/g, ''), port: '53' };
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: text.slice(at + 1) };
}
