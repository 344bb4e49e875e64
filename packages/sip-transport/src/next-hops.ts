import { type Runtime, StrowgerError } from '@strowger/runtime';
import type { Uri } from '@strowger/sip-message';
import { raceConnections, type Racer } from './connection-race.ts';
import { DnsCache } from './dns-cache.ts';
import type { DnsResolver } from './dns-resolver.ts';
import type { Hop } from './hop.ts';
import { familyOf } from './ip-address.ts';
import type { LocalPoints } from './local-points.ts';
import { NameServers } from './name-servers.ts';
import { RefusedPeers } from './refused-peers.ts';
import { ServerLocation } from './server-location.ts';
import { preferTcp } from './size-rule.ts';
import { TargetHealth, type TargetHealthOptions, type TargetOutcome } from './target-health.ts';

/** What finding the next hop needs. */
export interface NextHopsOptions extends TargetHealthOptions {
  readonly runtime: Runtime;
  readonly points: LocalPoints;
  /** Default: the system's name servers. */
  readonly resolver: DnsResolver | undefined;
  /** Whether a connection is open that the hop would use. */
  isConnected(hop: Hop): boolean;
  /** Starts to connect; `ended` is called once. */
  connect(hop: Hop, ended: (reached: boolean) => void): Racer;
}

/** The hops to a URI: located by RFC 3263, ordered by the size rule of RFC 3261 §18.1.1. */
export class NextHops {
  private readonly options: NextHopsOptions;
  private readonly dns: DnsCache;
  private readonly location: ServerLocation;
  private readonly refused: RefusedPeers;
  private readonly health: TargetHealth;
  private readonly ours: NameServers | undefined;
  private readonly races = new Map<string, Promise<Hop | undefined>>();

  constructor(options: NextHopsOptions) {
    const { clock, random, limits, points, runtime } = options;
    this.options = options;
    let { resolver } = options;
    if (resolver === undefined) {
      this.ours = new NameServers({ runtime });
      resolver = this.ours;
    }
    this.dns = new DnsCache(clock, resolver, limits);
    this.refused = new RefusedPeers(clock, limits.tcpRefusedMs, limits.tcpRefusedPeers);
    this.health = new TargetHealth(options);
    this.location = new ServerLocation({
      resolver: this.dns,
      clock,
      random,
      families: (transport) => points.families(transport),
      maxHops: limits.hops,
      maxQuestions: limits.dnsQuestions,
      graceMs: limits.dnsGraceMs,
    });
  }

  /** Rejects with `NO_ROUTE`. */
  locate(target: Uri, sizeBytes: number): readonly Hop[] | Promise<readonly Hop[]> {
    const located = this.location.locate(target);
    if (!(located instanceof Promise)) return this.inOrder(located, sizeBytes);
    return this.inTime(located).then((hops) => this.raced(this.inOrder(hops, sizeBytes)));
  }

  /** How a request to a hop came out. */
  report(hop: Hop, outcome: TargetOutcome, retryAfterMs?: number): void {
    this.health.report(hop, outcome, retryAfterMs);
  }

  /** A peer took, or did not take, a connection. */
  reached(hop: Hop, reached: boolean): void {
    this.health.report(hop, reached ? 'ok' : 'failed');
    if (hop.transport !== 'tcp') return;
    if (reached) this.refused.remove(hop);
    else this.refused.add(hop);
  }

  /** What is remembered. */
  counts(): { dnsEntries: number; tcpRefusedPeers: number; targets: number } {
    return {
      dnsEntries: this.dns.size,
      tcpRefusedPeers: this.refused.size,
      targets: this.health.size,
    };
  }

  /** Forgets everything; what is being looked up fails. */
  close(): void {
    this.ours?.close();
    this.dns.close();
    this.refused.clear();
    this.health.clear();
  }

  private inTime(located: Promise<readonly Hop[]>): Promise<readonly Hop[]> {
    const { clock, limits } = this.options;
    return new Promise((resolve, reject) => {
      const late = (): void =>
        reject(
          new StrowgerError('NO_ROUTE', 'DNS takes too long', {
            recovery: { kind: 'retry', afterMs: 5000 },
          }),
        );
      const timer = clock.arm(limits.dnsLookupMs, late);
      void located.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /**
   * Of several addresses of one target that a stream goes to, the one that takes a connection first
   * (RFC 8305): where both families are known and one leads nowhere, nobody waits for it.
   */
  private async raced(hops: readonly Hop[]): Promise<readonly Hop[]> {
    const [first] = hops;
    if (first === undefined || first.transport === 'udp') return hops;
    const rivals = hops
      .filter((hop) => this.location.isSameTarget(first, hop))
      .slice(0, this.options.limits.racers);
    if (rivals.length < 2) return hops;
    const connected = rivals.find((hop) => this.options.isConnected(hop));
    const winner = connected ?? (await this.race(rivals));
    const chosen = rivals.find((hop) => hop.address === winner?.address);
    return chosen === undefined ? hops : [chosen, ...hops.filter((hop) => hop !== chosen)];
  }

  /** One race for all who want the same at the same time. */
  private race(rivals: readonly Hop[]): Promise<Hop | undefined> {
    const { clock, limits, connect } = this.options;
    const key = rivals
      .map((hop) => `${hop.transport} ${hop.address} ${hop.port} ${hop.host}`)
      .join();
    const known = this.races.get(key);
    if (known !== undefined) return known;
    const race = raceConnections(rivals, { clock, startMs: limits.racerStartMs, connect });
    this.races.set(key, race);
    void race.finally(() => this.races.delete(key));
    return race;
  }

  private inOrder(hops: readonly Hop[], sizeBytes: number): readonly Hop[] {
    const isLong = sizeBytes > this.options.limits.datagramBytes;
    return this.health.order(isLong ? preferTcp(hops, (hop) => this.takesTcp(hop)) : hops);
  }

  private takesTcp(hop: Hop): boolean {
    const families = this.options.points.families('tcp');
    return families.some((family) => family === familyOf(hop.address)) && !this.refused.has(hop);
  }
}
