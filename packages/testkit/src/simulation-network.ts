import { type Clock, type Logger, type Random, seededRandom } from '@strowger/runtime';
import type { Refusal } from '@strowger/sip-message';
import { type HostOptions, SimulatedHost } from './simulation-host.ts';
import type { Ladder } from './simulation-ladder.ts';

/** How a link treats what crosses it, in either direction. */
export interface LinkSettings {
  /** How long a packet takes, in whole milliseconds. */
  readonly latencyMs: number;
  /** Up to this much more, by chance: packets may then overtake each other. */
  readonly jitterMs: number;
  /** Chance that a datagram is lost, 0 to 1. Streams lose nothing. */
  readonly loss: number;
  /** Chance that a datagram arrives twice, 0 to 1. */
  readonly duplicate: number;
  /** Chance that a datagram is held back for one to four latencies, 0 to 1. */
  readonly reorder: number;
}

/** A packet that its receiver could not read. */
export interface RefusedPacket {
  readonly to: string;
  readonly refusal: Refusal;
}

/** What a datagram is carried with. */
interface Datagram {
  readonly from: SimulatedHost;
  readonly to: SimulatedHost;
  readonly label: string;
  deliver(): void;
}

const MAX_REFUSED = 1000;

/** Hosts and the links between them. Made by `createSimulation`. */
export class SimulatedNetwork {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What arrived and could not be read, the first thousand. */
  readonly refused: RefusedPacket[] = [];
  private readonly seed: number;
  private readonly random: Random;
  private readonly ladder: Ladder;
  private readonly defaults: LinkSettings;
  private readonly links = new Map<string, LinkSettings>();
  private readonly cut = new Set<string>();
  private readonly hosts = new Map<string, SimulatedHost>();
  private readonly byAddress = new Map<string, SimulatedHost>();
  private readonly names = new Map<string, readonly string[]>();
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
    this.defaults = options.link;
    this.random = seededRandom(options.seed);
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
    const random = seededRandom(this.seed ^ hash(name));
    const host = new SimulatedHost(this, { ...options, name, address, random });
    this.hosts.set(name, host);
    this.byAddress.set(address, host);
    this.name(name, name);
    return host;
  }

  /** Lets a name resolve to the addresses of these hosts, best first. */
  name(name: string, ...hosts: string[]): void {
    this.names.set(name.toLowerCase(), hosts);
  }

  /** Overrides the settings of the link between two hosts. */
  link(a: string, b: string, settings: Partial<LinkSettings>): void {
    this.links.set(pair(a, b), { ...this.linkBetween(a, b), ...settings });
  }

  /** Cuts the link between two hosts, or a host off from everybody, until `heal`. */
  partition(a: string, b = '*'): void {
    this.cut.add(pair(a, b));
  }

  /** Undoes `partition` with the same names. */
  heal(a: string, b = '*'): void {
    this.cut.delete(pair(a, b));
  }

  /** @internal The addresses behind a name or an address; empty when there is none. */
  resolve(host: string): string[] {
    if (this.byAddress.has(host)) return [host];
    const names = this.names.get(host.toLowerCase()) ?? [];
    return names.flatMap((name) => this.hosts.get(name)?.address ?? []);
  }

  /** @internal */
  hostAt(address: string): SimulatedHost | undefined {
    return this.byAddress.get(address);
  }

  /** @internal */
  isCut(a: string, b: string): boolean {
    const { cut } = this;
    if (cut.size === 0) return false;
    return cut.has(pair(a, b)) || cut.has(pair(a, '*')) || cut.has(pair(b, '*'));
  }

  /** @internal */
  linkBetween(a: string, b: string): LinkSettings {
    return this.links.get(pair(a, b)) ?? this.defaults;
  }

  /** @internal Carries a datagram, or loses it. */
  carryDatagram({ from, to, label, deliver }: Datagram): void {
    const link = this.linkBetween(from.name, to.name);
    const lost = this.isCut(from.name, to.name) || this.chance(link.loss);
    const twice = !lost && this.chance(link.duplicate);
    this.note(from, to, label, lost ? 'lost' : twice ? 'twice' : 'sent');
    if (lost) return;
    this.fly(this.delay(link), deliver);
    if (twice) this.fly(this.delay(link), deliver);
  }

  /** @internal Carries a part of a stream; returns its delay. */
  carryStream({ from, to, label, deliver }: Datagram, notBefore: number): number {
    const { latencyMs } = this.linkBetween(from.name, to.name);
    const at = Math.max(this.clock.now() + latencyMs, notBefore);
    this.note(from, to, label, 'sent');
    this.fly(at - this.clock.now(), deliver);
    return at;
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

  private note(
    from: SimulatedHost,
    to: SimulatedHost,
    label: string,
    fate: 'sent' | 'lost' | 'twice',
  ): void {
    if (!this.ladder.isOn || label === '') return;
    this.ladder.add({ at: this.clock.now(), from: from.name, to: to.name, label, fate });
  }

  private delay({ latencyMs, jitterMs, reorder }: LinkSettings): number {
    const jitter = jitterMs > 0 ? Math.floor(this.random.float() * (jitterMs + 1)) : 0;
    const held = this.chance(reorder) ? Math.ceil(latencyMs * (1 + 3 * this.random.float())) : 0;
    return latencyMs + jitter + held;
  }

  private chance(probability: number): boolean {
    return probability > 0 && this.random.float() < probability;
  }
}

function pair(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return value >>> 0;
}
