import type { Clock, Timer } from '@strowger/runtime';
import { WebSocket } from 'ws';
import { connected } from './connecting.ts';
import type { LinkEnd, LinkLimits } from './program-link.ts';

/** How long a program may take to close before the connection is cut. */
const CLOSE_MS = 2000;

/** How a WebSocket to a program is opened. */
export interface WebSocketOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: LinkLimits;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Who hears what comes. */
export interface WebSocketUser {
  onText(text: string): void;
  onBytes(bytes: Buffer): void;
  onEnd(end: LinkEnd): void;
}

/** A WebSocket to a program: watched, and with limits. */
export class ProgramSocket {
  private readonly socket: WebSocket;
  private readonly limits: LinkLimits;
  private readonly clock: Clock;
  private watch: Timer | undefined;
  private heardAt = 0;
  private isOver = false;

  /** Rejects with `ProgramDown`. */
  static async open(options: WebSocketOptions): Promise<ProgramSocket> {
    const { url, headers, limits, clock, signal } = options;
    const socket = new WebSocket(url, {
      headers,
      maxPayload: limits.messageBytes,
      perMessageDeflate: false,
      skipUTF8Validation: false,
    });
    try {
      await connected({
        clock,
        signal,
        connectMs: limits.connectMs,
        begin: (ready, fail) => {
          socket.on('error', ({ message }) => fail(message));
          socket.on('open', () => {
            socket.pause(); // until the call is answered
            ready();
          });
        },
      });
      return new ProgramSocket(socket, limits, clock);
    } catch (error) {
      socket.terminate();
      throw error;
    }
  }

  private constructor(socket: WebSocket, limits: LinkLimits, clock: Clock) {
    this.socket = socket;
    this.limits = limits;
    this.clock = clock;
  }

  /** What comes goes to `user` from now on. */
  listen(user: WebSocketUser): void {
    const { socket } = this;
    const end = (why: LinkEnd): void => {
      if (this.isOver) return;
      this.isOver = true;
      user.onEnd(why);
    };
    const lost = (detail: string): void => end({ kind: 'fault', code: 'lost', detail });
    socket.on('message', (data: Buffer, isBinary) => {
      this.heardAt = this.clock.now();
      if (this.isOver) return;
      if (isBinary) user.onBytes(data);
      else user.onText(data.toString());
    });
    socket.on('pong', () => (this.heardAt = this.clock.now()));
    socket.on('error', ({ message }) => {
      // what ws itself refuses, such as a message that is too long
      if (socket.readyState === WebSocket.OPEN || socket.readyState === WebSocket.CLOSING) {
        end({ kind: 'fault', code: 'badMessage', detail: message });
      } else lost(message);
    });
    socket.on('close', (code, reason) => {
      this.watch?.cancel();
      if (code === 1000 || code === 1001 || code === 1005) end({ kind: 'programDone' });
      else lost(`closed with ${code} ${reason.toString()}`.trim());
    });
    if (socket.readyState !== WebSocket.OPEN) return lost('closed before the call began');
    this.heardAt = this.clock.now();
    this.watchIt(end);
    socket.resume();
  }

  /** `false` where too much waits already, and it was not sent. */
  send(message: string | Buffer): boolean {
    const { socket, limits } = this;
    if (socket.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount > limits.toProgramBytes) return false;
    socket.send(message);
    return true;
  }

  /** Closes it as one does, and cuts it where the program does not answer to that. */
  close(): void {
    const { socket } = this;
    this.isOver = true;
    this.watch?.cancel();
    if (socket.readyState === WebSocket.CLOSED) return;
    socket.resume();
    socket.close(1000);
    const cut = this.clock.arm(CLOSE_MS, () => socket.terminate());
    socket.once('close', () => cut.cancel());
  }

  /** Asks twice in `idleMs` whether it lives: by a ping, which every WebSocket answers. */
  private watchIt(end: (why: LinkEnd) => void): void {
    const { idleMs } = this.limits;
    this.watch = this.clock.arm(idleMs / 2, () => {
      if (this.isOver) return;
      const silentMs = Math.round(this.clock.now() - this.heardAt);
      if (silentMs >= idleMs) {
        end({ kind: 'fault', code: 'silent', detail: `nothing for ${silentMs} ms` });
        this.socket.terminate();
        return;
      }
      this.socket.ping();
      this.watchIt(end);
    });
  }
}
