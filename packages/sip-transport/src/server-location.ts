import type { Uri } from '@strowger/sip-message';
import { type Clock, type Random, StrowgerError } from '@strowger/runtime';
import type { DnsResolver } from './dns-resolver.ts';
import { defaultPort, type Hop, isSecure, type TransportName, transportNames } from './hop.ts';
import {
  canonicalAddress,
  type Family,
  familyOf,
  isInvalid,
  isLocalhost,
  isUnicast,
  localhostAddress,
} from './ip-address.ts';
import { answered } from './answered.ts';
import { LookupBudget } from './lookup-budget.ts';
import { type Wish, wishOf } from './location-wish.ts';
import { ServiceLookup, type Target } from './service-lookup.ts';

/** What a layer can reach, and what it asks. */
export interface ServerLocationOptions {
  resolver: DnsResolver;
  clock: Clock;
  random: Random;
  /** The families in which a transport is carried, the preferred one first. */
  families(transport: TransportName): readonly Family[];
  /** Hops found at most. */
  maxHops: number;
  /** Questions asked at most for one target. */
  maxQuestions: number;
  /** How long the last answers are waited for once another is there. */
  graceMs: number;
}

/** Locates the servers of a SIP URI (RFC 3263 §4), within what this end can reach. */
export class ServerLocation {
  private readonly options: ServerLocationOptions;
  /** Which target a hop is an address of. */
  private readonly targets = new WeakMap<Hop, Target>();
  private readonly services: ServiceLookup;

  constructor(options: ServerLocationOptions) {
    this.options = options;
    const { random, maxHops } = options;
    this.services = new ServiceLookup({
      random,
      maxHops,
      answered: (questions, isUseful) => this.answered(questions, isUseful),
    });
  }

  /**
   * The hops to the URI, best first: at once for a numeric host or `localhost`. Rejects with
   * `NO_ROUTE` when there is none; `sips` has none but secure ones.
   */
  locate(target: Uri): readonly Hop[] | Promise<readonly Hop[]> {
    const wish = wishOf(target);
    if (wish === undefined || this.usable(wish).length === 0) {
      return Promise.reject(noRoute(target, 'no transport that is carried can be used for it'));
    }
    const near = this.withoutDns(this.direct(wish));
    if (near === undefined) {
      return this.search(wish).then(
        (hops) => this.some(hops, target),
        (cause: unknown) => {
          throw noRoute(target, 'DNS gave no answer', cause);
        },
      );
    }
    return near.every(({ address }) => isUnicast(address)) && near.length > 0
      ? near
      : this.some(near, target);
  }

  /** Whether both are addresses of the same name: another of a target, and not another target. */
  isSameTarget(one: Hop, other: Hop): boolean {
    if (one === other) return true;
    if (one.transport !== other.transport || one.port !== other.port) return false;
    // the size rule gives hops of its own, whose host is their target's
    const nameOf = (it: Hop): string | undefined => this.targets.get(it)?.host ?? it.host;
    return nameOf(one) !== undefined && nameOf(one) === nameOf(other);
  }

  private async search(wish: Wish): Promise<readonly Hop[]> {
    const { maxQuestions } = this.options;
    const resolver = new LookupBudget(this.options.resolver, maxQuestions);
    if (wish.port !== undefined) return this.addresses(this.direct(wish), resolver);
    const targets =
      wish.transport === undefined
        ? await this.services.byNaptr(wish.host, this.usable(wish), resolver)
        : await this.services.bySrv(wish.host, wish.transport, resolver);
    if (targets === undefined) return this.addresses(this.direct(wish), resolver);
    const found = await this.answered(targets.map((one) => this.addresses(one, resolver)));
    return found.flat();
  }

  private async addresses(target: Target, resolver: DnsResolver): Promise<readonly Hop[]> {
    const near = this.withoutDns(target);
    if (near !== undefined) return near;
    const families = this.options.families(target.transport);
    const answers = await this.answered(
      families.map((family) =>
        family === 4 ? resolver.a(target.host) : resolver.aaaa(target.host),
      ),
      ({ records }) => records.length > 0,
    );
    return alternately(answers.map(({ records }) => records)).map((address) => {
      const found = hop(target, canonicalAddress(address));
      this.targets.set(found, target);
      return found;
    });
  }

  /** The hops to a host that no DNS is needed for; `undefined` for any other name. */
  private withoutDns(target: Target): readonly Hop[] | undefined {
    const families = this.options.families(target.transport);
    if (isLocalhost(target.host)) {
      return families.map((family) => hop(target, localhostAddress(family)));
    }
    if (isInvalid(target.host)) return [];
    const family = familyOf(target.host);
    if (family === undefined) return undefined;
    if (!families.includes(family)) return [];
    return [hop(target, canonicalAddress(target.host))];
  }

  private async some(hops: readonly Hop[], target: Uri): Promise<readonly Hop[]> {
    const usable = hops.filter(({ address }) => isUnicast(address));
    if (usable.length === 0) throw noRoute(target, 'it has no address that is within reach');
    return usable.slice(0, this.options.maxHops);
  }

  /**
   * What could be found out, in the order of the questions; rejects only when every one failed. A
   * server that leaves one question without an answer does not hold up the useful others for long.
   */
  private answered<T>(
    questions: readonly Promise<T>[],
    isUseful: (value: T) => boolean = () => true,
  ): Promise<T[]> {
    const { clock, graceMs } = this.options;
    return answered(questions, {
      isUseful,
      wait: (over) => {
        const timer = clock.arm(graceMs, over);
        return () => timer.cancel();
      },
    });
  }

  /** The host itself, over the transport asked for, else the usual one (RFC 3263 §4.1). */
  private direct(wish: Wish): Target {
    const { host, port } = wish;
    const transport = wish.transport ?? this.usable(wish)[0] ?? 'udp';
    return { transport, domain: host, host, port: port ?? defaultPort(transport) };
  }

  /** What this end carries of what the URI allows, the preferred one first. */
  private usable(wish: Wish): readonly TransportName[] {
    return transportNames.filter(
      (name) =>
        this.options.families(name).length > 0 &&
        (wish.transport === undefined || wish.transport === name) &&
        (!wish.isSecure || isSecure(name)),
    );
  }
}

/** The first of each list, then the second of each (RFC 8305 §4): one family is not tried alone. */
function alternately<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) =>
    lists.flatMap((list) => list.slice(index, index + 1)),
  ).flat();
}

/** A numeric host of a plain transport needs no name; else the name that is to be proven. */
function hop({ transport, port, host, domain }: Target, address: string): Hop {
  const isPlain = transport === 'udp' || transport === 'tcp';
  const name = isPlain ? host : domain;
  return familyOf(name) === undefined
    ? { transport, address, port, host: name }
    : { transport, address, port };
}

function noRoute(target: Uri, why: string, cause?: unknown): StrowgerError {
  return new StrowgerError('NO_ROUTE', `no route to ${target.toString()}: ${why}`, {
    cause,
    ...(cause === undefined ? {} : { recovery: { kind: 'retry', afterMs: 5000 } }),
  });
}
