import { StrowgerError } from '@strowger/runtime';
import type { Hop, TransportName } from '@strowger/transaction-core';
import type { SimulatedHost } from './simulation-host.ts';
import type { SimulatedNetwork } from './simulation-network.ts';

/** One end of a connection between two hosts. */
interface StreamEnd {
  readonly flow: string;
  readonly peer: SimulatedHost;
  /** How the other end knows this connection. */
  readonly peerHop: Hop;
  /** Our side's name for the other end, as a hop. */
  readonly hop: Hop;
  open: boolean;
  lastArrival: number;
}

/** How to send a message, and what to call when it did not leave. */
interface Sending {
  readonly label: string;
  failed(error: StrowgerError): void;
}

/** How long a host that is cut off is tried before the connection counts as failed. */
const CONNECT_TIMEOUT_MS = 4000;
const FIRST_EPHEMERAL_PORT = 49_152;

/** The connections of one host: reliable, in order, reused by whoever goes to the same place. */
export class SimulatedStreams {
  private readonly network: SimulatedNetwork;
  private readonly host: SimulatedHost;
  private readonly byFlow = new Map<string, StreamEnd>();
  private readonly byTarget = new Map<string, StreamEnd>();
  private opened = 0;

  constructor(network: SimulatedNetwork, host: SimulatedHost) {
    this.network = network;
    this.host = host;
  }

  send(bytes: Uint8Array, hop: Hop, sending: Sending): void {
    const end = this.find(hop) ?? this.connect(hop, sending);
    if (end === undefined) return;
    if (this.network.isCut(this.host.name, end.peer.name)) {
      this.drop(end);
      return this.fail(CONNECT_TIMEOUT_MS, sending, `the connection to ${end.peer.name} broke`);
    }
    const deliver = (): void => {
      if (end.open) end.peer.arrive(bytes, end.peerHop);
    };
    end.lastArrival = this.network.carryStream(
      { from: this.host, to: end.peer, label: sending.label, deliver },
      end.lastArrival,
    );
  }

  dropAll(): void {
    for (const end of this.byFlow.values()) this.drop(end);
  }

  /** The end of a connection that somebody else opened to us. */
  accept(end: StreamEnd): void {
    this.byFlow.set(end.flow, end);
  }

  forget(flow: string): void {
    const end = this.byFlow.get(flow);
    if (end === undefined) return;
    end.open = false;
    this.byFlow.delete(flow);
    this.byTarget.delete(targetKey(end.hop));
  }

  private find(hop: Hop): StreamEnd | undefined {
    const pinned = hop.flow === undefined ? undefined : this.byFlow.get(hop.flow);
    return pinned ?? this.byTarget.get(targetKey(hop));
  }

  private connect({ transport, address, port }: Hop, sending: Sending): StreamEnd | undefined {
    const peer = this.network.hostAt(address);
    if (peer === undefined || this.network.isCut(this.host.name, peer.name)) {
      this.fail(CONNECT_TIMEOUT_MS, sending, `no connection to ${address}:${port}`);
      return undefined;
    }
    if (!peer.listensOn(transport, port)) {
      const { latencyMs } = this.network.linkBetween(this.host.name, peer.name);
      this.fail(2 * latencyMs, sending, `${peer.name} refused the connection`);
      return undefined;
    }
    return this.open(peer, transport, port);
  }

  private open(peer: SimulatedHost, transport: TransportName, port: number): StreamEnd {
    const number = this.opened++;
    const flow = `${this.host.name}>${peer.name}#${number}`;
    const local = FIRST_EPHEMERAL_PORT + (number % 16_384);
    const hop: Hop = { transport, address: peer.address, port, flow };
    const peerHop: Hop = { transport, address: this.host.address, port: local, flow };
    const end: StreamEnd = { flow, peer, hop, peerHop, open: true, lastArrival: 0 };
    this.byFlow.set(flow, end);
    this.byTarget.set(targetKey(hop), end);
    peer.ownStreams.accept({ ...end, peer: this.host, hop: peerHop, peerHop: hop });
    return end;
  }

  private drop({ flow, peer }: StreamEnd): void {
    this.forget(flow);
    peer.ownStreams.forget(flow);
  }

  private fail(afterMs: number, { failed }: Sending, why: string): void {
    this.network.fly(afterMs, () => failed(new StrowgerError('CONNECTION_FAILED', why)));
  }
}

function targetKey({ transport, address, port }: Hop): string {
  return `${transport}:${address}:${port}`;
}
