import { type Endpoint, StrowgerError } from '@strowger/runtime';
import type { LocatedHead } from '@strowger/sip-message';
import type { ChannelUser } from './channel.ts';
import { ConnectionDeadlines, type MissedDeadline } from './connection-deadlines.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { type Hop, isSecure, isWebSocket, type TransportName } from './hop.ts';
import { type PeerIdentity, speaksFor } from './peer-identity.ts';
import { sourceKey } from './source-key.ts';

/** One connection that carries SIP both ways (RFC 3261 §18), and its deadlines. */
export class Connection {
  readonly id: string;
  readonly transport: TransportName;
  readonly remote: Endpoint;
  private readonly options: ConnectionOptions;
  private readonly deadlines: ConnectionDeadlines;
  /** `deaf`: bytes came that are no message; what came before them may be answered yet. */
  private phase: 'opening' | 'open' | 'deaf' | 'gone' | 'released' = 'opening';
  private proven: PeerIdentity | undefined;
  private failure: StrowgerError | undefined;
  private withdrawn = false;
  private hasRead = false;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.id = options.id;
    this.transport = options.transport;
    this.remote = options.remote;
    this.deadlines = new ConnectionDeadlines(options, (deadline) => this.missed(deadline));
  }

  /** The address and port on this side; those of the wildcard while it is not open. */
  get local(): Endpoint {
    return this.options.channel.local;
  }

  /** The address that it leaves from, or is about to. */
  get from(): string {
    return this.phase === 'opening' ? (this.options.from ?? '') : this.local.address;
  }

  /** Whether a peer opened it. */
  get accepted(): boolean {
    return this.options.accepted;
  }

  /** When something moved on it last, by the clock. */
  get lastMovedAt(): number {
    return this.deadlines.lastMovedAt;
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
    const { accepted, channel } = this.options;
    if (accepted) {
      this.phase = 'open';
      this.proven = channel.identity;
    }
    this.deadlines.start(accepted);
    channel.start(this.signals);
  }

  /** Writes a whole message; `failed` is called at most once, when it did not leave. */
  send(bytes: Uint8Array, failed: (error: StrowgerError) => void): void {
    if (this.phase === 'gone' || this.phase === 'released') {
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
      else if (error === null || error === undefined) this.deadlines.moved();
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

  /** Our end of it is gone: that tells nothing of the peer. */
  leaveNetwork(): void {
    const [code, what] =
      this.phase === 'opening'
        ? (['CONNECT_FAILED', 'was to leave'] as const)
        : (['CONNECTION_CLOSED', 'leaves'] as const);
    this.withdrawn ||= this.phase === 'opening';
    this.abort(new StrowgerError(code, `${this.name()} ${what} from an address that is gone`));
  }

  /** Closes at once; what waits fails with `error`. */
  abort(error: StrowgerError): void {
    this.failure ??= error;
    this.leave();
    this.options.channel.destroy();
  }

  private readonly signals: ChannelUser = {
    onOpen: () => this.opened(),
    onMessage: (bytes, located) => this.take(bytes, located),
    onMoved: (unfinishedBytes) => this.moved(unfinishedBytes),
    onKeepAlive: (kind) => {
      this.options.metrics.keepAlives++;
      if (this.phase === 'open') this.options.user.onKeepAlive(kind, this);
    },
    onRefused: (refusal, bytes) => {
      if (this.phase !== 'open') return;
      this.options.user.onRefused(refusal, bytes, this);
      if (this.hasRead) this.becomeDeaf();
      else this.end();
    },
    onBroken: (cause) => this.abort(this.broken(cause)),
    onEnd: () => this.leave(),
    onReleased: () => this.release(),
  };

  private moved(unfinishedBytes: number): void {
    this.deadlines.moved();
    if (this.phase === 'open') this.deadlines.unfinished(unfinishedBytes);
  }

  private take(bytes: Uint8Array, located: LocatedHead | undefined): void {
    if (this.phase !== 'open') return;
    this.hasRead = true;
    this.deadlines.message();
    this.options.user.onMessage(bytes, this, located);
  }

  private opened(): void {
    if (this.phase !== 'opening') return;
    this.phase = 'open';
    this.deadlines.opened();
    this.proven = this.options.channel.identity;
    this.options.user.onOpen(this);
  }

  /** Whole requests came before what is none: the sender shall hear what became of them. */
  private becomeDeaf(): void {
    if (this.phase !== 'open') return;
    this.phase = 'deaf';
    this.deadlines.deaf();
  }

  private missed(deadline: MissedDeadline): void {
    const { metrics } = this.options;
    const closed = (what: string): StrowgerError =>
      new StrowgerError('CONNECTION_CLOSED', `${this.name()} ${what}`);
    switch (deadline) {
      case 'notOpen':
        return this.abort(new StrowgerError('CONNECT_FAILED', `${this.name()} does not answer`));
      case 'idle':
        metrics.idleTimeouts++;
        return this.abort(closed('was idle'));
      case 'noMessage':
        return this.tooSlow('no message came');
      case 'unfinishedMessage':
        return this.tooSlow('a message stays unfinished');
      case 'answered':
        return this.end();
      case 'notDrained':
        return this.abort(closed('does not drain'));
    }
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
    this.deadlines.leave();
    this.options.user.onGone(this, failedToOpen);
  }

  private release(): void {
    this.leave();
    this.deadlines.cancel();
    this.phase = 'released';
    this.options.user.onReleased(this);
  }

  private name(): string {
    return `the connection with ${this.remote.address} port ${this.remote.port}`;
  }
}
