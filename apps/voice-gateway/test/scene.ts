import { toneShare } from '@strowger/media-core';
import { type Logger, nodeRuntime } from '@strowger/runtime';
import { type Call, SipClient } from '@strowger/sip-client';
import { type WebSocket, WebSocketServer } from 'ws';
import { readConfig } from '../src/config.ts';
import { type RunningGateway, startGateway } from '../src/wiring.ts';

/** A gateway, somebody who calls it, and what it has logged. */
export interface Scene {
  readonly running: RunningGateway;
  readonly caller: SipClient;
  readonly logged: { level: string; text: string; fields: Record<string, unknown> }[];
  /** Calls the gateway, and is connected. */
  dial(): Promise<Call>;
  close(): Promise<void>;
}

let ports = 43_000;

/** Starts a gateway with what a configuration says of the program and of limits. */
export async function scene(config: object): Promise<Scene> {
  const logged: Scene['logged'] = [];
  const log = (level: string) => (fields: object, text?: string) => {
    logged.push({ level, text: text ?? '', fields: { ...fields } });
  };
  const logger = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [level, log(level)]),
  ) as unknown as Logger; // it has just these
  const from = ports;
  ports += 200;
  const text = JSON.stringify({
    media: { ports: `${from}-${from + 99}` },
    drainMs: 0,
    ...config,
  });
  const running = await startGateway(readConfig(text), logger);
  const caller = new SipClient({
    uri: 'sip:alice@127.0.0.1',
    runtime: nodeRuntime(),
    media: { ports: { from: from + 100, to: from + 199 } },
  });
  return {
    running,
    caller,
    logged,
    async dial() {
      const call = await caller.call(running.contact);
      await call.connected;
      return call;
    },
    async close() {
      await Promise.all([caller.close(), running.stop()]);
    },
  };
}

/** Waits until something is logged, and gives what was said. */
export async function untilLogged(
  { logged }: Scene,
  text: string,
): Promise<Record<string, unknown>> {
  for (;;) {
    const found = logged.find((one) => one.text === text);
    if (found !== undefined) return found.fields;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A program that is connected to: each connection, and each message in its turn. */
export class WebSocketProgram {
  readonly server: WebSocketServer;
  readonly texts: Record<string, unknown>[] = [];
  readonly binary: Buffer[] = [];
  readonly headers: Record<string, unknown>[] = [];
  socket: WebSocket | undefined;
  onMessage: (message: Record<string, unknown>) => void = () => {};
  onBinary: (bytes: Buffer) => void = () => {};
  private wake = (): void => {};

  static async start(): Promise<WebSocketProgram> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((resolve) => server.once('listening', resolve));
    return new WebSocketProgram(server);
  }

  private constructor(server: WebSocketServer) {
    this.server = server;
    server.on('connection', (socket, request) => {
      this.socket = socket;
      this.headers.push(request.headers);
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) {
          this.binary.push(data);
          this.onBinary(data);
        } else {
          const message = JSON.parse(data.toString()) as Record<string, unknown>; // the gateway's own
          this.texts.push(message);
          this.onMessage(message);
        }
        this.wake();
      });
      socket.on('close', () => this.wake());
      this.wake();
    });
  }

  get url(): string {
    const address = this.server.address();
    return `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/call`;
  }

  send(message: object | Buffer): void {
    this.socket?.send(Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Waits for the first message for which this holds. */
  async gets(is: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.texts.find(is);
      if (found !== undefined) return found;
      await this.something();
    }
  }

  /** Waits until something comes. */
  something(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  async close(): Promise<void> {
    for (const client of this.server.clients) client.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Hears until a tone fills so many frames; false where the call ends before. */
export async function hearsTone(call: Call, hz: number, frames = 5): Promise<boolean> {
  let heard = 0;
  for await (const { samples, sampleRate } of call.audioIn()) {
    heard = isTone(samples, sampleRate, hz) ? heard + 1 : 0;
    if (heard === frames) return true;
  }
  return false;
}

/** Hears until it has been quiet for so many frames. */
export async function hearsQuiet(call: Call, frames = 10): Promise<boolean> {
  let quiet = 0;
  for await (const { samples } of call.audioIn()) {
    quiet = samples.every((sample) => Math.abs(sample) < 100) ? quiet + 1 : 0;
    if (quiet === frames) return true;
  }
  return false;
}

export function isTone(samples: Int16Array, sampleRate: number, hz: number): boolean {
  return (
    samples.some((sample) => Math.abs(sample) > 1000) && toneShare(samples, sampleRate, hz) > 0.9
  );
}

/** A tone as a program makes it. */
export function tone(hz: number, ms: number, sampleRate = 8000): Int16Array {
  return Int16Array.from({ length: (ms * sampleRate) / 1000 }, (_, at) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * at) / sampleRate)),
  );
}
