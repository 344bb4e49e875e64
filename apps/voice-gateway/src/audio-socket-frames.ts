import { littleEndian, samplesOf } from './pcm-bytes.ts';

/**
 * The frames of Asterisk's AudioSocket: a kind, the payload's length in two octets (big endian), the
 * payload. Audio is 16-bit little-endian PCM, mono, whose rate the kind tells.
 */
const KIND = { hangUp: 0x00, uuid: 0x01, digit: 0x03, error: 0xff } as const;
const HEADER_BYTES = 3;

/** The rate in Hz that each kind of audio has. */
const RATES: ReadonlyMap<number, number> = new Map([
  [0x10, 8000],
  [0x11, 12_000],
  [0x12, 16_000],
  [0x13, 24_000],
  [0x14, 32_000],
  [0x15, 44_100],
  [0x16, 48_000],
  [0x17, 96_000],
  [0x18, 192_000],
]);

/** What a server may send. */
export type AudioSocketFrame =
  | { type: 'hangUp' }
  | { type: 'digit'; digit: string }
  | { type: 'audio'; samples: Int16Array; sampleRate: number }
  | { type: 'error'; code: string }
  /** Nothing of the kind. */
  | { type: 'bad'; why: string };

/** The first frame of a connection: whose audio it is. */
export function uuidFrame(id: string): Buffer {
  return frame(KIND.uuid, Buffer.from(id.replaceAll('-', ''), 'hex'));
}

/** Audio at a rate that has a kind; at most 32 767 samples. */
export function audioFrame(samples: Int16Array, sampleRate: number): Buffer {
  return frame(kindOf(sampleRate) ?? 0x10, littleEndian(samples));
}

/** The kind of audio at a rate; absent where there is none. */
export function kindOf(sampleRate: number): number | undefined {
  return [...RATES].find(([, rate]) => rate === sampleRate)?.[0];
}

export function digitFrame(digit: string): Buffer {
  return frame(KIND.digit, Buffer.from(digit, 'latin1'));
}

export function hangUpFrame(): Buffer {
  return frame(KIND.hangUp, Buffer.alloc(0));
}

function frame(kind: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = kind;
  header.writeUInt16BE(payload.length, 1);
  return Buffer.concat([header, payload]);
}

/** Cuts a stream into frames; never holds more than one that is not complete. */
export class AudioSocketReader {
  private rest = Buffer.alloc(0);

  /** The frames that are complete with this; a bad one is the last that is looked at. */
  *push(bytes: Buffer): Generator<AudioSocketFrame> {
    let unread = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    while (unread.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + unread.readUInt16BE(1);
      if (unread.length < end) break;
      const read = readFrame(unread[0] ?? 0, unread.subarray(HEADER_BYTES, end));
      unread = unread.subarray(end);
      yield read;
      if (read.type === 'bad') break;
    }
    this.rest = Buffer.from(unread); // a copy: the whole block would stay otherwise
  }
}

function readFrame(kind: number, payload: Buffer): AudioSocketFrame {
  const sampleRate = RATES.get(kind);
  if (sampleRate !== undefined) {
    if (payload.length % 2 === 1) return { type: 'bad', why: 'half a sample' };
    return { type: 'audio', samples: samplesOf(payload), sampleRate };
  }
  switch (kind) {
    case KIND.hangUp:
      return { type: 'hangUp' };
    case KIND.error:
      return { type: 'error', code: payload.toString('hex') };
    case KIND.digit: {
      const digit = payload.toString('latin1');
      return /^[0-9*#A-D]$/.test(digit)
        ? { type: 'digit', digit }
        : { type: 'bad', why: 'a digit that is none' };
    }
    default:
      return { type: 'bad', why: `kind 0x${kind.toString(16).padStart(2, '0')}` };
  }
}
