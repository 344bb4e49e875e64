import { littleEndian, samplesOf } from './pcm-bytes.ts';
import { type PcmNotice, readPcm } from './pcm-messages.ts';
import type { CallFacts, LinkEnd, LinkOpener, LinkUser, ProgramLink } from './program-link.ts';
import { ProgramSocket, type WebSocketOptions } from './web-socket.ts';

/** How a program that takes raw PCM is reached. */
export interface PcmOptions extends Omit<WebSocketOptions, 'signal'> {
  /** Of both directions, in Hz. */
  readonly sampleRate: number;
}

/** Opens a WebSocket for each call: audio in binary messages, everything else in JSON. */
export function pcmLinks({ sampleRate, ...options }: PcmOptions): LinkOpener {
  return async (facts, signal) => {
    const socket = await ProgramSocket.open({ ...options, signal });
    return new PcmLink(socket, sampleRate, facts);
  };
}

class PcmLink implements ProgramLink {
  readonly sampleRate: number;
  readonly wantsSaid = false;
  readonly gone: Promise<LinkEnd>;
  private readonly socket: ProgramSocket;
  private readonly facts: CallFacts;

  constructor(socket: ProgramSocket, sampleRate: number, facts: CallFacts) {
    this.socket = socket;
    this.gone = socket.gone;
    this.sampleRate = sampleRate;
    this.facts = facts;
  }

  start(user: LinkUser): void {
    const { sampleRate } = this;
    const bad = (detail: string): void => {
      user.onEnd({ kind: 'fault', code: 'badMessage', detail });
    };
    this.socket.listen({
      onText: (text) => take(text, user, bad),
      onBytes: (bytes) => {
        if (bytes.length % 2 === 1) bad('half a sample');
        else user.onAudio(samplesOf(bytes), sampleRate);
      },
      onEnd: (end) => user.onEnd(end),
    });
    this.tell({ type: 'start', sampleRate, ...this.facts });
  }

  hear(samples: Int16Array): void {
    this.socket.send(littleEndian(samples));
  }

  said(): void {}

  digit(digit: string, durationMs: number): void {
    this.tell({ type: 'digit', digit, durationMs });
  }

  speech(event: Parameters<ProgramLink['speech']>[0]): void {
    if (event.type === 'started') this.tell({ type: 'speechStarted', agoMs: event.agoMs });
    else this.tell({ type: 'speechEnded', durationMs: event.durationMs });
  }

  mark(name: string, reached: boolean): void {
    this.tell({ type: 'mark', name, reached });
  }

  stop(reason: string): void {
    this.tell({ type: 'stop', reason });
    this.socket.close();
  }

  private tell(notice: PcmNotice): void {
    this.socket.send(JSON.stringify(notice));
  }
}

function take(text: string, user: LinkUser, bad: (detail: string) => void): void {
  const request = readPcm(text);
  switch (request.type) {
    case 'mark':
      return user.onMark(request.name);
    case 'clear':
      return user.onClear();
    case 'digits':
      return user.onDigits(request.digits);
    case 'hangUp':
      return user.onEnd({ kind: 'programDone' });
    case 'bad':
      return bad(request.why);
    default:
      request satisfies never;
  }
}
