import type { Clock } from '@strowger/runtime';
import { WebSocket } from 'ws';
import { connected } from './connecting.ts';
import type { FaultCode, LinkEnd, LinkLimits } from './program-link.ts';
import { Watchdog } from './watchdog.ts';

/** How long a program may take to close before the connection is cut. */
const CLOSE_MS = 2000;
/** Messages that may wait for the call to be answered; nor may they be longer than one may be. */
const EARLY_MESSAGES = 10_000;

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

/** A WebSocket to a program: watched, and with limits, from the moment it is open. */
export class ProgramSocket {
  /** Resolves when the program is gone, or has broken a limit. */
  readonly gone: Promise<LinkEnd>;
  private readonly socket: WebSocket;
  private readonly limits: LinkLimits;
  private readonly clock: Clock;
  private readonly watchdog: Watchdog;
  private isOver = false;
  private user: WebSocketUser | undefined;
  /** What came before anybody listened. */
  private early: (string | Buffer)[] = [];
  private earlyBytes = 0;
  private end: (end: LinkEnd) => void = () => {};

  /** Rejects with `ProgramDown`. */
  static async open(options: WebSocketOptions): Promise<ProgramSocket> {
    const { url, headers, limits, clock, signal } = options;
    const socket = new WebSocket(url, {
      headers,
      maxPayload: limits.messageBytes,
      perMessageDeflate: false,
      skipUTF8Validation: false,
    });
    let opened: ProgramSocket | undefined;
    try {
      await connected({
        clock,
        signal,
        connectMs: limits.connectMs,
        begin: (ready, fail) => {
          socket.on('error', ({ message }) => fail(message));
          socket.on('open', () => {
            opened = new ProgramSocket(socket, limits, clock); // now: messages may be behind it
            ready();
          });
        },
      });
      if (opened === undefined) throw new Error('a socket is open before it is ready');
      return opened;
    } catch (error) {
      socket.terminate();
      throw error;
    }
  }

  private constructor(socket: WebSocket, limits: LinkLimits, clock: Clock) {
    this.socket = socket;
    this.limits = limits;
    this.clock = clock;
    this.gone = new Promise((resolve) => (this.end = resolve));
    socket.on('message', (data: Buffer, isBinary) => {
      this.watchdog.alive();
      this.take(isBinary ? data : data.toString());
    });
    socket.on('pong', () => this.watchdog.alive());
    socket.on('error', ({ message }) => {
      // what ws itself refuses, such as a message that is too long
      const { readyState } = socket;
      const isRefused = readyState === WebSocket.OPEN || readyState === WebSocket.CLOSING;
      this.fault(isRefused ? 'badMessage' : 'lost', message);
    });
    socket.on('close', (code, reason) => {
      this.watchdog.stop();
      if (code === 1000 || code === 1001 || code === 1005) this.finish({ kind: 'programDone' });
      else this.fault('lost', `closed with ${code} ${reason.toString()}`.trim());
    });
    this.watchdog = new Watchdog({
      clock,
      idleMs: limits.idleMs,
      ask: () => {
        socket.ping(); // which every WebSocket answers
        return false;
      },
      onDead: (silentMs) => {
        this.fault('silent', `nothing for ${silentMs} ms`);
        socket.terminate();
      },
    });
  }

  /** What comes goes to `user` from now on, what came already first. */
  listen(user: WebSocketUser): void {
    this.user = user;
    for (const message of this.early.splice(0)) if (!this.isOver) pass(message, user);
    void this.gone.then((end) => user.onEnd(end));
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
    this.watchdog.stop();
    if (socket.readyState === WebSocket.CLOSED) return;
    socket.close(1000);
    const cut = this.clock.arm(CLOSE_MS, () => socket.terminate());
    socket.once('close', () => cut.cancel());
  }

  /** Nothing is held back in the socket, where pings and the end would wait behind it. */
  private take(message: string | Buffer): void {
    if (this.isOver) return;
    if (this.user !== undefined) return pass(message, this.user);
    const { messageBytes } = this.limits;
    this.earlyBytes += message.length;
    if (this.early.length < EARLY_MESSAGES && this.earlyBytes <= messageBytes) {
      this.early.push(message);
      return;
    }
    this.fault('tooMuchAudio', 'too much came before the call was answered');
  }

  private fault(code: FaultCode, detail: string): void {
    this.finish({ kind: 'fault', code, detail });
  }

  private finish(end: LinkEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.watchdog.stop();
    this.early = [];
    this.end(end);
  }
}

function pass(message: string | Buffer, user: WebSocketUser): void {
  if (typeof message === 'string') user.onText(message);
  else user.onBytes(message);
}
