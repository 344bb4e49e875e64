import { StrowgerError } from '@strowger/runtime';
import { pcmaDecode, pcmuDecode } from './g711.ts';
import { SAMPLE_RATES } from './resampler.ts';

/** How samples stand in a WAV file (RIFF, "fmt " chunk). */
export interface WavFormat {
  readonly encoding: 'pcm8' | 'pcm16' | 'pcma' | 'pcmu';
  readonly channels: 1 | 2;
  readonly sampleRate: number;
}

/** Bytes before the samples in a file that we write. */
export const WAV_HEADER_BYTES = 44;
/** RIFF counts in 32 bits. */
export const WAV_MAX_DATA_BYTES = 0xffff_ffff - WAV_HEADER_BYTES;

/** The header of a file of 16-bit PCM with `dataBytes` of samples behind it. */
export function wavHeader(sampleRate: number, channels: 1 | 2, dataBytes: number): Uint8Array {
  const bytes = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const text = new TextEncoder();
  text.encodeInto('RIFF', bytes);
  view.setUint32(4, WAV_HEADER_BYTES - 8 + dataBytes, true);
  text.encodeInto('WAVEfmt ', bytes.subarray(8));
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text.encodeInto('data', bytes.subarray(36));
  view.setUint32(40, dataBytes, true);
  return bytes;
}

/**
 * Reads the content of a "fmt " chunk.
 *
 * @throws StrowgerError `WAV_MALFORMED`, `WAV_UNSUPPORTED`.
 */
export function readFormat(chunk: Uint8Array): WavFormat {
  if (chunk.length < 16) throw new StrowgerError('WAV_MALFORMED', 'The fmt chunk is too short');
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const tag = view.getUint16(0, true);
  // An extensible format names the real one in the first bytes of a GUID.
  const real = tag === 0xfffe && chunk.length >= 26 ? view.getUint16(24, true) : tag;
  const channels = view.getUint16(2, true);
  const sampleRate = view.getUint32(4, true);
  const bits = view.getUint16(14, true);
  const encoding = encodingOf(real, bits);
  if (!encoding) throw unsupported(`format ${real} with ${bits} bits`);
  if (channels !== 1 && channels !== 2) throw unsupported(`${channels} channels`);
  if (!SAMPLE_RATES.includes(sampleRate)) throw unsupported(`${sampleRate} Hz`);
  return { encoding, channels, sampleRate };
}

function encodingOf(tag: number, bits: number): WavFormat['encoding'] | undefined {
  if (tag === 1 && bits === 8) return 'pcm8';
  if (tag === 1 && bits === 16) return 'pcm16';
  if (tag === 6 && bits === 8) return 'pcma';
  return tag === 7 && bits === 8 ? 'pcmu' : undefined;
}

function unsupported(what: string): StrowgerError {
  const can = 'PCM of 8 or 16 bits, A-law and µ-law, mono or stereo, 8 to 48 kHz';
  return new StrowgerError('WAV_UNSUPPORTED', `Cannot read ${what}; what can be read is ${can}`);
}

/** Bytes of one sample of all channels. */
export function frameBytes({ encoding, channels }: WavFormat): number {
  return (encoding === 'pcm16' ? 2 : 1) * channels;
}

/** Decodes whole frames; two channels become their mean. */
export function decodeToMono(bytes: Uint8Array, format: WavFormat): Int16Array {
  const samples = decode(bytes, format.encoding);
  if (format.channels === 1) return samples;
  const mono = new Int16Array(samples.length / 2);
  for (let i = 0; i < mono.length; i++) {
    mono[i] = ((samples[2 * i] ?? 0) + (samples[2 * i + 1] ?? 0)) >> 1;
  }
  return mono;
}

function decode(bytes: Uint8Array, encoding: WavFormat['encoding']): Int16Array {
  switch (encoding) {
    case 'pcmu':
      return pcmuDecode(bytes);
    case 'pcma':
      return pcmaDecode(bytes);
    case 'pcm8':
      return Int16Array.from(bytes, (byte) => (byte - 128) << 8);
    case 'pcm16': {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return Int16Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true));
    }
    default:
      return encoding satisfies never;
  }
}
