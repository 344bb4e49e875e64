import { pcmuDecode, pcmuEncode } from '@strowger/media-core';
import { isName, readObject } from './json-message.ts';
import type { CallFacts } from './program-link.ts';

/** Which sides of the call a stream carries. */
export type TwilioTrack = 'inbound' | 'outbound';

/** What names a stream. */
export interface TwilioStream {
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
  readonly tracks: readonly TwilioTrack[];
}

/**
 * Writes the messages of Twilio's Media Streams (WebSocket messages from Twilio), as it documents
 * them: numbers that count are strings, audio is base64 of µ-law at 8000 Hz.
 */
export class TwilioWriter {
  private readonly stream: TwilioStream;
  private sequence = 0;
  private chunk = 0;

  constructor(stream: TwilioStream) {
    this.stream = stream;
  }

  connected(): string {
    return JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  }

  start(parameters: CallFacts['parameters']): string {
    const { accountSid, streamSid, callSid, tracks } = this.stream;
    return this.numbered('start', {
      start: {
        accountSid,
        streamSid,
        callSid,
        tracks,
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: parameters,
      },
    });
  }

  media(track: TwilioTrack, samples: Int16Array, timestampMs: number): string {
    const payload = Buffer.from(pcmuEncode(samples)).toString('base64');
    const chunk = String(++this.chunk);
    const timestamp = String(Math.round(timestampMs));
    return this.numbered('media', { media: { track, chunk, timestamp, payload } });
  }

  dtmf(digit: string): string {
    return this.numbered('dtmf', { dtmf: { track: 'inbound_track', digit } });
  }

  mark(name: string): string {
    return this.numbered('mark', { mark: { name } });
  }

  stop(): string {
    const { accountSid, callSid } = this.stream;
    return this.numbered('stop', { stop: { accountSid, callSid } });
  }

  private numbered(event: string, body: object): string {
    const sequenceNumber = String(++this.sequence);
    return JSON.stringify({ event, sequenceNumber, ...body, streamSid: this.stream.streamSid });
  }
}

/** What a program may send. */
export type TwilioRequest =
  | { type: 'audio'; samples: Int16Array }
  | { type: 'mark'; name: string }
  | { type: 'clear' }
  /** Nothing of the kind. */
  | { type: 'bad'; why: string };

/** Reads a message to Twilio: `media`, `mark` or `clear`, of this stream. */
export function readTwilio(text: string, streamSid: string): TwilioRequest {
  const message = readObject(text);
  if (typeof message === 'string') return bad(message);
  const { event } = message;
  if (message['streamSid'] !== streamSid) return bad(`streamSid is not that of the stream`);
  if (event === 'clear') return { type: 'clear' };
  if (event === 'mark') {
    const name = member(message['mark'], 'name');
    return isName(name) ? { type: 'mark', name } : bad('mark.name is no name');
  }
  if (event !== 'media') return bad('event is none of media, mark, clear');
  const payload = member(message['media'], 'payload');
  if (typeof payload !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(payload)) {
    return bad('media.payload is no base64');
  }
  return { type: 'audio', samples: pcmuDecode(Buffer.from(payload, 'base64')) };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Record<string, unknown>)[name] // it has it
    : undefined;
}

function bad(why: string): TwilioRequest {
  return { type: 'bad', why };
}
