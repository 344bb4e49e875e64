import { WavReader } from './wav-reader.ts';

const BLOCK_MS = 500;
const MAX_SECONDS = 3600;

/**
 * Reads a whole file of up to an hour, as mono at `sampleRate` (default: the file's own), for
 * measuring it; a longer one is cut.
 *
 * @throws StrowgerError as `WavReader.open` does.
 */
export async function readWav(
  path: string,
  options: { sampleRate?: number } = {},
): Promise<{ samples: Int16Array; sampleRate: number }> {
  let reader = await WavReader.open(path, options);
  const sampleRate = options.sampleRate ?? reader.format.sampleRate;
  if (options.sampleRate === undefined && sampleRate !== 8000) {
    await reader.close();
    reader = await WavReader.open(path, { sampleRate });
  }
  const blocks: Int16Array[] = [];
  let length = 0;
  while (!reader.ended && length < sampleRate * MAX_SECONDS) {
    await reader.fill();
    const block = new Int16Array((sampleRate * BLOCK_MS) / 1000);
    const filled = reader.read(block);
    blocks.push(block.subarray(0, filled));
    length += filled;
  }
  await reader.close();
  if (reader.failure) throw reader.failure;
  const samples = new Int16Array(length);
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return { samples, sampleRate };
}
