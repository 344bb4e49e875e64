import type { Timer } from '@strowger/runtime';
import { StreamFramer } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import type { SimulatedHost } from './simulation-host.ts';
import type { SimulatedNetwork } from './simulation-network.ts';

interface StreamEndOptions {
  readonly host: SimulatedHost;
  readonly peer: SimulatedHost;
  readonly flow: string;
  /** The other end, as a hop. */
  readonly hop: Hop;
}

const NOTHING = new Uint8Array();

/** One end of a connection between two hosts: bytes, in order, in whatever segments. */
export class StreamEnd {
  readonly flow: string;
  readonly peer: SimulatedHost;
  readonly hop: Hop;
  private readonly network: SimulatedNetwork;
  private readonly host: SimulatedHost;
  private readonly framer: StreamFramer;
  private other: StreamEnd | undefined;
  private isOpen = true;
  private lastArrival = 0;
  private held: Uint8Array = NOTHING;
  private flush: Timer | undefined;
  private bytesLeft = Number.POSITIVE_INFINITY;

  constructor(network: SimulatedNetwork, { host, peer, flow, hop }: StreamEndOptions) {
    this.network = network;
    this.host = host;
    this.peer = peer;
    this.flow = flow;
    this.hop = hop;
    this.framer = new StreamFramer({
      onMessage: (bytes) => host.arrive(bytes, hop, { framed: true }),
      onKeepAlive: (kind) => {
        if (kind === 'ping') this.write(Uint8Array.of(13, 10)); // RFC 5626 §3.5.1
      },
      onRefused: (refusal) => {
        network.refuse(host.name, refusal);
        host.ownStreams.drop(this);
      },
    });
  }

  joinedTo(other: StreamEnd): void {
    this.other = other;
  }

  close(): void {
    this.isOpen = false;
    this.flush?.cancel();
    this.held = NOTHING;
  }

  /** Breaks after so many more bytes. */
  cutAfter(bytes: number): void {
    this.bytesLeft = bytes;
  }

  write(bytes: Uint8Array): void {
    const { splits, held, cutAt } = this.network.links.write(
      this.host.name,
      this.peer.name,
      bytes.length,
    );
    const pending = join(this.held, bytes);
    this.held = NOTHING;
    this.flush?.cancel();
    if (cutAt !== undefined) this.bytesLeft = Math.min(this.bytesLeft, cutAt);
    if (held && this.bytesLeft === Number.POSITIVE_INFINITY) {
      this.held = pending;
      this.flush = this.network.clock.arm(this.latencyMs, () => {
        this.held = NOTHING;
        this.carry(pending);
      });
      return;
    }
    let from = 0;
    for (const at of [...splits, pending.length]) {
      if (at > from) this.carry(pending.subarray(from, at));
      from = Math.max(from, at);
    }
  }

  private get latencyMs(): number {
    return this.network.linkBetween(this.host.name, this.peer.name).latencyMs;
  }

  private carry(segment: Uint8Array): void {
    if (this.bytesLeft <= 0) return;
    const passed = this.bytesLeft < segment.length ? segment.subarray(0, this.bytesLeft) : segment;
    this.bytesLeft -= passed.length;
    const breaks = this.bytesLeft <= 0;
    const now = this.network.clock.now();
    const at = Math.max(now + this.latencyMs, this.lastArrival);
    this.lastArrival = at;
    this.network.trace.add(now, `${this.flow}${breaks ? 'x' : ':'}${this.host.name}`, passed);
    this.network.fly(at - now, () => {
      if (this.isOpen && passed.length > 0) this.other?.framer.push(passed);
      if (breaks && this.isOpen) this.host.ownStreams.drop(this);
    });
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
