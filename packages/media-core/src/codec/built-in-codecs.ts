import type { CodecFactory } from './audio-codec.ts';
import { pcma, pcmu } from './g711-codec.ts';
import { g722 } from './g722-codec.ts';
import { l16 } from './l16-codec.ts';
import { opus } from './opus-codec.ts';
import { OPUS_FMTP } from './opus-parameters.ts';

/** A codec of this package: what RTP has to know of it, and how it is come by. */
export interface BuiltInCodec {
  readonly name: string;
  readonly clockRate: number;
  /** Static, or the one that others use, too. */
  readonly payloadType?: number;
  readonly channels?: number;
  readonly fmtp?: string;
  readonly sampleRate: number;
  readonly factory: CodecFactory;
}

/** What an engine offers where nobody says otherwise: first what every phone has at no cost. */
export const DEFAULT_CODECS: readonly string[] = ['pcmu', 'pcma', 'g722', 'opus'];

/** By the name under which it is asked for; L16 has a name for each of its rates. */
export const BUILT_IN_CODECS: { readonly [name: string]: BuiltInCodec } = {
  pcmu: { name: 'pcmu', payloadType: 0, clockRate: 8000, sampleRate: 8000, factory: pcmu },
  pcma: { name: 'pcma', payloadType: 8, clockRate: 8000, sampleRate: 8000, factory: pcma },
  g722: { name: 'g722', payloadType: 9, clockRate: 8000, sampleRate: 16_000, factory: g722 },
  // to be told as two channels always (RFC 7587 §7)
  opus: {
    name: 'opus',
    payloadType: 111,
    clockRate: 48_000,
    channels: 2,
    fmtp: OPUS_FMTP,
    sampleRate: 48_000,
    factory: opus,
  },
  l16: { ...linear(44_100), payloadType: 11 },
  'l16/8000': linear(8000),
  'l16/16000': linear(16_000),
  'l16/24000': linear(24_000),
  'l16/48000': linear(48_000),
};

function linear(rate: number): BuiltInCodec {
  return { name: 'l16', clockRate: rate, sampleRate: rate, factory: l16 };
}
