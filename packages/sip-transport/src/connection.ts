import { type Clock, type Endpoint, StrowgerError, type Timer } from '@strowger/runtime';
import type { Refusal } from '@strowger/sip-message';
import type { Channel, ChannelUser } from './channel.ts';
import { type Hop, isSecure, isWebSocket, type TransportName } from './hop.ts';
import { type PeerIdentity, speaksFor } from './peer-identity.ts';
import type { SecurityEvents } from './security-events.ts';
import { sourceKey } from './source-key.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** What a connection tells its owner. */
export interface ConnectionUser {
  onMessage(bytes: Uint8Array, connection: Connection): void;
  /** What cannot be framed: the connection closes, for nothing behind it can be found. */
  onRefused(refusal: Refusal, bytes: Uint8Array, connection: Connection): void;
  onKeepAlive(kind: 'ping' | 'pong', connection: Connection): void;
  onOpen(connection: Connection): void;
  /** It takes no more messages; `failedToOpen` when it never did. */
  onGone(connection: Connection, failedToOpen: boolean): void;
  /** Its socket is released. */
  onReleased(connection: Connection): void;
}

/** What a connection is made of. */
export interface ConnectionOptions {
  /** Names the flow. */
  readonly id: string;
  readonly transport: TransportName;
  readonly channel: Channel;
  readonly remote: Endpoint;
  /** The name that it was opened for. */
  readonly host?: string | undefined;
  readonly accepted: boolean;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly events: SecurityEvents;
  readonly user: ConnectionUser;
}

/** One connection that carries SIP both ways (RFC 3261 §18), and its deadlines. */
export class Connection {
  readonly id: string;
  readonly transport: TransportName;
  readonly remote: Endpoint;
  private readonly options: ConnectionOptions;
  private phase: 'opening' | 'open' | 'gone' | 'released' = 'opening';
  private proven: PeerIdentity | undefined;
  private failure: StrowgerError | undefined;
  private withdrawn = false;
  private movedAt: number;
  private idle: Timer | undefined;
  /** Runs until it is open, then (where a peer opened it) until its first message. */
  private opening: Timer | undefined;
  private partial: Timer | undefined;
  /** Runs once it is gone: a peer that does not read must not hold the socket. */
  private last: Timer | undefined;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.id = options.id;
    this.transport = options.transport;
    this.remote = options.remote;
    this.movedAt = options.clock.now();
  }

  /** The address and port on this side; those of the wildcard while it is not open. */
  get local(): Endpoint {
    return this.options.channel.local;
  }

  /** Whether a peer opened it. */
  get accepted(): boolean {
    return this.options.accepted;
  }

  /** When something moved on it last, by the clock. */
  get lastMovedAt(): number {
    return this.movedAt;
  }

  /** Bytes that the peer has not taken yet. */
  get waitingBytes(): number {
    return this.options.channel.waitingBytes;
  }

  /** Who the peer proved to be. */
  get identity(): PeerIdentity | undefined {
    return this.proven;
  }

  /** Whether messages can leave at once. */
  get isOpen(): boolean {
    return this.phase === 'open';
  }

  /** Whether it came to nothing because of what its peer did, or did not do, and not of its name. */
  get wasNotTaken(): boolean {
    return !this.withdrawn && this.failure?.code === 'CONNECT_FAILED';
  }

  /** Whether it was given up before it was open: that tells nothing of the peer. */
  get wasWithdrawn(): boolean {
    return this.withdrawn;
  }

  /** The hop that is pinned to it. */
  get hop(): Hop {
    return { transport: this.transport, ...this.remote, flow: this.id };
  }

  /**
   * Whether a message for this name may use it: for a name that has to be proven, it was opened
   * for it or its peer has proven it. Sharing an address and port is not enough (RFC 5923 §9.2).
   */
  reaches(host: string | undefined): boolean {
    const needsName = isSecure(this.transport) || isWebSocket(this.transport);
    if (host === undefined || !needsName || host === this.options.host) return true;
    return this.proven !== undefined && speaksFor(this.proven, host);
  }

  /** Listens to the channel and sets the deadlines. */
  start(): void {
    const { accepted, limits, channel } = this.options;
    this.watchIdle(limits.idleTimeoutMs);
    if (accepted) {
      this.phase = 'open';
      this.proven = channel.identity;
      this.deadline(limits.firstMessageMs, () => this.tooSlow('no message came'));
    } else {
      this.deadline(limits.connectTimeoutMs, () =>
        this.abort(new StrowgerError('CONNECT_FAILED', `${this.name()} does not answer`)),
      );
    }
    channel.start(this.signals);
  }

  /** Writes a whole message; `failed` is called at most once, when it did not leave. */
  send(bytes: Uint8Array, failed: (error: StrowgerError) => void): void {
    if (this.phase !== 'opening' && this.phase !== 'open') {
      failed(this.failure ?? new StrowgerError('CONNECTION_CLOSED', `${this.name()} is closed`));
      return;
    }
    const { channel, limits } = this.options;
    if (channel.waitingBytes + bytes.length > limits.queuedBytesPerConnection) {
      failed(new StrowgerError('CONNECTION_FULL', `${this.name()} does not read what waits`));
      return;
    }
    channel.write(bytes, (error) => {
      // Node reports a write that was cut off by destroy() as done: the failure tells
      if (this.failure !== undefined) failed(this.failure);
      else if (error === null || error === undefined) this.movedAt = this.options.clock.now();
      else failed(this.broken(error));
    });
  }

  /** Asks for a sign of life, unless so much waits that it would not be heard. */
  ping(): void {
    const { channel, limits } = this.options;
    if (this.phase !== 'open' || channel.waitingBytes >= limits.queuedBytesPerConnection) return;
    channel.ping();
  }

  /** Lets what waits leave, then closes. */
  end(): void {
    this.leave();
    this.options.channel.end();
  }

  /** Gives up an attempt to connect that nothing waits for. */
  withdraw(): void {
    if (this.phase !== 'opening' || this.waitingBytes > 0) return;
    this.withdrawn = true;
    this.abort(new StrowgerError('CONNECT_FAILED', `${this.name()} was not needed`));
  }

  /** Closes at once; what waits fails with `error`. */
  abort(error: StrowgerError): void {
    this.failure ??= error;
    this.leave();
    this.options.channel.destroy();
  }

  private readonly signals: ChannelUser = {
    onOpen: () => this.opened(),
    onMessage: (bytes) => this.take(bytes),
    onMoved: (unfinishedBytes) => this.moved(unfinishedBytes),
    onKeepAlive: (kind) => {
      this.options.metrics.keepAlives++;
      if (this.phase === 'open') this.options.user.onKeepAlive(kind, this);
    },
    onRefused: (refusal, bytes) => {
      if (this.phase !== 'open') return;
      this.options.user.onRefused(refusal, bytes, this);
      this.end();
    },
    onBroken: (cause) => this.abort(this.broken(cause)),
    onEnd: () => this.leave(),
    onReleased: () => this.release(),
  };

  private moved(unfinishedBytes: number): void {
    this.movedAt = this.options.clock.now();
    this.watchPartial(unfinishedBytes);
  }

  private take(bytes: Uint8Array): void {
    if (this.phase !== 'open') return;
    this.opening?.cancel();
    this.partial?.cancel();
    this.options.user.onMessage(bytes, this);
  }

  private opened(): void {
    if (this.phase !== 'opening') return;
    this.phase = 'open';
    this.opening?.cancel();
    this.proven = this.options.channel.identity;
    this.options.user.onOpen(this);
  }

  private deadline(ms: number, late: () => void): void {
    this.opening = this.options.clock.arm(ms, late);
  }

  /** A message has to be whole soon after its first byte, however slowly the bytes drip. */
  private watchPartial(unfinishedBytes: number): void {
    if (unfinishedBytes === 0) this.partial?.cancel();
    else if (this.phase === 'open' && this.partial?.armed !== true) {
      const late = (): void => this.tooSlow('a message stays unfinished');
      this.partial = this.options.clock.arm(this.options.limits.partialMessageMs, late);
    }
  }

  private watchIdle(ms: number): void {
    const { clock, limits, metrics } = this.options;
    this.idle = clock.arm(ms, () => {
      const left = this.movedAt + limits.idleTimeoutMs - clock.now();
      if (left > 0) return this.watchIdle(left);
      metrics.idleTimeouts++;
      this.abort(new StrowgerError('CONNECTION_CLOSED', `${this.name()} was idle`));
    });
  }

  private tooSlow(what: string): void {
    this.options.metrics.slowTimeouts++;
    this.options.events.note('slowPeer', sourceKey(this.remote.address), what);
    this.abort(new StrowgerError('CONNECTION_CLOSED', `${this.name()}: ${what}`));
  }

  private broken(cause: unknown): StrowgerError {
    if (this.phase !== 'opening') {
      return new StrowgerError('CONNECTION_CLOSED', `${this.name()} broke`, { cause });
    }
    if (this.options.channel.refusesPeer) {
      const what = `the certificate of ${this.remote.address} is not good for it`;
      return new StrowgerError('CERTIFICATE_REFUSED', what, { cause });
    }
    return new StrowgerError('CONNECT_FAILED', `${this.name()} cannot be reached`, { cause });
  }

  private leave(): void {
    if (this.phase === 'gone' || this.phase === 'released') return;
    const failedToOpen = this.phase === 'opening';
    this.phase = 'gone';
    for (const timer of [this.opening, this.partial, this.idle]) timer?.cancel();
    const { clock, limits } = this.options;
    this.last = clock.arm(limits.closeMs, () =>
      this.abort(new StrowgerError('CONNECTION_CLOSED', `${this.name()} does not drain`)),
    );
    this.options.user.onGone(this, failedToOpen);
  }

  private release(): void {
    this.leave();
    this.last?.cancel();
    this.phase = 'released';
    this.options.user.onReleased(this);
  }

  private name(): string {
    return `the connection with ${this.remote.address} port ${this.remote.port}`;
  }
}
