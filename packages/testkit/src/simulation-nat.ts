import type { Endpoint } from '@strowger/runtime';

const FIRST_PORT = 20_000;

/** A NAT between some hosts and everybody else. */
export interface NatOptions {
  /** The names of the hosts behind it. */
  readonly inside: readonly string[];
  /** Its public address. */
  readonly address: string;
}

/** A mapping whose inside end is on the host of this name. */
interface Mapping {
  readonly host: string;
  readonly inside: Endpoint;
}

/**
 * A NAT with endpoint-independent mapping and filtering (RFC 4787 §4.1, §5): whoever knows the
 * mapped port reaches the host behind it, until `rebind` gives every mapping a new port.
 */
export class SimulatedNat {
  readonly address: string;
  private readonly names: ReadonlySet<string>;
  private readonly byInside = new Map<string, number>();
  private readonly byPort = new Map<number, Mapping>();
  private nextPort = FIRST_PORT;
  private readonly onRebind: () => void;

  /** @internal */
  constructor(options: NatOptions, onRebind: () => void) {
    this.address = options.address;
    this.names = new Set(options.inside);
    this.onRebind = onRebind;
  }

  /** How many ports are mapped. */
  get mappings(): number {
    return this.byPort.size;
  }

  /** Forgets every mapping, as a router does that starts anew: streams break, ports change. */
  rebind(): void {
    this.byInside.clear();
    this.byPort.clear();
    this.onRebind();
  }

  /** @internal */
  hides(host: string): boolean {
    return this.names.has(host);
  }

  /** @internal The public end of what this host sends. */
  outward(host: string, inside: Endpoint): Endpoint {
    const key = `${inside.address} ${inside.port}`;
    let port = this.byInside.get(key);
    if (port === undefined) {
      port = this.nextPort++;
      this.byInside.set(key, port);
      this.byPort.set(port, { host, inside });
    }
    return { address: this.address, port };
  }

  /** @internal Who is behind a port. */
  inward(port: number): Mapping | undefined {
    return this.byPort.get(port);
  }
}
