import type { DnsAnswer, DnsResolver, NaptrRecord, SrvRecord } from '../src/index.ts';

/** One zone's records, by name. */
export interface Zone {
  naptr?: Record<string, NaptrRecord[]>;
  srv?: Record<string, SrvRecord[]>;
  a?: Record<string, string[]>;
  aaaa?: Record<string, string[]>;
  /** Questions, as `type name`, to which no server answers. */
  broken?: string[];
  ttlMs?: number;
}

/** Name servers that answer from a zone, and note what they were asked. */
export class FakeDns implements DnsResolver {
  readonly asked: string[] = [];
  zone: Zone;

  constructor(zone: Zone = {}) {
    this.zone = zone;
  }

  naptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    return this.answer('naptr', name, this.zone.naptr);
  }

  srv(name: string): Promise<DnsAnswer<SrvRecord>> {
    return this.answer('srv', name, this.zone.srv);
  }

  a(name: string): Promise<DnsAnswer<string>> {
    return this.answer('a', name, this.zone.a);
  }

  aaaa(name: string): Promise<DnsAnswer<string>> {
    return this.answer('aaaa', name, this.zone.aaaa);
  }

  private async answer<T>(
    type: string,
    name: string,
    records: Record<string, T[]> = {},
  ): Promise<DnsAnswer<T>> {
    const question = `${type} ${name}`;
    this.asked.push(question);
    if (this.zone.broken?.includes(question) === true) throw new Error('SERVFAIL');
    const { ttlMs } = this.zone;
    return { records: records[name] ?? [], ...(ttlMs === undefined ? {} : { ttlMs }) };
  }
}

/** A NAPTR record as RFC 3263 §4.1 has it. */
export function naptr(order: number, preference: number, service: string, to: string): NaptrRecord {
  return { order, preference, flags: 's', service, replacement: to };
}

/** An SRV record. */
export function srv(priority: number, weight: number, port: number, target: string): SrvRecord {
  return { priority, weight, port, target };
}
