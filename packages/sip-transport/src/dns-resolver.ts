import { type LookupAddress, promises as dns } from 'node:dns';

/** The answer to one question; no records where the name or the type does not exist. */
export interface DnsAnswer<T> {
  readonly records: readonly T[];
  /** How long the answer may be kept; absent where it is not known. */
  readonly ttlMs?: number;
}

/** A NAPTR record (RFC 3403 §4.1, RFC 3263 §4.1). */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

/** An SRV record (RFC 2782). */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** What RFC 3263 asks of DNS. Each rejects when no answer could be had, and only then. */
export interface DnsResolver {
  naptr(name: string): Promise<DnsAnswer<NaptrRecord>>;
  srv(name: string): Promise<DnsAnswer<SrvRecord>>;
  a(name: string): Promise<DnsAnswer<string>>;
  aaaa(name: string): Promise<DnsAnswer<string>>;
}

/**
 * The system's name servers. Names that only the hosts file knows are found for A and AAAA. Times
 * to live are known for addresses alone: Node tells none for NAPTR and SRV.
 *
 * @param servers name servers to ask instead, as `192.0.2.53`, `[2001:db8::53]:5353`; the hosts
 * file is not looked into then.
 */
export function systemResolver({ servers }: { servers?: readonly string[] } = {}): DnsResolver {
  const resolver = new dns.Resolver({ timeout: 2000, tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  const listed = servers === undefined ? hostsFile : async () => [];
  return {
    naptr: (name) => ask(() => resolver.resolveNaptr(name)),
    srv: (name) =>
      ask(async () => {
        const records = await resolver.resolveSrv(name);
        return records.map(({ name: target, ...record }) => ({ ...record, target }));
      }),
    a: (name) =>
      addresses(
        () => resolver.resolve4(name, { ttl: true }),
        () => listed(name, 4),
      ),
    aaaa: (name) =>
      addresses(
        () => resolver.resolve6(name, { ttl: true }),
        () => listed(name, 6),
      ),
  };
}

async function ask<T>(question: () => Promise<T[]>): Promise<DnsAnswer<T>> {
  try {
    return { records: await question() };
  } catch (error) {
    if (isNothing(error)) return { records: [] };
    throw error;
  }
}

async function addresses(
  question: () => Promise<{ address: string; ttl: number }[]>,
  instead: () => Promise<LookupAddress[]>,
): Promise<DnsAnswer<string>> {
  try {
    const found = await question();
    const ttlMs = 1000 * Math.min(...found.map((record) => record.ttl));
    return { records: found.map((record) => record.address), ttlMs };
  } catch (error) {
    const listed = await instead();
    if (listed.length === 0 && !isNothing(error)) throw error;
    return { records: listed.map((entry) => entry.address) };
  }
}

function hostsFile(name: string, family: 4 | 6): Promise<LookupAddress[]> {
  return dns.lookup(name, { family, all: true }).catch(() => []);
}

function isNothing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // EBADNAME: what is no name has no records
  return code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME';
}
