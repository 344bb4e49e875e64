import type { Random } from '@strowger/runtime';
import type { DnsResolver } from './dns-resolver.ts';
import type { TransportName } from './hop.ts';
import { orderSrv } from './srv-order.ts';

/** A name and port that addresses have to be found for. */
export interface Target {
  /** The name that the URI has, which certificates are checked for (RFC 5922 §4). */
  readonly domain: string;
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
}

/** What looking up services needs. */
export interface ServiceLookupOptions {
  readonly random: Random;
  /** Servers found at most. */
  readonly maxHops: number;
  /** What could be found out; rejects only when every question failed. */
  answered<T>(questions: readonly Promise<T>[], isUseful?: (value: T) => boolean): Promise<T[]>;
}

/** RFC 3263 §4.1, RFC 7118 §10.4. */
const NAPTR_SERVICES: Readonly<Record<string, TransportName>> = {
  'SIP+D2U': 'udp',
  'SIP+D2T': 'tcp',
  'SIPS+D2T': 'tls',
  'SIP+D2W': 'ws',
  'SIPS+D2W': 'wss',
};

/** The services that DNS knows servers of (RFC 3263 §4.1); a WebSocket's are found by address. */
const SRV_SERVICES: Partial<Readonly<Record<TransportName, string>>> = {
  udp: '_sip._udp',
  tcp: '_sip._tcp',
  tls: '_sips._tcp',
};

/** Asks NAPTR and SRV for the servers of a domain (RFC 3263 §4.1, §4.2). */
export class ServiceLookup {
  private readonly options: ServiceLookupOptions;

  constructor(options: ServiceLookupOptions) {
    this.options = options;
  }

  /** RFC 3263 §4.1: NAPTR says which transports, SRV where; without NAPTR all SRVs are asked. */
  async byNaptr(
    host: string,
    usable: readonly TransportName[],
    resolver: DnsResolver,
  ): Promise<readonly Target[] | undefined> {
    // servers that know no NAPTR answer it with a failure: as good as none
    const { records } = await resolver.naptr(host).catch(() => ({ records: [] }));
    const questions = records
      .filter(({ flags, replacement }) => flags.toLowerCase() === 's' && isName(replacement))
      .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
      .map(
        ({ replacement, service }) => [replacement, NAPTR_SERVICES[service.toUpperCase()]] as const,
      )
      .filter(([, transport]) => transport !== undefined && usable.includes(transport));
    if (questions.length === 0) {
      for (const transport of usable) {
        const service = SRV_SERVICES[transport];
        if (service !== undefined) questions.push([`${service}.${host}`, transport]);
      }
    }
    const answers = await this.options.answered(
      questions
        .slice(0, this.options.maxHops)
        .map(([name, transport]) =>
          this.srv(name, { transport: transport ?? 'udp', domain: host }, resolver),
        ),
      (found) => found !== undefined,
    );
    const known = answers.filter((answer) => answer !== undefined);
    return known.length === 0 ? undefined : known.flat().slice(0, this.options.maxHops);
  }

  /** The servers of one transport; `undefined` where DNS knows none (RFC 3263 §4.2). */
  async bySrv(
    host: string,
    transport: TransportName,
    resolver: DnsResolver,
  ): Promise<readonly Target[] | undefined> {
    const service = SRV_SERVICES[transport];
    if (service === undefined) return undefined;
    return this.srv(`${service}.${host}`, { transport, domain: host }, resolver);
  }

  /** `undefined` where there is no record; none where the service is decidedly not offered. */
  private async srv(
    name: string,
    common: Pick<Target, 'transport' | 'domain'>,
    resolver: DnsResolver,
  ): Promise<readonly Target[] | undefined> {
    const { records } = await resolver.srv(name);
    if (records.length === 0) return undefined;
    const offered = records.filter(({ target, port }) => isName(target) && port > 0);
    return orderSrv(offered, () => this.options.random.float(), this.options.maxHops).map(
      ({ target, port }) => ({
        ...common,
        host: target.replace(/\.$/, ''),
        port,
      }),
    );
  }
}

/** Whether a record leads anywhere: `.` says that there is nothing (RFC 2782). */
function isName(target: string): boolean {
  return target !== '.' && target !== '';
}
