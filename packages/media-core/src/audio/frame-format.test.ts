import { describe, expect, it } from 'vitest';
import { framesFrom, framesTo, type SampleFormat } from './frame-format.ts';

const SAMPLES = Int16Array.of(0, 1, -1, 1000, -1000, 32_767, -32_768, 12_345);

/** What comes out of a transform for what goes in. */
async function through<In, Out>(
  transform: TransformStream<In, Out>,
  ...pieces: In[]
): Promise<Out[]> {
  const writer = transform.writable.getWriter();
  const writing = (async () => {
    for (const piece of pieces) await writer.write(piece);
    await writer.close();
  })();
  writing.catch(() => {}); // its reader hears of it
  const frames: Out[] = [];
  for await (const frame of transform.readable) frames.push(frame);
  await writing;
  return frames;
}

const frame = { samples: SAMPLES, sampleRate: 16_000, timestamp: 320 };

describe('frames in the format of a program', () => {
  it('have bytes in order, numbers from -1 to 1, or G.711', async () => {
    const [bytes] = await through(framesTo('s16le'), frame);
    expect([...(bytes?.data.subarray(0, 8) ?? [])]).toEqual([0, 0, 1, 0, 255, 255, 232, 3]);
    const [floats] = await through(framesTo('float32'), frame);
    expect([...(floats?.data.slice(5, 7) ?? [])]).toEqual([32_767 / 32_768, -1]);
    const [law] = await through(framesTo('pcmu'), frame);
    expect(law?.data[0]).toBe(0xff);
    expect(law).toMatchObject({ sampleRate: 16_000, timestamp: 320 });
  });

  it.each(['s16le', 'float32', 'pcmu', 'pcma'] as const)(
    '%s comes back as it was',
    async (format) => {
      const [there] = await through(framesTo<SampleFormat>(format), frame);
      if (there === undefined) throw new Error('nothing came');
      const [back] = await through(framesFrom<SampleFormat>(format), there);
      const isLossless = format === 's16le' || format === 'float32';
      if (isLossless) expect(back?.samples).toEqual(SAMPLES);
      for (const [at, sample] of SAMPLES.entries()) {
        const off = Math.abs((back?.samples[at] ?? 0) - sample);
        expect(off).toBeLessThanOrEqual(Math.max(8, Math.abs(sample) / 16));
      }
      expect(back).toMatchObject({ sampleRate: 16_000, timestamp: 0 });
    },
  );

  it('come of pieces that end within a sample, and count on', async () => {
    const pieces = [[1], [0, 2, 0], [3], [0]].map((bytes) => ({
      data: Uint8Array.from(bytes),
      sampleRate: 8000,
    }));
    const frames = await through(framesFrom('s16le'), ...pieces);
    expect(frames.map(({ samples, timestamp }) => [[...samples], timestamp])).toEqual([
      [[1, 2], 0],
      [[3], 2],
    ]);
  });

  it('saturate, take what is no number for silence, and refuse what is no piece', async () => {
    const data = Float32Array.of(2, -2, Number.NaN, 0.5);
    const [loud] = await through(framesFrom('float32'), { data, sampleRate: 8000 });
    expect([...(loud?.samples ?? [])]).toEqual([32_767, -32_768, 0, 16_384]);
    // a program in plain JavaScript may write anything
    const wrong = { data: [1, 2] as unknown as Uint8Array, sampleRate: 8000 };
    await expect(through(framesFrom('s16le'), wrong)).rejects.toMatchObject({
      code: 'BAD_AUDIO_FRAME',
    });
  });
});
