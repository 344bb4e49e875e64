import { StrowgerError } from '@strowger/runtime';
import type { ByteSource } from './byte-source.ts';
import { readFormat, type WavFormat } from './wav-format.ts';

/** Chunks that may stand before the samples. */
const MAX_CHUNKS = 64;

/** What stands before the samples, and where these are: from a byte to before another. */
export interface WavHead {
  readonly format: WavFormat;
  readonly from: number;
  readonly to: number;
}

/** Walks the chunks up to the samples (RIFF: a name, a length, an even number of bytes). */
export async function readHead(source: ByteSource): Promise<WavHead> {
  const { size } = source;
  const riff = await readPart(source, 0, 12);
  if (ascii(riff, 0) !== 'RIFF' || ascii(riff, 8) !== 'WAVE') {
    throw new StrowgerError('WAV_MALFORMED', 'This is no WAV file: RIFF and WAVE are missing');
  }
  let format: WavFormat | undefined;
  let at = 12;
  for (let i = 0; i < MAX_CHUNKS && at + 8 <= size; i++) {
    const head = await readPart(source, at, 8);
    const length = new DataView(head.buffer).getUint32(4, true);
    const from = at + 8;
    if (ascii(head, 0) === 'fmt ')
      format = readFormat(await readPart(source, from, Math.min(length, 40)));
    if (ascii(head, 0) === 'data' && format)
      return { format, from, to: endOfData(from, length, size) };
    at = from + length + (length % 2);
  }
  const missing = format ? 'data' : 'fmt';
  throw new StrowgerError('WAV_MALFORMED', `The file has no ${missing} chunk where one is needed`);
}

/** A recorder that died, or a pipe, left 0 or all ones: then the samples go on to the end. */
function endOfData(from: number, length: number, size: number): number {
  const isUnknown = length === 0 || length === 0xffff_ffff;
  return isUnknown ? size : Math.min(size, from + length);
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

async function readPart(source: ByteSource, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const read = await source.read(bytes, at);
  return bytes.slice(0, read);
}
