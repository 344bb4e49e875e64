import type { Socket } from 'node:net';
import { type Clock, type Endpoint, StrowgerError, type Timer } from '@strowger/runtime';
import { type Refusal, StreamFramer } from '@strowger/sip-message';
import { parserLimits, type TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

const PONG = new Uint8Array([0x0d, 0x0a]);

/** What a connection tells its owner. */
export interface ConnectionUser {
  onMessage(bytes: Uint8Array, connection: Connection): void;
  /** What cannot be framed: the connection closes, for nothing behind it can be found. */
  onRefused(refusal: Refusal, bytes: Uint8Array, connection: Connection): void;
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
  readonly socket: Socket;
  readonly remote: Endpoint;
  readonly accepted: boolean;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly user: ConnectionUser;
}

/** One TCP connection that carries SIP both ways (RFC 3261 §18), and its deadlines. */
export class Connection {
  readonly id: string;
  readonly remote: Endpoint;
  private readonly options: ConnectionOptions;
  private readonly framer: StreamFramer;
  private phase: 'opening' | 'open' | 'gone' | 'released' = 'opening';
  private failure: StrowgerError | undefined;
  private movedAt: number;
  /** What the framer holds: bytes that belong to no whole message and no keep-alive yet. */
  private unfinishedBytes = 0;
  private idle: Timer | undefined;
  /** Runs until it is open, then (where a peer opened it) until its first message. */
  private opening: Timer | undefined;
  private partial: Timer | undefined;
  /** Runs once it is gone: a peer that does not read must not hold the socket. */
  private last: Timer | undefined;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.id = options.id;
    this.remote = options.remote;
    this.movedAt = options.clock.now();
    this.framer = new StreamFramer({
      limits: parserLimits(options.limits),
      onMessage: (bytes) => this.take(bytes),
      onKeepAlive: (kind) => this.keepAlive(kind),
      onRefused: (refusal, bytes) => this.refuse(refusal, bytes),
    });
  }

  /** The address and port on this side; those of the wildcard while it is not open. */
  get local(): Endpoint {
    const { localAddress = '0.0.0.0', localPort = 0 } = this.options.socket;
    return { address: localAddress, port: localPort };
  }

  /** Bytes that the peer has not taken yet. */
  get waitingBytes(): number {
    return this.options.socket.writableLength;
  }

  /** Listens to the socket and sets the deadlines. */
  start(): void {
    const { socket, accepted, limits } = this.options;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('error', (error) => this.abort(this.broken(error)));
    socket.on('end', () => this.leave());
    socket.on('close', () => this.release());
    this.watchIdle(limits.idleTimeoutMs);
    if (accepted) {
      this.phase = 'open';
      this.deadline(limits.firstMessageMs, () => this.tooSlow('no message came'));
      return;
    }
    socket.once('connect', () => this.opened());
    this.deadline(limits.connectTimeoutMs, () =>
      this.abort(new StrowgerError('CONNECT_FAILED', `${this.name()} does not answer`)),
    );
  }

  /** Writes a whole message; `failed` is called at most once, when it did not leave. */
  send(bytes: Uint8Array, failed: (error: StrowgerError) => void): void {
    if (this.phase !== 'opening' && this.phase !== 'open') {
      failed(this.failure ?? new StrowgerError('CONNECTION_CLOSED', `${this.name()} is closed`));
      return;
    }
    const { socket, limits } = this.options;
    if (socket.writableLength + bytes.length > limits.queuedBytesPerConnection) {
      failed(new StrowgerError('CONNECTION_FULL', `${this.name()} does not read what waits`));
      return;
    }
    socket.write(bytes, (error) => {
      // Node reports a write that was cut off by destroy() as done: the failure tells
      if (this.failure !== undefined) failed(this.failure);
      else if (error === null || error === undefined) this.movedAt = this.options.clock.now();
      else failed(this.broken(error));
    });
  }

  /** Lets what waits leave, then closes. */
  end(): void {
    this.leave();
    this.options.socket.destroySoon();
  }

  /** Closes at once; what waits fails with `error`. */
  abort(error: StrowgerError): void {
    this.failure ??= error;
    this.leave();
    this.options.socket.destroy();
  }

  private read(chunk: Uint8Array): void {
    this.movedAt = this.options.clock.now();
    if (this.phase !== 'open') return;
    this.unfinishedBytes += chunk.length;
    this.framer.push(chunk);
    this.watchPartial();
  }

  private take(bytes: Uint8Array): void {
    this.unfinishedBytes -= bytes.length;
    if (this.phase !== 'open') return;
    this.opening?.cancel();
    this.partial?.cancel();
    this.options.user.onMessage(bytes, this);
  }

  /** RFC 5626 §3.5.1: a double CRLF is answered with a single one. */
  private keepAlive(kind: 'ping' | 'pong'): void {
    this.unfinishedBytes -= kind === 'ping' ? 4 : 2;
    this.options.metrics.keepAlives++;
    if (kind === 'ping') this.send(PONG, () => {});
  }

  private refuse(refusal: Refusal, bytes: Uint8Array): void {
    if (this.phase !== 'open') return;
    this.options.user.onRefused(refusal, bytes, this);
    this.end();
  }

  private opened(): void {
    if (this.phase !== 'opening') return;
    this.phase = 'open';
    this.opening?.cancel();
    this.options.user.onOpen(this);
  }

  private deadline(ms: number, late: () => void): void {
    this.opening = this.options.clock.arm(ms, late);
  }

  /** A message has to be whole soon after its first byte, however slowly the bytes drip. */
  private watchPartial(): void {
    if (this.unfinishedBytes === 0) this.partial?.cancel();
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
    this.abort(new StrowgerError('CONNECTION_CLOSED', `${this.name()}: ${what}`));
  }

  private broken(cause: unknown): StrowgerError {
    const opening = this.phase === 'opening';
    return opening
      ? new StrowgerError('CONNECT_FAILED', `${this.name()} cannot be reached`, { cause })
      : new StrowgerError('CONNECTION_CLOSED', `${this.name()} broke`, { cause });
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
