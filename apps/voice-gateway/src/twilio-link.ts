import type { CallFacts, LinkEnd, LinkOpener, LinkUser, ProgramLink } from './program-link.ts';
import {
  readTwilio,
  type TwilioStream,
  type TwilioTrack,
  TwilioWriter,
} from './twilio-messages.ts';
import { ProgramSocket, type WebSocketOptions } from './web-socket.ts';

/** How a program that speaks Twilio's Media Streams is reached. */
export interface TwilioOptions extends Omit<WebSocketOptions, 'signal'> {
  /** What it is told as `accountSid`. */
  readonly accountSid: string;
  readonly tracks: readonly TwilioTrack[];
}

/** Opens a bidirectional stream of Twilio's kind for each call. */
export function twilioLinks({ accountSid, tracks, ...options }: TwilioOptions): LinkOpener {
  return async (facts, signal) => {
    const socket = await ProgramSocket.open({ ...options, signal });
    const { id } = facts;
    const stream = { accountSid, tracks, callSid: `CA${id}`, streamSid: `MZ${id}` };
    return new TwilioLink(socket, stream, facts);
  };
}

class TwilioLink implements ProgramLink {
  readonly sampleRate = 8000;
  readonly wantsSaid: boolean;
  readonly gone: Promise<LinkEnd>;
  private readonly socket: ProgramSocket;
  private readonly stream: TwilioStream;
  private readonly facts: CallFacts;
  private readonly writer: TwilioWriter;
  private hasStarted = false;

  constructor(socket: ProgramSocket, stream: TwilioStream, facts: CallFacts) {
    this.socket = socket;
    this.gone = socket.gone;
    this.stream = stream;
    this.facts = facts;
    this.wantsSaid = stream.tracks.includes('outbound');
    this.writer = new TwilioWriter(stream);
  }

  start(user: LinkUser): void {
    const { socket, writer } = this;
    const bad = (detail: string): void => {
      user.onEnd({ kind: 'fault', code: 'badMessage', detail });
    };
    socket.listen({
      onText: (text) => this.take(text, user, bad),
      onBytes: () => bad('a binary message: Media Streams are text'),
      onEnd: (end) => user.onEnd(end),
    });
    this.hasStarted = true;
    socket.send(writer.connected());
    socket.send(writer.start(this.facts.parameters));
  }

  hear(samples: Int16Array, timestampMs: number): void {
    if (!this.stream.tracks.includes('inbound')) return;
    this.socket.send(this.writer.media('inbound', samples, timestampMs));
  }

  said(samples: Int16Array, timestampMs: number): void {
    this.socket.send(this.writer.media('outbound', samples, timestampMs));
  }

  digit(digit: string): void {
    this.socket.send(this.writer.dtmf(digit));
  }

  /** Twilio's streams tell nothing of speech: programs hear for themselves. */
  speech(): void {}

  /** Told when it was reached, and when it was cleared, too. */
  mark(name: string): void {
    this.socket.send(this.writer.mark(name));
  }

  stop(): void {
    if (this.hasStarted) this.socket.send(this.writer.stop());
    this.socket.close();
  }

  private take(text: string, user: LinkUser, bad: (detail: string) => void): void {
    const request = readTwilio(text, this.stream.streamSid);
    switch (request.type) {
      case 'audio':
        return user.onAudio(request.samples, 8000);
      case 'mark':
        return user.onMark(request.name);
      case 'clear':
        return user.onClear();
      case 'bad':
        return bad(request.why);
      default:
        request satisfies never;
    }
  }
}
