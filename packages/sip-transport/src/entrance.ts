import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Clock, type Endpoint, StrowgerError } from '@strowger/runtime';
import { Admission } from './admission.ts';
import type { Gate } from './gate.ts';
import { Handshakes } from './handshakes.ts';
import { IdleConnections } from './idle-connections.ts';
import { Places } from './places.ts';
import type { SecurityEvents } from './security-events.ts';
import { sourceKey } from './source-key.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** What deciding on connections needs. */
export interface EntranceOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly gate: Gate;
  readonly events: SecurityEvents;
}

/** Where connections of peers come in: how many there may be, of whom, and who makes room. */
export class Entrance {
  readonly places: Places;
  /** Those that may have to make room. */
  readonly strangers = new IdleConnections();
  private readonly options: EntranceOptions;
  private readonly accepts: Admission;
  private readonly acceptsOfPeer: Admission;
  private readonly handshakes: Handshakes;

  constructor(options: EntranceOptions) {
    const { clock, limits } = options;
    this.options = options;
    this.accepts = new Admission(clock, limits.acceptsPerSecond, 1);
    this.acceptsOfPeer = new Admission(clock, limits.acceptsPerSecondPerPeer, limits.sources);
    this.places = new Places(limits);
    this.handshakes = new Handshakes({ ...options, places: this.places });
  }

  /** Whether there is a place for a socket that a peer opened; it is closed where there is none. */
  admits(socket: Socket): Endpoint | undefined {
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) {
      socket.destroy(); // the peer has left already
      return undefined;
    }
    if (this.hasRoomFor(address)) {
      this.places.take(address);
      return { address, port };
    }
    socket.on('error', () => {});
    if (socket instanceof TLSSocket) socket.destroy();
    else socket.resetAndDestroy();
    return undefined;
  }

  /** Watches what was admitted until TLS or WebSocket is agreed upon. */
  beginHandshake(socket: Socket, { address }: Endpoint): void {
    this.handshakes.begin(socket, address);
  }

  /** False when the handshake came to an end before. */
  finishHandshake(socket: Socket): boolean {
    return this.handshakes.finish(socket);
  }

  /** Whether there is a place, if need be that of somebody whom nobody knows. */
  makesRoom(): boolean {
    return !this.places.isFull || this.evict();
  }

  /** Ends the handshakes of a source. */
  shut(source: string): void {
    this.handshakes.evict(source);
  }

  /** Ends all handshakes. */
  close(): void {
    this.handshakes.close();
  }

  private hasRoomFor(address: string): boolean {
    const { gate, metrics, events } = this.options;
    if (gate.isBanned(address)) return false;
    const mayHaveMore =
      gate.isTrusted(address) ||
      (!this.places.isFullFor(address) && this.acceptsOfPeer.admits(address));
    if (mayHaveMore && this.accepts.admits('') && this.makesRoom()) return true;
    metrics.connectionsRefused++;
    events.note('connectionRefused', sourceKey(address));
    return false;
  }

  /** Closes what is longest unused of those that nobody is known on; false where there is none. */
  private evict(): boolean {
    const { metrics, events } = this.options;
    const idle = this.strangers.longest;
    const { oldestAt } = this.handshakes;
    if (idle === undefined && oldestAt === undefined) return false;
    metrics.connectionsEvicted++;
    if (idle === undefined || (oldestAt !== undefined && oldestAt < idle.lastMovedAt)) {
      this.handshakes.evict();
      return true;
    }
    this.strangers.remove(idle);
    events.note('connectionEvicted', sourceKey(idle.remote.address));
    idle.abort(new StrowgerError('CONNECTION_CLOSED', 'it made room for another'));
    return true;
  }
}
