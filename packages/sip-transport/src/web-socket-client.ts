import { type Runtime, StrowgerError, type Timer } from '@strowger/runtime';
import {
  parseMessage,
  refusalResponse,
  serializeMessage,
  type SipMessage,
} from '@strowger/sip-message';
import { defaultPort, type Hop, type Inbound } from './hop.ts';
import { notOpen } from './transport-errors.ts';

/** The part of a browser's `WebSocket` that is used. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  addEventListener(type: 'open' | 'close', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  send(data: Uint8Array | string): void;
  close(): void;
}

/** What a `WebSocketClient` is made of. */
export interface WebSocketClientOptions {
  readonly runtime: Runtime;
  /** The server: `wss://pbx.example:8443/sip`. */
  readonly url: string;
  /** Default: the platform's `WebSocket`, where it has one. */
  readonly open?: (url: string, protocol: string) => WebSocketLike;
  /** How often a silent server is asked for a sign of life, in milliseconds. Default 30,000. */
  readonly keepAliveMs?: number;
  onMessage(inbound: Inbound): void;
  onSent?(message: SipMessage, hop: Hop): void;
  /** The connection is gone; the next message opens another. */
  onConnectionGone?(hop: Hop): void;
}

/** What may wait for a connection that is slow, in bytes. */
const MOST_WAITING = 1_000_000;
/** How long a connection may take to open, and a server that answers pings to answer one. */
const PATIENCE_MS = 10_000;
/** RFC 7118 §6, RFC 5626 §3.5.1. */
const PING = '\r\n\r\n';

interface Waiting {
  readonly message: SipMessage;
  readonly bytes: Uint8Array;
  readonly failed: (error: StrowgerError) => void;
}

/**
 * SIP over one WebSocket to one server (RFC 7118), for web pages: everything goes to that server,
 * and comes from there. Nothing of Node is used. The connection opens with the first message, and
 * anew with the first one after it was lost.
 */
export class WebSocketClient {
  private readonly options: WebSocketClientOptions;
  private readonly hop: Hop;
  /** What nobody can reach: our place in Via and Contact (RFC 7118 §5.2). */
  private readonly host: string;
  private socket: WebSocketLike | undefined;
  private isOpen = false;
  private isClosed = false;
  private waiting: Waiting[] = [];
  private watch: Timer | undefined;
  /** Whether the server has answered a ping: then it is dead when it no longer does. */
  private answersPings = false;

  /** Throws `BAD_SERVER` where `url` is none of a WebSocket. */
  constructor(options: WebSocketClientOptions) {
    this.options = options;
    this.hop = hopTo(options.url);
    this.host = `${options.runtime.random.token(60)}.invalid`;
  }

  /** Nothing has to be opened beforehand. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Everything goes to the one server (RFC 7118 §5). */
  locate(): readonly Hop[] {
    return [this.hop];
  }

  sentBy(): { readonly host: string; readonly port: number } {
    return { host: this.host, port: defaultPort(this.hop.transport) };
  }

  /**
   * Sends without waiting. `failed` is called at most once and never from within `send`: with
   * `CONNECT_FAILED` where no connection came about, `CONNECTION_FULL` where too much waits,
   * `TRANSPORT_CLOSED`.
   */
  send(message: SipMessage, _hop: Hop, failed: (error: StrowgerError) => void): Uint8Array {
    const bytes = serializeMessage(message);
    const fail = (error: StrowgerError): void => queueMicrotask(() => failed(error));
    if (this.isClosed) fail(notOpen());
    else if (this.waitingBytes + bytes.length > MOST_WAITING)
      fail(this.failure('CONNECTION_FULL', 'does not take what waits'));
    else if (this.isOpen) this.write(message, bytes);
    else {
      this.waiting.push({ message, bytes, failed: fail });
      this.connect();
    }
    return bytes;
  }

  /**
   * The network is another one: a connection through the old one says nothing more, and is given up. One
   * that still opens is let alone: a page is told twice of one change.
   */
  networkChanged(): void {
    if (this.isOpen) this.gone();
  }

  /** Lets what was sent leave, fails what waits for the connection, and closes. Idempotent. */
  close(): Promise<void> {
    this.isClosed = true;
    this.watch?.cancel();
    this.drop();
    this.failAll(notOpen());
    return Promise.resolve();
  }

  private get waitingBytes(): number {
    const before = this.waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return before + (this.socket?.bufferedAmount ?? 0);
  }

  private connect(): void {
    if (this.socket !== undefined) return;
    const { url, open = platformSocket, runtime } = this.options;
    let socket: WebSocketLike;
    try {
      socket = open(url, 'sip');
    } catch (error) {
      return this.failAll(this.failure('CONNECT_FAILED', 'cannot be reached', error));
    }
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    const isOurs = (): boolean => this.socket === socket; // no longer, once it was given up
    socket.addEventListener('open', () => isOurs() && this.opened());
    socket.addEventListener('message', ({ data }) => isOurs() && this.take(data));
    socket.addEventListener('close', () => isOurs() && this.gone());
    this.watch?.cancel();
    this.watch = runtime.clock.arm(PATIENCE_MS, () => this.gone());
  }

  private opened(): void {
    this.isOpen = true;
    this.answersPings = false;
    this.expectLife();
    const { waiting } = this;
    this.waiting = [];
    for (const { message, bytes } of waiting) this.write(message, bytes);
  }

  private write(message: SipMessage, bytes: Uint8Array): void {
    this.options.onSent?.(message, this.hop);
    this.socket?.send(asText(bytes) ?? bytes);
  }

  /** Text or binary, one whole message each (RFC 7118 §5). */
  private take(data: unknown): void {
    this.expectLife();
    const bytes =
      typeof data === 'string'
        ? new TextEncoder().encode(data)
        : new Uint8Array(data as ArrayBuffer);
    if (bytes.length <= 4 && bytes.every((byte) => byte === 13 || byte === 10)) {
      this.takeKeepAlive(bytes.length);
      return;
    }
    const parsed = parseMessage(bytes);
    const { hop } = this;
    const local = { address: this.host, port: 0 };
    if (parsed.ok) return this.options.onMessage({ message: parsed.value, hop, local });
    const response = refusalResponse(bytes, parsed.refusal);
    if (response !== undefined) this.send(response, hop, () => {});
  }

  private takeKeepAlive(length: number): void {
    if (length === 4) this.socket?.send('\r\n');
    else this.answersPings = true;
  }

  /** Whoever says nothing for long is asked, and whoever used to answer that has to again. */
  private expectLife(): void {
    const { runtime, keepAliveMs = 30_000 } = this.options;
    this.watch?.cancel();
    this.watch = runtime.clock.arm(keepAliveMs, () => {
      this.socket?.send(PING);
      if (this.answersPings) this.watch = runtime.clock.arm(PATIENCE_MS, () => this.gone());
      else this.expectLife();
    });
  }

  private gone(): void {
    if (this.socket === undefined) return;
    const { isOpen } = this;
    this.watch?.cancel();
    this.drop();
    const [code, what] = isOpen
      ? (['CONNECTION_CLOSED', 'has closed'] as const)
      : (['CONNECT_FAILED', 'cannot be reached'] as const);
    this.failAll(this.failure(code, what));
    if (!this.isClosed) this.options.onConnectionGone?.(this.hop);
  }

  private drop(): void {
    const { socket } = this;
    this.socket = undefined;
    this.isOpen = false;
    socket?.close();
  }

  private failure(code: string, what: string, cause?: unknown): StrowgerError {
    return new StrowgerError(code, `${this.options.url} ${what}`, { cause });
  }

  private failAll(error: StrowgerError): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { failed } of waiting) failed(error);
  }
}

/** As a text frame wherever it is text: some servers take no other. */
function asText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function platformSocket(url: string, protocol: string): WebSocketLike {
  const { WebSocket: Platform } = globalThis as {
    WebSocket?: new (url: string, protocol: string) => WebSocketLike;
  };
  if (Platform === undefined) throw new Error('this platform has no WebSocket');
  return new Platform(url, protocol);
}

function hopTo(text: string): Hop {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const transport = url?.protocol === 'wss:' ? 'wss' : 'ws';
  if (url === undefined || (transport === 'ws' && url.protocol !== 'ws:')) {
    throw new StrowgerError('BAD_SERVER', `${text} is no URL of a WebSocket, such as wss://…`);
  }
  const address = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? defaultPort(transport) : Number(url.port);
  return { transport, address, port, host: address };
}
