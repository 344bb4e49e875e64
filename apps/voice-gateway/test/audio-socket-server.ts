import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A frame as it stands on the wire. */
export interface WireFrame {
  readonly kind: number;
  readonly payload: Buffer;
}

/**
 * An AudioSocket server as one writes it after Asterisk's documentation: it shares no code with the
 * gateway.
 */
export class AudioSocketServer {
  readonly frames: WireFrame[] = [];
  socket: Socket | undefined;
  hasEnded = false;
  onFrame: (frame: WireFrame) => void = () => {};
  private readonly server: Server;
  private wake = (): void => {};

  static async start(): Promise<AudioSocketServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new AudioSocketServer(server);
  }

  private constructor(server: Server) {
    this.server = server;
    server.on('connection', (socket) => {
      this.socket = socket;
      let rest = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.hasEnded = true;
        this.wake();
      });
      socket.on('data', (bytes) => {
        rest = Buffer.concat([rest, bytes]);
        while (rest.length >= 3 && rest.length >= 3 + rest.readUInt16BE(1)) {
          const end = 3 + rest.readUInt16BE(1);
          const frame = { kind: rest[0] ?? 0, payload: rest.subarray(3, end) };
          rest = rest.subarray(end);
          this.frames.push(frame);
          this.onFrame(frame);
        }
        this.wake();
      });
    });
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`; // it listens on TCP
  }

  /** Writes octets as they stand, in hexadecimal digits. */
  sendHex(hex: string): void {
    this.socket?.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  }

  /** Audio at 8000 Hz, in frames of 20 ms. */
  sendAudio(samples: Int16Array, kind = 0x10, perFrame = 160): void {
    for (let at = 0; at < samples.length; at += perFrame) {
      const part = samples.subarray(at, at + perFrame);
      const frame = Buffer.alloc(3 + 2 * part.length);
      frame[0] = kind;
      frame.writeUInt16BE(2 * part.length, 1);
      part.forEach((sample, index) => frame.writeInt16LE(sample, 3 + 2 * index));
      this.socket?.write(frame);
    }
  }

  async gets(is: (frame: WireFrame) => boolean): Promise<WireFrame> {
    for (;;) {
      const found = this.frames.find(is);
      if (found !== undefined) return found;
      await this.something();
    }
  }

  async ends(): Promise<void> {
    while (!this.hasEnded) await this.something();
  }

  async close(): Promise<void> {
    this.socket?.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private something(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}

/** The samples of a frame of audio. */
export function samplesIn({ payload }: WireFrame): Int16Array {
  return Int16Array.from({ length: payload.length / 2 }, (_, at) => payload.readInt16LE(2 * at));
}
