import { type Clock, type Endpoint, type Logger, seededRandom } from '@strowger/runtime';
import type { Refusal, SipMessage } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import { hashText } from './simulation-chance.ts';
import { SimulatedDns } from './simulation-dns.ts';
import { type HostOptions, SimulatedHost } from './simulation-host.ts';
import type { Ladder } from './simulation-ladder.ts';
import { Links, type LinkSettings } from './simulation-links.ts';
import { type NatOptions, SimulatedNat } from './simulation-nat.ts';
import { Trace } from './simulation-trace.ts';

/** A packet that its receiver could not read. */
export interface RefusedPacket {
  readonly to: string;
  readonly refusal: Refusal;
}

/** A message as a host sent it or took it from the wire. Not to be changed. */
export interface WireEvent {
  readonly type: 'sent' | 'arrived';
  readonly at: number;
  readonly host: string;
  readonly message: SipMessage;
  /** Where it goes, or came from. */
  readonly hop: Hop;
  readonly bytes: Uint8Array;
}

/** A datagram on its way. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: SimulatedHost;
  /** Its own end, before any NAT. */
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** What the ladder calls it; nothing for what is not written there. */
  readonly label: string;
  deliver(to: SimulatedHost, source: Endpoint, port: number): void;
}

const MAX_REFUSED = 1000;

/** Hosts and the links between them. Made by `createSimulation`. */
export class SimulatedNetwork {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What arrived and could not be read, the first thousand. */
  readonly refused: RefusedPacket[] = [];
  /** The name server of all hosts. */
  readonly dns: SimulatedDns;
  /** @internal */
  readonly links: Links;
  /** @internal */
  readonly trace = new Trace();
  private readonly seed: number;
  private readonly ladder: Ladder;
  private readonly hosts = new Map<string, SimulatedHost>();
  private readonly byAddress = new Map<string, SimulatedHost>();
  private readonly names = new Map<string, readonly string[]>();
  private readonly nats: SimulatedNat[] = [];
  private readonly taps: ((event: WireEvent) => void)[] = [];
  private flying = 0;

  /** @internal */
  constructor(options: {
    seed: number;
    clock: Clock;
    ladder: Ladder;
    logger: Logger;
    link: LinkSettings;
  }) {
    this.seed = options.seed;
    this.clock = options.clock;
    this.ladder = options.ladder;
    this.logger = options.logger;
    this.links = new Links(options.seed, options.link);
    this.dns = new SimulatedDns(options.clock);
  }

  /** How many packets are on their way. */
  get underWay(): number {
    return this.flying;
  }

  /**
   * Adds a host. Its name resolves to its address, which is the next of 10.0.0.1, 10.0.0.2 … unless
   * it is given.
   */
  host(name: string, options: HostOptions = {}): SimulatedHost {
    const number = this.hosts.size + 1;
    const address = options.address ?? `10.0.${number >> 8}.${number & 255}`;
    const random = seededRandom(this.seed ^ hashText(name));
    const host = new SimulatedHost(this, { ...options, name, address, random });
    this.hosts.set(name, host);
    this.byAddress.set(address, host);
    this.name(name, name);
    return host;
  }

  /** @internal */
  move(host: SimulatedHost, address: string): void {
    if (this.byAddress.has(address)) throw new Error(`${address} is taken`);
    this.byAddress.delete(host.address);
    this.byAddress.set(address, host);
  }

  /** The host of this name. Throws for a name that was never given to one. */
  hostOf(name: string): SimulatedHost {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`no host is called ${name}`);
    return host;
  }

  /** Lets a name resolve at once to the addresses of these hosts, best first. */
  name(name: string, ...hosts: string[]): void {
    this.names.set(name.toLowerCase(), hosts);
  }

  /** Overrides the settings of the link between two hosts. */
  link(a: string, b: string, settings: Partial<LinkSettings>): void {
    this.links.set(a, b, settings);
  }

  /** Cuts the link between two hosts, or a host off from everybody, until `heal`. */
  partition(a: string, b = '*'): void {
    this.links.partition(a, b);
  }

  /** Undoes `partition` with the same names. */
  heal(a: string, b = '*'): void {
    this.links.heal(a, b);
  }

  /** Puts hosts behind a NAT: others see its address and a mapped port. */
  nat(options: NatOptions): SimulatedNat {
    const nat = new SimulatedNat(options, () => {
      for (const name of options.inside) this.hosts.get(name)?.dropConnections();
    });
    this.nats.push(nat);
    return nat;
  }

  /** Breaks the streams between two hosts after so many more bytes of the first one's. */
  cutStream(from: string, to: string, afterBytes = 0): void {
    this.hosts.get(from)?.ownStreams.cutAfter(to, afterBytes);
  }

  /** Told of every message that is sent and that arrives. */
  tap(watch: (event: WireEvent) => void): void {
    this.taps.push(watch);
  }

  /** @internal */
  tell(
    type: WireEvent['type'],
    host: string,
    parts: Pick<WireEvent, 'message' | 'hop' | 'bytes'>,
  ): void {
    if (this.taps.length === 0) return;
    const event: WireEvent = { type, at: this.clock.now(), host, ...parts };
    for (const tap of this.taps) tap(event);
  }

  /** @internal The addresses behind a name or an address; empty when there is none. */
  resolve(host: string): string[] {
    if (this.byAddress.has(host) || this.nats.some(({ address }) => address === host)) {
      return [host];
    }
    const names = this.names.get(host.toLowerCase()) ?? [];
    return names.flatMap((name) => this.hosts.get(name)?.address ?? []);
  }

  /** @internal The host that somebody reaches at this address; none behind another's NAT. */
  reach(from: SimulatedHost, address: string): SimulatedHost | undefined {
    const host = this.byAddress.get(address);
    const nat = host === undefined ? undefined : this.natOf(host.name);
    return nat === undefined || nat === this.natOf(from.name) ? host : undefined;
  }

  /** @internal */
  natOf(host: string): SimulatedNat | undefined {
    return this.nats.length === 0 ? undefined : this.nats.find((nat) => nat.hides(host));
  }

  /** @internal */
  isCut(a: string, b: string): boolean {
    return this.links.isCut(a, b);
  }

  /** @internal */
  linkBetween(a: string, b: string): LinkSettings {
    return this.links.between(a, b);
  }

  /** @internal Carries a datagram, or loses it. */
  carryDatagram(datagram: Datagram): void {
    const { bytes, from, label, destination } = datagram;
    const nat = this.nats.find(({ address }) => address === destination.address);
    const mapping = nat?.inward(destination.port);
    const to =
      mapping === undefined ? this.reach(from, destination.address) : this.hosts.get(mapping.host);
    if (to === undefined) return;
    const source = this.sourceOf(datagram, to);
    const port = mapping?.inside.port ?? destination.port;
    const fate = this.links.datagram(from.name, to.name);
    const lost = fate.lost || this.isCut(from.name, to.name);
    const twice = fate.delaysMs.length > 1;
    this.note(from.name, to.name, label, lost ? 'lost' : twice ? 'twice' : 'sent');
    this.trace.add(this.clock.now(), `${from.name}${lost ? 'x' : '>'}${to.name}`, bytes);
    if (lost) return;
    for (const delay of fate.delaysMs) this.fly(delay, () => datagram.deliver(to, source, port));
  }

  /** @internal */
  fly(delayMs: number, arrive: () => void): void {
    this.flying++;
    this.clock.arm(delayMs, () => {
      this.flying--;
      arrive();
    });
  }

  /** @internal */
  refuse(to: string, refusal: Refusal): void {
    if (this.refused.length < MAX_REFUSED) this.refused.push({ to, refusal });
  }

  /** @internal Whether the ladder is written. */
  get isRecording(): boolean {
    return this.ladder.isOn;
  }

  /** @internal Writes an arrow into the ladder. */
  note(from: string, to: string, label: string, fate: 'sent' | 'lost' | 'twice'): void {
    if (!this.ladder.isOn || label === '') return;
    this.ladder.add({ at: this.clock.now(), from, to, label, fate });
  }

  private sourceOf({ from, source }: Datagram, to: SimulatedHost): Endpoint {
    const nat = this.natOf(from.name);
    if (nat === undefined || nat.hides(to.name)) return source;
    return nat.outward(from.name, source);
  }
}
