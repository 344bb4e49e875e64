import type { PcmFrame } from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import { pcmBytes, pcmFrames } from './raw-pcm.ts';

async function* pieces(bytes: Uint8Array, ...lengths: number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const length of lengths) yield bytes.subarray(from, (from += length));
  yield bytes.subarray(from);
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

const samples = Int16Array.from({ length: 400 }, (_, at) => at * 80 - 16_000);
const raw = new Uint8Array(samples.length * 2);
samples.forEach((sample, at) => new DataView(raw.buffer).setInt16(at * 2, sample, true));

describe('raw PCM', () => {
  it.each([[[]], [[1, 1, 1]], [[319, 2]], [[320]], [[0, 700]]])(
    'is frames of 20 ms, however it is cut: %j',
    async (lengths) => {
      const frames = await all(pcmFrames(pieces(raw, ...lengths)));
      expect(frames.map(({ timestamp, sampleRate }) => [timestamp, sampleRate])).toEqual([
        [0, 8000],
        [160, 8000],
      ]);
      expect(frames.flatMap((frame) => [...frame.samples])).toEqual(
        Array.from(samples.subarray(0, 320)),
      );
    },
  );

  it('has the rate that it was recorded at', async () => {
    const [frame] = await all(pcmFrames(pieces(raw), { sampleRate: 10_000 }));
    expect(frame).toMatchObject({ sampleRate: 10_000, samples: samples.slice(0, 200) });
  });

  it('is what frames are written as', async () => {
    const frames = new ReadableStream<PcmFrame>({
      start: (controller) => {
        controller.enqueue({ samples, sampleRate: 8000, timestamp: 0 });
        controller.close();
      },
    });
    expect(Buffer.concat(await all(pcmBytes(frames)))).toEqual(Buffer.from(raw));
  });

  it('lets go of its source when nobody listens any more, and tells what went wrong there', async () => {
    let isOver = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield raw;
      } finally {
        isOver = true;
      }
    }
    const reader = pcmFrames(endless()).getReader();
    await reader.read();
    await reader.cancel();
    expect(isOver).toBe(true);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield raw;
      throw new Error('unplugged');
    }
    await expect(all(pcmFrames(broken()))).rejects.toThrow('unplugged');
  });
});
