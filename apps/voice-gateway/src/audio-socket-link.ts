import { connect, type Socket } from 'node:net';
import { SAMPLE_RATES } from '@strowger/media-core';
import type { Clock } from '@strowger/runtime';
import {
  audioFrame,
  type AudioSocketFrame,
  AudioSocketReader,
  digitFrame,
  hangUpFrame,
  uuidFrame,
} from './audio-socket-frames.ts';
import { connected } from './connecting.ts';
import type { LinkEnd, LinkLimits, LinkOpener, LinkUser, ProgramLink } from './program-link.ts';
import { Watchdog } from './watchdog.ts';

/** How long a server may take to close before the connection is cut. */
const CLOSE_MS = 2000;

/** How an AudioSocket server is reached: as Asterisk's application does, we connect. */
export interface AudioSocketOptions {
  readonly host: string;
  readonly port: number;
  /** One that has a kind of frame, in Hz; Asterisk's application has 8000. */
  readonly sampleRate: number;
  readonly limits: LinkLimits;
  readonly clock: Clock;
}

/** Opens a connection for each call. */
export function audioSocketLinks(options: AudioSocketOptions): LinkOpener {
  return async ({ id }, signal) => new AudioSocketLink(await dial(options, signal), id, options);
}

async function dial(
  { host, port, limits, clock }: AudioSocketOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  try {
    await connected({
      clock,
      signal,
      connectMs: limits.connectMs,
      begin: (ready, fail) => {
        socket.on('error', ({ message }) => fail(message));
        socket.on('connect', ready);
      },
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

class AudioSocketLink implements ProgramLink {
  readonly sampleRate: number;
  readonly wantsSaid = false;
  readonly gone: Promise<LinkEnd>;
  private readonly socket: Socket;
  private readonly id: string;
  private readonly limits: LinkLimits;
  private readonly clock: Clock;
  private readonly reader = new AudioSocketReader();
  private watchdog: Watchdog | undefined;
  private isOver = false;

  constructor(socket: Socket, id: string, { sampleRate, limits, clock }: AudioSocketOptions) {
    this.socket = socket;
    this.id = id;
    this.sampleRate = sampleRate;
    this.limits = limits;
    this.clock = clock;
    const detail = 'closed before the call began';
    const end: LinkEnd = { kind: 'fault', code: 'lost', detail };
    this.gone = new Promise((resolve) => socket.once('close', () => resolve(end)));
  }

  start(user: LinkUser): void {
    const { socket } = this;
    const end = (why: LinkEnd): void => {
      if (this.isOver) return;
      this.isOver = true;
      user.onEnd(why);
    };
    socket.on('data', (bytes) => {
      this.watchdog?.alive();
      for (const frame of this.reader.push(bytes)) if (!this.isOver) take(frame, user, end);
    });
    socket.on('drain', () => this.watchdog?.alive());
    // closing the connection is as good as the frame for it
    socket.on('end', () => end({ kind: 'programDone' }));
    socket.on('error', ({ message }) => end({ kind: 'fault', code: 'lost', detail: message }));
    socket.on('close', () => {
      this.watchdog?.stop();
      end({ kind: 'programDone' });
    });
    if (socket.destroyed) {
      return end({ kind: 'fault', code: 'lost', detail: 'closed before the call began' });
    }
    this.watchdog = this.watch(end);
    socket.write(uuidFrame(this.id));
  }

  hear(samples: Int16Array): void {
    if (this.hasRoom) this.socket.write(audioFrame(samples, this.sampleRate));
  }

  said(): void {}

  digit(digit: string): void {
    if (this.hasRoom) this.socket.write(digitFrame(digit));
  }

  /** The protocol has no word for it, */
  speech(): void {}

  /** nor for marks. */
  mark(): void {}

  stop(): void {
    const { socket } = this;
    this.isOver = true;
    this.watchdog?.stop();
    if (socket.destroyed) return;
    socket.end(hangUpFrame());
    const cut = this.clock.arm(CLOSE_MS, () => socket.destroy());
    socket.once('close', () => cut.cancel());
    socket.resume();
  }

  /** A server need not say anything; one that takes nothing for `idleMs` is dead. */
  private watch(end: (why: LinkEnd) => void): Watchdog {
    const { socket, clock } = this;
    const { idleMs } = this.limits;
    return new Watchdog({
      clock,
      idleMs,
      ask: () => socket.writableLength === 0,
      onDead: (silentMs) => {
        end({ kind: 'fault', code: 'silent', detail: `nothing taken for ${silentMs} ms` });
        socket.destroy();
      },
    });
  }

  private get hasRoom(): boolean {
    return this.socket.writable && this.socket.writableLength <= this.limits.toProgramBytes;
  }
}

function take(frame: AudioSocketFrame, user: LinkUser, end: (why: LinkEnd) => void): void {
  const fault = (code: 'badMessage' | 'programError', detail: string): void =>
    end({ kind: 'fault', code, detail });
  switch (frame.type) {
    case 'audio':
      if (!SAMPLE_RATES.includes(frame.sampleRate)) {
        return fault('badMessage', `audio at ${frame.sampleRate} Hz`);
      }
      return user.onAudio(frame.samples, frame.sampleRate);
    case 'digit':
      return user.onDigits(frame.digit);
    case 'hangUp':
      return end({ kind: 'programDone' });
    case 'error':
      return fault('programError', `error 0x${frame.code}`);
    case 'bad':
      return fault('badMessage', frame.why);
    default:
      frame satisfies never;
  }
}
