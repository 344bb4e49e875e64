import type { SipUri, Uri } from '@strowger/sip-message';
import { type Random, StrowgerError } from '@strowger/runtime';
import type { DnsResolver } from './dns-resolver.ts';
import type { Hop } from './hop.ts';
import { canonicalAddress, type Family, familyOf, isLocalhost } from './ip-address.ts';
import { localhostAddress } from './ip-address.ts';
import { orderSrv } from './srv-order.ts';

type Carried = 'udp' | 'tcp';

/** A name and port that addresses have to be found for. */
interface Target {
  readonly transport: Carried;
  readonly host: string;
  readonly port: number;
}

/** What a layer can reach, and what it asks. */
export interface ServerLocationOptions {
  resolver: DnsResolver;
  random: Random;
  /** The families in which a transport is carried, the preferred one first. */
  families(transport: Carried): readonly Family[];
  /** Hops found at most. */
  maxHops: number;
}

const NAPTR_SERVICES: Readonly<Record<string, Carried>> = { 'SIP+D2U': 'udp', 'SIP+D2T': 'tcp' };

/** Locates the servers of a SIP URI (RFC 3263 §4), within what this end can reach. */
export class ServerLocation {
  private readonly options: ServerLocationOptions;

  constructor(options: ServerLocationOptions) {
    this.options = options;
  }

  /**
   * The hops to the URI, best first: at once for a numeric host or `localhost`. Rejects with
   * `NO_ROUTE` when there is none; `sips` has none here, for it must not travel in the clear.
   */
  locate(target: Uri): readonly Hop[] | Promise<readonly Hop[]> {
    const sip = plainSip(target);
    const asked = sip === undefined ? undefined : askedTransport(sip);
    if (sip === undefined || asked === 'other') {
      return Promise.reject(noRoute(target, 'only sip: over udp and tcp is carried'));
    }
    // RFC 3263 §4: the target is maddr where the URI has one
    const host = (sip.params.get('maddr') || sip.host).replace(/^\[|\]$/g, '');
    const near = this.withoutDns({
      transport: asked ?? this.usualTransport(),
      host,
      port: sip.port ?? 5060,
    });
    if (near === undefined) {
      return this.search(host, sip.port, asked).then(
        (hops) => this.some(hops, target),
        (cause: unknown) => {
          throw noRoute(target, 'DNS gave no answer', cause);
        },
      );
    }
    return near.length > 0 ? near : this.some(near, target);
  }

  private async search(host: string, port?: number, asked?: Carried): Promise<readonly Hop[]> {
    if (port !== undefined) {
      return this.addresses({ transport: asked ?? this.usualTransport(), host, port });
    }
    const targets = asked === undefined ? await this.byNaptr(host) : await this.bySrv(host, asked);
    if (targets === undefined) {
      return this.addresses({ transport: asked ?? this.usualTransport(), host, port: 5060 });
    }
    const found = await answered(targets.map((one) => this.addresses(one)));
    return found.flat();
  }

  /** RFC 3263 §4.1: NAPTR says which transports, SRV where; without NAPTR all SRVs are asked. */
  private async byNaptr(host: string): Promise<readonly Target[] | undefined> {
    // servers that know no NAPTR answer it with a failure: as good as none
    const { records } = await this.options.resolver.naptr(host).catch(() => ({ records: [] }));
    const usable = records
      .filter((record) => record.flags.toLowerCase() === 's' && this.service(record.service))
      .sort((a, b) => a.order - b.order || a.preference - b.preference);
    const questions = usable.map((record): [string, Carried | undefined] => [
      record.replacement,
      this.service(record.service),
    ]);
    if (questions.length === 0) {
      for (const transport of this.carried()) questions.push([srvName(host, transport), transport]);
    }
    const answers = await answered(
      questions
        .slice(0, this.options.maxHops)
        .map(([name, transport]) => this.srv(name, transport ?? 'udp')),
    );
    const known = answers.filter((answer) => answer !== undefined);
    return known.length === 0 ? undefined : known.flat().slice(0, this.options.maxHops);
  }

  private bySrv(host: string, transport: Carried): Promise<readonly Target[] | undefined> {
    return this.srv(srvName(host, transport), transport);
  }

  /** `undefined` where there is no record; none where the service is decidedly not offered. */
  private async srv(name: string, transport: Carried): Promise<readonly Target[] | undefined> {
    const { records } = await this.options.resolver.srv(name);
    if (records.length === 0) return undefined;
    return orderSrv(records, () => this.options.random.float())
      .filter(({ target }) => target !== '.' && target !== '')
      .slice(0, this.options.maxHops)
      .map(({ target, port }) => ({ transport, host: target.replace(/\.$/, ''), port }));
  }

  private async addresses(target: Target): Promise<readonly Hop[]> {
    const near = this.withoutDns(target);
    if (near !== undefined) return near;
    const { resolver } = this.options;
    const answers = await answered(
      this.options
        .families(target.transport)
        .map((family) => (family === 4 ? resolver.a(target.host) : resolver.aaaa(target.host))),
    );
    return answers.flatMap(({ records }) =>
      records.map((address) => hop(target, canonicalAddress(address))),
    );
  }

  /** The hops to a host that no DNS is needed for; `undefined` for any other name. */
  private withoutDns(target: Target): readonly Hop[] | undefined {
    const families = this.options.families(target.transport);
    if (isLocalhost(target.host)) {
      return families.map((family) => hop(target, localhostAddress(family)));
    }
    const family = familyOf(target.host);
    if (family === undefined) return undefined;
    if (!families.includes(family)) return [];
    const { transport, port } = target;
    return [{ transport, address: canonicalAddress(target.host), port }];
  }

  private async some(hops: readonly Hop[], target: Uri): Promise<readonly Hop[]> {
    if (hops.length === 0) throw noRoute(target, 'it has no address that is within reach');
    return hops.slice(0, this.options.maxHops);
  }

  /** UDP (RFC 3263 §4.1), unless this end speaks TCP alone. */
  private usualTransport(): Carried {
    return this.carried()[0] ?? 'udp';
  }

  private carried(): readonly Carried[] {
    const both: readonly Carried[] = ['udp', 'tcp'];
    return both.filter((transport) => this.options.families(transport).length > 0);
  }

  private service(name: string): Carried | undefined {
    const transport = NAPTR_SERVICES[name.toUpperCase()];
    return transport !== undefined && this.carried().includes(transport) ? transport : undefined;
  }
}

/** What could be found out; rejects only when every question failed. */
async function answered<T>(questions: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(questions);
  const values = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = outcomes.find((one) => one.status === 'rejected');
  if (values.length === 0 && failed !== undefined) throw failed.reason;
  return values;
}

function plainSip(target: Uri): SipUri | undefined {
  return target.scheme === 'sip' && 'host' in target ? target : undefined;
}

function askedTransport(target: SipUri): Carried | 'other' | undefined {
  const asked = target.params.get('transport')?.toLowerCase();
  if (asked === undefined || asked === 'udp' || asked === 'tcp') return asked;
  return 'other';
}

function srvName(host: string, transport: Carried): string {
  return `_sip._${transport}.${host}`;
}

function hop({ transport, port, host }: Target, address: string): Hop {
  return { transport, address, port, host };
}

function noRoute(target: Uri, why: string, cause?: unknown): StrowgerError {
  return new StrowgerError('NO_ROUTE', `no route to ${target.toString()}: ${why}`, {
    cause,
    ...(cause === undefined ? {} : { recovery: { kind: 'retry', afterMs: 5000 } }),
  });
}
