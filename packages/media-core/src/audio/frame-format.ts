import { StrowgerError } from '@strowger/runtime';
import { pcmaDecode, pcmaEncode, pcmuDecode, pcmuEncode } from './g711.ts';

/**
 * How a program has its samples: `s16le` 16 bits in two bytes, the lower one first; `float32` numbers from
 * −1 to 1; `pcmu` and `pcma` a byte of G.711 each, at any rate.
 */
export type SampleFormat = 's16le' | 'float32' | 'pcmu' | 'pcma';

/** Samples as a program has them. */
export type FormattedSamples<Format extends SampleFormat> = Format extends 'float32'
  ? Float32Array
  : Uint8Array;

/** A frame in the format of a program. */
export interface FormattedFrame<Format extends SampleFormat> {
  readonly data: FormattedSamples<Format>;
  readonly sampleRate: number;
  /** Samples since the stream began. */
  readonly timestamp: number;
}

/** A frame as `audioIn` gives it and `audioOut` takes it. */
interface Frame {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  readonly timestamp: number;
}

/**
 * Makes frames of `audioIn` frames of this format: `audioIn({ sampleRate }).pipeThrough(framesTo('float32'))`.
 * It holds one frame at most.
 */
export function framesTo<Format extends SampleFormat>(
  format: Format,
): TransformStream<Frame, FormattedFrame<Format>> {
  const encode = ENCODERS[format];
  return new TransformStream({
    transform({ samples, sampleRate, timestamp }, controller) {
      const data = encode(samples) as FormattedSamples<Format>; // as the table has it
      controller.enqueue({ data, sampleRate, timestamp });
    },
  });
}

/**
 * The other way, for `audioOut`: pieces of any length become frames. Floats beyond −1 and 1 saturate; a half
 * sample at the end of a piece waits for the next one. The stream fails with `BAD_AUDIO_FRAME` where what
 * is written is no such piece.
 */
export function framesFrom<Format extends SampleFormat>(
  format: Format,
): TransformStream<Omit<FormattedFrame<Format>, 'timestamp'>, Frame> {
  const decode = DECODERS[format];
  let timestamp = 0;
  let rest = new Uint8Array(0);
  return new TransformStream({
    transform({ data, sampleRate }, controller) {
      const isFit =
        format === 'float32' ? data instanceof Float32Array : data instanceof Uint8Array;
      if (!isFit || !(sampleRate > 0)) {
        const message = `A frame of ${format} has samples of that format, and a rate`;
        throw new StrowgerError('BAD_AUDIO_FRAME', message);
      }
      let piece: Uint8Array | Float32Array = data;
      if (format === 's16le' && data instanceof Uint8Array) {
        const all = joined(rest, data);
        const even = all.length & ~1;
        rest = all.slice(even);
        piece = all.subarray(0, even);
      }
      const samples = decode(piece);
      if (samples.length === 0) return;
      controller.enqueue({ samples, sampleRate, timestamp });
      timestamp += samples.length;
    },
  });
}

type Encoder = (samples: Int16Array) => Uint8Array | Float32Array;
type Decoder = (data: Uint8Array | Float32Array) => Int16Array;

const ENCODERS: Readonly<Record<SampleFormat, Encoder>> = {
  s16le: (samples) => {
    const bytes = new DataView(new ArrayBuffer(samples.length * 2));
    samples.forEach((sample, at) => bytes.setInt16(at * 2, sample, true));
    return new Uint8Array(bytes.buffer);
  },
  float32: (samples) => Float32Array.from(samples, (sample) => sample / 32_768),
  pcmu: (samples) => pcmuEncode(samples),
  pcma: (samples) => pcmaEncode(samples),
};

const DECODERS: Readonly<Record<SampleFormat, Decoder>> = {
  s16le: ({ buffer, byteOffset, byteLength }) => {
    const bytes = new DataView(buffer, byteOffset, byteLength);
    return Int16Array.from({ length: byteLength / 2 }, (_, at) => bytes.getInt16(at * 2, true));
  },
  float32: (data) => Int16Array.from(data, saturated),
  pcmu: (data) => pcmuDecode(bytesOf(data)),
  pcma: (data) => pcmaDecode(bytesOf(data)),
};

/** What is no number is silence. */
function saturated(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))) || 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
