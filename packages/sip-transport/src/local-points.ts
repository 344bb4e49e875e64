import type { Endpoint, Random } from '@strowger/runtime';
import type { Via } from '@strowger/sip-message';
import { BoundedTable } from './bounded-table.ts';
import { defaultPort, type Hop, isWebSocket, transportOf } from './hop.ts';
import { canonicalAddress, type Family, familyOf, isLoopback, isWildcard } from './ip-address.ts';
import type { Advertised, ListenPoint } from './listen-point.ts';
import type { LocalNetworks } from './local-networks.ts';
import type { LocalAddresses } from './local-address.ts';

/** A listen point, and where it is bound once it is. */
export class LocalPoint {
  readonly point: ListenPoint;
  readonly family: Family;
  readonly isLoopback: boolean;
  readonly isWildcard: boolean;
  /** Whether others can connect to it, or send to it. */
  readonly serves: boolean;
  private bound: Endpoint;
  private name: string;

  constructor(point: ListenPoint) {
    this.point = point;
    this.family = familyOf(point.address) ?? 4;
    this.isLoopback = isLoopback(point.address);
    this.isWildcard = isWildcard(point.address);
    this.serves = point.clientOnly !== true;
    this.bound = { address: point.address, port: point.port };
    this.name = '';
  }

  /** Before it is bound, the address and port that were asked for. */
  get local(): Endpoint {
    return this.bound;
  }

  /** Names the socket in hops: stable as long as its address and port are. */
  get flow(): string {
    return this.name;
  }

  bind({ address, port }: Endpoint): void {
    this.bound = { address, port };
    this.name = `${this.point.transport}-${address}-${port}`;
  }
}

/** A host, IPv6 without brackets, and a port. */
interface Endpointed {
  readonly host: string;
  readonly port: number;
}

/** What is known of where this end can be reached. */
export interface LocalPointsOptions {
  readonly points: readonly ListenPoint[];
  readonly advertised: Advertised | undefined;
  readonly addresses: LocalAddresses;
  /** Whose peers are told nothing that is advertised. */
  readonly networks: LocalNetworks | undefined;
  readonly random: Random;
}

/** Where this end can be reached, and which of its addresses serves which peer. */
export class LocalPoints {
  private readonly points: LocalPoint[];
  private readonly advertised: Advertised | undefined;
  private readonly addresses: LocalAddresses;
  private readonly nameless: string;
  private readonly networks: LocalNetworks | undefined;
  /** What was told to peers as our own; a Via that names anything else is not ours. */
  private readonly told = new BoundedTable<string, true>(1000);
  private latest: Endpointed = { host: '', port: -1 };

  constructor({ points, advertised, addresses, networks, random }: LocalPointsOptions) {
    this.points = points.map((point) => new LocalPoint(point));
    this.advertised = advertised;
    this.addresses = addresses;
    this.networks = networks;
    this.nameless = `${random.token(48)}.invalid`;
  }

  get all(): readonly LocalPoint[] {
    return this.points;
  }

  /** One more, which nothing leaves from before it is bound: see `remove`. */
  add(point: ListenPoint): LocalPoint {
    const added = new LocalPoint(point);
    this.points.push(added);
    return added;
  }

  remove(point: LocalPoint): void {
    const at = this.points.indexOf(point);
    if (at >= 0) this.points.splice(at, 1);
  }

  /** The families in which a transport is carried, in the order of the listen points. */
  families(transport: Hop['transport']): readonly Family[] {
    const families = this.all
      .filter(({ point }) => point.transport === transport)
      .map(({ family }) => family);
    return [...new Set(families)];
  }

  /**
   * The point to reach a peer from: the one that the hop is pinned to, else one that is on loopback
   * as the peer is or is not; `undefined` when the transport or family is not carried.
   */
  pick(hop: Hop): LocalPoint | undefined {
    const pinned = hop.flow === undefined ? undefined : this.pinned(hop);
    if (pinned !== undefined) return pinned;
    const family = familyOf(hop.address);
    const near = isLoopback(hop.address);
    let best: LocalPoint | undefined;
    let bestRank = 0;
    for (const one of this.all) {
      if (one.point.transport !== hop.transport || one.family !== family) continue;
      const rank = one.isLoopback === near ? 3 : one.isWildcard ? 2 : 1;
      if (rank > bestRank) [best, bestRank] = [one, rank];
    }
    return best;
  }

  private pinned({ flow, transport, address }: Hop): LocalPoint | undefined {
    const family = address.includes(':') ? 6 : 4;
    for (const one of this.all) {
      if (one.flow === flow && one.point.transport === transport && one.family === family) {
        return one;
      }
    }
    return undefined;
  }

  /** The addresses of this machine are others. */
  forgetAddresses(): void {
    this.addresses.forget();
  }

  /** The address of this machine that leads to a peer. */
  towards(peer: string): string {
    return this.addresses.towards(peer);
  }

  /** Whether messages can still leave from here: an address of this machine. */
  isHere(address: string): boolean {
    return isWildcard(address) || isLoopback(address) || this.addresses.has(address);
  }

  /** @param connected our address on the connection that the hop uses, where there is one. */
  sentBy(hop: Hop, connected: string | undefined): { host: string; port: number } {
    const chosen = this.pick(hop) ?? this.all.find(({ point }) => point.transport === 'udp');
    const local = chosen?.local ?? this.all[0]?.local ?? { address: '', port: 0 };
    const advertised = this.advertisedFor(chosen, hop);
    const bound = this.hostFor(chosen, hop, connected);
    // who cannot be connected to names no port of its own
    const port = chosen?.serves === false ? defaultPort(hop.transport) : local.port;
    const told = { host: advertised?.host ?? bound, port: advertised?.port ?? port };
    this.noteTold(told);
    return told;
  }

  /** The latest is the latest still when it is told once more. */
  private noteTold(told: Endpointed): void {
    const { latest } = this;
    if (latest.host === told.host && latest.port === told.port) return;
    this.latest = told;
    this.told.set(key(told.host, told.port), true);
  }

  /** Whether a Via names a host and port of ours (RFC 3261 §18.1.2). */
  isOurs(via: Via): boolean {
    const host = canonicalAddress(via.host);
    const port = via.port ?? defaultPort(transportOf(via.transport) ?? 'udp');
    const bound = this.all.some(({ local }) => local.address === host && local.port === port);
    return bound || this.told.get(key(host, port)) === true;
  }

  private hostFor(point: LocalPoint | undefined, hop: Hop, connected: string | undefined): string {
    // RFC 7118 §5.2: a client that nobody can connect to has a name that leads nowhere
    if (point?.serves === false && isWebSocket(hop.transport)) return this.nameless;
    const address = point?.local.address ?? '';
    if (point !== undefined && !point.isWildcard) return address;
    return ownAddress(connected) ?? this.addresses.towards(hop.address);
  }

  /** An advertised address serves its own family only; a name serves both. */
  private advertisedFor(chosen: LocalPoint | undefined, hop: Hop): Advertised | undefined {
    if (this.networks?.has(hop.address) === true) return undefined;
    const advertised = chosen?.point.advertised ?? this.advertised;
    const family = advertised === undefined ? undefined : familyOf(advertised.host);
    return family === undefined || family === familyOf(hop.address) ? advertised : undefined;
  }
}

/** None while a connection is not open yet. */
function ownAddress(connected: string | undefined): string | undefined {
  return connected === undefined || isWildcard(connected) ? undefined : connected;
}

function key(host: string, port: number): string {
  return `${canonicalAddress(host)} ${port}`;
}
