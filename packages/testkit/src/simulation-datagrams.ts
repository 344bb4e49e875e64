import {
  type DatagramIo,
  type DatagramOptions,
  type DatagramSocket,
  type Endpoint,
  RtpForwarding,
} from '@strowger/runtime';
import type { SimulatedHost } from './simulation-host.ts';
import type { SimulatedNetwork } from './simulation-network.ts';

const FIRST_EPHEMERAL_PORT = 32_768;

interface Bound {
  readonly options: DatagramOptions;
  forwarding?: RtpForwarding;
}

/** The datagram sockets of one host, over the same links as its messages; not in the ladder. */
export class SimulatedDatagrams implements DatagramIo {
  private readonly network: SimulatedNetwork;
  private readonly host: SimulatedHost;
  private readonly bound = new Map<number, Bound>();

  constructor(network: SimulatedNetwork, host: SimulatedHost) {
    this.network = network;
    this.host = host;
  }

  /** How many sockets are open. */
  get size(): number {
    return this.bound.size;
  }

  open(options: DatagramOptions): Promise<DatagramSocket> {
    const port = options.port === 0 ? this.freePort() : options.port;
    if (this.bound.has(port)) {
      return Promise.reject(
        Object.assign(new Error(`port ${port} is taken`), { code: 'EADDRINUSE' }),
      );
    }
    const bound: Bound = { options };
    this.bound.set(port, bound);
    const local: Endpoint = { address: this.host.address, port };
    return Promise.resolve({
      local,
      send: (packet, to) => {
        if (this.bound.get(port) === bound) this.send(packet, local, to);
      },
      forward: (rule) => {
        bound.forwarding?.end();
        bound.forwarding = new RtpForwarding(rule, () => this.network.clock.now());
        return bound.forwarding;
      },
      close: () => {
        if (this.bound.get(port) === bound) this.bound.delete(port);
        return Promise.resolve();
      },
    });
  }

  /** Closes every socket, as the end of a process does. */
  closeAll(): void {
    this.bound.clear();
  }

  private send(packet: Uint8Array, from: Endpoint, to: Endpoint): void {
    const bytes = packet.slice(); // the sender may use its buffer again at once
    this.network.carryDatagram({
      bytes,
      from: this.host,
      source: from,
      destination: to,
      label: '',
      deliver: (host, source, port) => host.sockets.arrive(bytes, source, port),
    });
  }

  private arrive(packet: Uint8Array, from: Endpoint, port: number): void {
    const bound = this.bound.get(port);
    if (bound?.forwarding?.sendsOn(packet, from) !== true) bound?.options.onPacket(packet, from);
  }

  private freePort(): number {
    let port = FIRST_EPHEMERAL_PORT;
    while (this.bound.has(port)) port++;
    return port;
  }
}
