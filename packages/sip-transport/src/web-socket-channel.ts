import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Clock, Endpoint } from '@strowger/runtime';
import { WebSocket } from 'ws';
import { Admission } from './admission.ts';
import type { Channel, ChannelUser } from './channel.ts';
import type { PeerIdentity } from './peer-identity.ts';
import { localOf, refusesCertificate, verifiedIdentity } from './stream-channel.ts';
import type { TransportLimits } from './transport-limits.ts';

const PONG = '\r\n';

/** What a channel is made of. */
export interface WebSocketChannelOptions {
  readonly webSocket: WebSocket;
  /** What it runs over. */
  readonly socket: Socket;
  readonly clock: Clock;
  readonly limits: TransportLimits;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly done: (error?: Error | null) => void;
}

/** A WebSocket whose every message is one SIP message, text or binary (RFC 7118 §5). */
export class WebSocketChannel implements Channel {
  private readonly options: WebSocketChannelOptions;
  private readonly pings: Admission;
  /** What was written before it was open. */
  private waiting: Waiting[] = [];
  private isEnding = false;

  constructor(options: WebSocketChannelOptions) {
    this.options = options;
    this.pings = new Admission(options.clock, options.limits.pingsPerSecond, 1);
  }

  get local(): Endpoint {
    return localOf(this.options.socket);
  }

  get waitingBytes(): number {
    const before = this.waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return before + this.options.webSocket.bufferedAmount;
  }

  get identity(): PeerIdentity | undefined {
    return verifiedIdentity(this.options.socket);
  }

  get refusesPeer(): boolean {
    return refusesCertificate(this.options.socket);
  }

  start(user: ChannelUser): void {
    const { webSocket } = this.options;
    if (webSocket.readyState === WebSocket.OPEN) this.watch(user);
    webSocket.once('open', () => this.opened(user));
    webSocket.on('message', (data: Buffer) => this.take(data, user)); // Buffer: ws's own default
    webSocket.on('ping', (data) => this.pinged(data, user));
    webSocket.on('pong', () => {
      user.onKeepAlive('pong');
      user.onMoved(0);
    });
    webSocket.on('error', (error) => user.onBroken(error));
    webSocket.on('close', () => user.onReleased());
  }

  write(bytes: Uint8Array, done: (error?: Error | null) => void): void {
    const { webSocket } = this.options;
    if (webSocket.readyState === WebSocket.CONNECTING) {
      this.waiting.push({ bytes, done });
      return;
    }
    webSocket.send(bytes, { binary: !isUtf8(bytes) }, done);
  }

  ping(): void {
    if (this.options.webSocket.readyState === WebSocket.OPEN) this.options.webSocket.ping();
  }

  end(): void {
    this.isEnding = true;
    const isConnecting = this.options.webSocket.readyState === WebSocket.CONNECTING;
    if (!isConnecting) this.options.webSocket.close();
    else if (this.waiting.length === 0) this.destroy();
  }

  destroy(): void {
    this.isEnding = true;
    this.options.webSocket.terminate();
    const waiting = this.waiting;
    this.waiting = [];
    for (const { done } of waiting) done(new Error('closed before it was open'));
  }

  private opened(user: ChannelUser): void {
    this.watch(user);
    user.onOpen();
    const waiting = this.waiting;
    this.waiting = [];
    for (const { bytes, done } of waiting) this.write(bytes, done);
    if (this.isEnding) this.options.webSocket.close();
  }

  /** Bytes of which nothing comes are a message that drips in. */
  private watch(user: ChannelUser): void {
    this.options.socket.prependListener('data', (chunk: Buffer) => user.onMoved(chunk.length));
  }

  private take(data: Buffer, user: ChannelUser): void {
    if (this.isEnding) return;
    const kind = keepAliveOf(data);
    if (kind === undefined) user.onMessage(data);
    else user.onKeepAlive(kind);
    if (kind === 'ping' && this.mayAnswer()) this.options.webSocket.send(PONG, () => {});
    user.onMoved(0);
  }

  private pinged(data: Buffer, user: ChannelUser): void {
    user.onKeepAlive('ping');
    if (this.mayAnswer()) this.options.webSocket.pong(data, undefined, () => {});
    user.onMoved(0);
  }

  /** RFC 6455 §5.5.3: not every ping needs its own pong, and a flood gets few. */
  private mayAnswer(): boolean {
    const hasRoom = this.waitingBytes < this.options.limits.queuedBytesPerConnection;
    return !this.isEnding && hasRoom && this.pings.admits('');
  }
}

/** RFC 7118 §6: the keep-alives of RFC 5626 §3.5.1 may be used here, too. */
function keepAliveOf(data: Buffer): 'ping' | 'pong' | undefined {
  if (data.length > 4) return undefined;
  const text = data.toString('latin1');
  if (text === '\r\n\r\n') return 'ping';
  return text === '\r\n' ? 'pong' : undefined;
}
