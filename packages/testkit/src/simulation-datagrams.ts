import type { DatagramIo, DatagramOptions, DatagramSocket, Endpoint } from '@strowger/runtime';
import type { SimulatedHost } from './simulation-host.ts';
import type { SimulatedNetwork } from './simulation-network.ts';

const FIRST_EPHEMERAL_PORT = 32_768;

/** The datagram sockets of one host, over the same links as its messages; not in the ladder. */
export class SimulatedDatagrams implements DatagramIo {
  private readonly network: SimulatedNetwork;
  private readonly host: SimulatedHost;
  private readonly bound = new Map<number, DatagramOptions>();

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
    this.bound.set(port, options);
    const local: Endpoint = { address: this.host.address, port };
    return Promise.resolve({
      local,
      send: (packet, to) => {
        if (this.bound.get(port) === options) this.send(packet, local, to);
      },
      close: () => {
        if (this.bound.get(port) === options) this.bound.delete(port);
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
    this.bound.get(port)?.onPacket(packet, from);
  }

  private freePort(): number {
    let port = FIRST_EPHEMERAL_PORT;
    while (this.bound.has(port)) port++;
    return port;
  }
}
