import type { Socket } from 'node:net';
import type { Clock, Timer } from '@strowger/runtime';
import type { Places } from './places.ts';
import type { SecurityEvents } from './security-events.ts';
import { sourceKey } from './source-key.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

interface Handshake {
  readonly socket: Socket;
  readonly deadline: Timer;
  readonly beganAt: number;
  readonly source: string;
}

/** What watching handshakes needs. */
export interface HandshakesOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly places: Places;
  readonly events: SecurityEvents;
}

/** Accepted sockets that are no connections yet: TLS or WebSocket is being agreed upon. */
export class Handshakes {
  private readonly options: HandshakesOptions;
  private readonly underWay = new Map<string, Handshake>();

  constructor(options: HandshakesOptions) {
    this.options = options;
  }

  /** Watches a socket that holds a place: it has to be agreed upon in time. */
  begin(socket: Socket, address: string): void {
    const { clock, limits, metrics, places, events } = this.options;
    const source = sourceKey(address);
    const key = keyOf(socket);
    const deadline = clock.arm(limits.handshakeMs, () => {
      metrics.slowTimeouts++;
      events.note('slowPeer', source, 'handshake');
      socket.destroy();
    });
    const one: Handshake = { socket, deadline, beganAt: clock.now(), source };
    this.underWay.set(key, one);
    socket.on('error', () => {}); // its close tells enough
    socket.once('close', () => {
      if (this.underWay.get(key) !== one) return;
      this.forget(key, one);
      metrics.handshakesFailed++;
      events.note('handshakeFailed', source);
      places.give(address);
    });
  }

  /** It is agreed upon, and its place passes on; false when it is not one of these any more. */
  finish(socket: Socket): boolean {
    const key = keyOf(socket);
    const one = this.underWay.get(key);
    if (one !== undefined) this.forget(key, one);
    return one !== undefined;
  }

  /** When the oldest of them began; nothing where there is none. */
  get oldestAt(): number | undefined {
    for (const { beganAt } of this.underWay.values()) return beganAt;
    return undefined;
  }

  /** Ends the oldest, or all of one source. */
  evict(source?: string): void {
    for (const one of this.underWay.values()) {
      if (source !== undefined && one.source !== source) continue;
      one.socket.destroy();
      if (source === undefined) return;
    }
  }

  /** Ends all; their places are given back when the sockets are released. */
  close(): void {
    for (const { socket } of this.underWay.values()) socket.destroy();
  }

  private forget(key: string, { deadline }: Handshake): void {
    deadline.cancel();
    this.underWay.delete(key);
  }
}

/** The same for a TCP socket and for the TLS socket on top of it. */
function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
