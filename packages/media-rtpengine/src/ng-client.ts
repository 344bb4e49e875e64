import {
  type DatagramSocket,
  type Endpoint,
  type Runtime,
  StrowgerError,
  type Timer,
} from '@strowger/runtime';
import { bdecode, bencode, type Bencoded } from './bencode.ts';

/** Arguments of a command; what is undefined is left out. */
export interface NgArguments {
  readonly [key: string]: Bencoded | undefined;
}

/** What an engine replied; `result` is `ok`, `pong`, `error` … */
export interface NgReply {
  readonly result: string;
  readonly [key: string]: Bencoded;
}

/** What a client is made of. */
export interface NgClientOptions {
  readonly runtime: Runtime;
  /** The engine's `--listen-ng`. */
  readonly engine: Endpoint;
  /** When a command is sent again, in milliseconds after it was sent first; then it is given up. */
  readonly retriesMs?: readonly number[];
}

/** Sent at 0, 0.3 and 0.9 seconds, given up at 2: a call waits for the answer. */
const RETRIES_MS = [300, 900, 2000];
/** Commands that may wait for their replies at once. */
const MAXIMUM_WAITING = 10_000;

interface Waiting {
  readonly packet: Uint8Array;
  tries: number;
  timer: Timer;
  resolve(reply: NgReply): void;
  reject(error: StrowgerError): void;
}

/**
 * rtpengine's `ng` control protocol over UDP: a cookie, a space, a bencoded dictionary. A command
 * that is sent again has the cookie of the first time, by which the engine knows the copy and sends
 * its reply again without doing the work twice.
 */
export class NgClient {
  readonly engine: Endpoint;
  private readonly runtime: Runtime;
  private readonly retriesMs: readonly number[];
  private readonly waiting = new Map<string, Waiting>();
  private socket: Promise<DatagramSocket> | undefined;
  private isClosed = false;

  constructor({ runtime, engine, retriesMs = RETRIES_MS }: NgClientOptions) {
    this.runtime = runtime;
    this.engine = engine;
    this.retriesMs = retriesMs;
  }

  /**
   * Resolves with the engine's reply, also where it is an error of the engine's. Rejects with
   * `RTPENGINE_TIMEOUT` where no reply came, `RTPENGINE_BUSY` where 10,000 commands wait,
   * `MEDIA_CLOSED` after `close`, and the system's error where no socket can be opened.
   */
  async request(command: string, args: NgArguments = {}): Promise<NgReply> {
    if (this.waiting.size >= MAXIMUM_WAITING) {
      throw new StrowgerError('RTPENGINE_BUSY', `${MAXIMUM_WAITING} commands wait for replies`);
    }
    const cookie = this.runtime.random.token();
    const packet = new TextEncoder().encode(`${cookie} ${bencode({ ...defined(args), command })}`);
    const socket = await this.open();
    return new Promise((resolve, reject) => {
      const again = (): void => this.again(cookie, command, socket);
      const timer = this.runtime.clock.arm(this.retriesMs[0] ?? 0, again);
      this.waiting.set(cookie, { packet, tries: 0, timer, resolve, reject });
      socket.send(packet, this.engine);
    });
  }

  /** Gives up what waits; resolves when the socket is free. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const { timer, reject } of this.waiting.values()) {
      timer.cancel();
      reject(closed());
    }
    this.waiting.clear();
    const socket = await this.socket?.catch(() => undefined);
    await socket?.close();
  }

  private open(): Promise<DatagramSocket> {
    if (this.isClosed) return Promise.reject(closed());
    this.socket ??= this.runtime.datagrams.open({
      address: this.engine.address.includes(':') ? '::' : '0.0.0.0',
      port: 0,
      onPacket: (packet, from) => this.receive(packet, from),
      onError: () => {}, // nobody listens there now: the command is sent again, then given up
    });
    this.socket.catch(() => (this.socket = undefined)); // the next command may have more luck
    return this.socket;
  }

  private again(cookie: string, command: string, socket: DatagramSocket): void {
    const waiting = this.waiting.get(cookie);
    if (waiting === undefined) return;
    const passed = this.retriesMs[waiting.tries++] ?? 0;
    const next = this.retriesMs[waiting.tries];
    if (next === undefined) {
      this.waiting.delete(cookie);
      const { address, port } = this.engine;
      const message = `rtpengine at ${address}:${port} did not reply to ${command}`;
      return waiting.reject(new StrowgerError('RTPENGINE_TIMEOUT', message));
    }
    const repeat = (): void => this.again(cookie, command, socket);
    waiting.timer = this.runtime.clock.arm(next - passed, repeat);
    socket.send(waiting.packet, this.engine);
  }

  /** Strangers do not know our cookies; what is no reply is passed over. */
  private receive(packet: Uint8Array, from: Endpoint): void {
    if (from.port !== this.engine.port) return;
    const space = packet.indexOf(0x20);
    const cookie = String.fromCharCode(...packet.subarray(0, Math.min(Math.max(space, 0), 64)));
    const waiting = this.waiting.get(cookie);
    const reply = waiting && bdecode(packet.subarray(space + 1));
    if (waiting === undefined || !isReply(reply)) return;
    waiting.timer.cancel();
    this.waiting.delete(cookie);
    waiting.resolve(reply);
  }
}

function isReply(value: Bencoded | undefined): value is NgReply {
  return typeof value === 'object' && 'result' in value && typeof value['result'] === 'string';
}

function defined(args: NgArguments): { [key: string]: Bencoded } {
  const entries = Object.entries(args).filter((entry): entry is [string, Bencoded] => {
    return entry[1] !== undefined;
  });
  return Object.fromEntries(entries);
}

function closed(): StrowgerError {
  return new StrowgerError('MEDIA_CLOSED', 'The media backend was closed');
}
