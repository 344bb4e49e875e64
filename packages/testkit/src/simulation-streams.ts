import { StrowgerError } from '@strowger/runtime';
import type { Hop } from '@strowger/transaction-core';
import type { SimulatedHost } from './simulation-host.ts';
import type { SimulatedNetwork } from './simulation-network.ts';
import { StreamEnd } from './simulation-stream-end.ts';

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
    this.network.note(this.host.name, end.peer.name, sending.label, 'sent');
    end.write(bytes);
  }

  dropAll(): void {
    for (const end of this.byFlow.values()) this.drop(end);
  }

  /** The streams to this host break after so many more bytes of ours. */
  cutAfter(peer: string, bytes: number): void {
    for (const end of this.byFlow.values()) if (end.peer.name === peer) end.cutAfter(bytes);
  }

  drop(end: StreamEnd): void {
    this.forget(end.flow);
    end.peer.ownStreams.forget(end.flow);
  }

  private forget(flow: string): void {
    const end = this.byFlow.get(flow);
    if (end === undefined) return;
    end.close();
    this.byFlow.delete(flow);
    const target = targetKey(end.hop);
    if (this.byTarget.get(target) === end) this.byTarget.delete(target);
  }

  private find(hop: Hop): StreamEnd | undefined {
    const pinned = hop.flow === undefined ? undefined : this.byFlow.get(hop.flow);
    return pinned ?? this.byTarget.get(targetKey(hop));
  }

  private connect(hop: Hop, sending: Sending): StreamEnd | undefined {
    const { transport, address, port } = hop;
    const peer = this.network.reach(this.host, address);
    if (peer === undefined || !peer.isUp || this.network.isCut(this.host.name, peer.name)) {
      this.fail(CONNECT_TIMEOUT_MS, sending, `no connection to ${address}:${port}`);
      return undefined;
    }
    if (!peer.listensOn(transport, port)) {
      const { latencyMs } = this.network.linkBetween(this.host.name, peer.name);
      this.fail(2 * latencyMs, sending, `${peer.name} refused the connection`);
      return undefined;
    }
    return this.open(peer, hop);
  }

  private open(peer: SimulatedHost, { transport, port }: Hop): StreamEnd {
    const number = this.opened++;
    const flow = `${this.host.name}>${peer.name}#${number}`;
    const local = { address: this.host.address, port: FIRST_EPHEMERAL_PORT + (number % 16_384) };
    const nat = this.network.natOf(this.host.name);
    const seen = nat?.hides(peer.name) === false ? nat.outward(this.host.name, local) : local;
    const here: Hop = { transport, ...seen, flow };
    const there: Hop = { transport, address: peer.address, port, flow };
    const { network } = this;
    const ours = new StreamEnd(network, { host: this.host, peer, flow, hop: there });
    const theirs = new StreamEnd(network, { host: peer, peer: this.host, flow, hop: here });
    ours.joinedTo(theirs);
    theirs.joinedTo(ours);
    this.file(ours);
    peer.ownStreams.file(theirs);
    this.byTarget.set(targetKey(there), ours);
    return ours;
  }

  private file(end: StreamEnd): void {
    this.byFlow.set(end.flow, end);
  }

  private fail(afterMs: number, { failed }: Sending, why: string): void {
    this.network.fly(afterMs, () => failed(new StrowgerError('CONNECTION_FAILED', why)));
  }
}

function targetKey({ transport, address, port }: Hop): string {
  return `${transport}:${address}:${port}`;
}
