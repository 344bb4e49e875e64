import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pcmaEncode, pcmuEncode } from './g711.ts';
import { readWav } from './read-wav.ts';
import { levelDbm0, toneShare } from './tone-share.ts';
import { ToneSource } from './tone-source.ts';
import { wavHeader } from './wav-format.ts';
import { WavReader } from './wav-reader.ts';
import { WavWriter } from './wav-writer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wav-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function tone(frequencyHz: number, sampleRate: number, seconds = 1): Int16Array {
  const samples = new Int16Array(sampleRate * seconds);
  new ToneSource({ frequencyHz, sampleRate }).read(samples);
  return samples;
}

interface FileOptions {
  tag?: number;
  bits?: number;
  channels?: number;
  sampleRate?: number;
  /** What the header says about the length of the samples. */
  dataLength?: number;
  /** Chunks before the samples. */
  extra?: Uint8Array;
}

/** A WAV file byte by byte, so that the reader is not judged by our own writer. */
function wavFile(data: Uint8Array, options: FileOptions = {}): Uint8Array {
  const { tag = 1, bits = 16, channels = 1, sampleRate = 8000 } = options;
  const extra = options.extra ?? new Uint8Array(0);
  const format = new DataView(new ArrayBuffer(16));
  format.setUint16(0, tag, true);
  format.setUint16(2, channels, true);
  format.setUint32(4, sampleRate, true);
  format.setUint32(8, (sampleRate * channels * bits) / 8, true);
  format.setUint16(12, (channels * bits) / 8, true);
  format.setUint16(14, bits, true);
  return Buffer.concat([
    chunkHead('RIFF', 36 + extra.length + data.length),
    Buffer.from('WAVE'),
    chunkHead('fmt ', 16),
    new Uint8Array(format.buffer),
    extra,
    chunkHead('data', options.dataLength ?? data.length),
    data,
  ]);
}

function chunkHead(name: string, length: number): Uint8Array {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(length, 4);
  return head;
}

let files = 0;

async function saved(bytes: Uint8Array): Promise<string> {
  files += 1;
  const path = join(folder, `${files}.wav`);
  await writeFile(path, bytes);
  return path;
}

const bytesOf = (samples: Int16Array) => new Uint8Array(samples.buffer);
const refusal = (code: string) => expect.objectContaining({ code });

describe('the WAV writer', () => {
  it('writes what it is given, and its length', async () => {
    const path = join(folder, 'written.wav');
    const samples = tone(440, 8000, 5);
    const writer = await WavWriter.create(path);
    for (let at = 0; at < samples.length; at += 160) writer.write(samples.subarray(at, at + 160));
    expect(await writer.close()).toEqual({ path, durationMs: 5000 });
    const file = await readFile(path);
    expect(file.readUInt32LE(4)).toBe(file.length - 8);
    expect(file.readUInt32LE(40)).toBe(samples.length * 2);
    expect((await readWav(path)).samples).toEqual(samples);
  });

  it('leaves a whole file up to its last blocks when nobody closes it', async () => {
    const path = join(folder, 'orphan.wav');
    const writer = await WavWriter.create(path);
    writer.write(tone(440, 8000, 9));
    await expect.poll(async () => (await stat(path)).size).toBe(44 + 4 * 32_768);
    await expect.poll(async () => (await readFile(path)).readUInt32LE(40)).toBe(4 * 32_768);
    expect(toneShare((await readWav(path)).samples, 8000, 440)).toBeGreaterThan(0.999);
    await writer.close();
  });

  it('counts as lost what it cannot take any more', async () => {
    const writer = await WavWriter.create(join(folder, 'closed.wav'));
    await writer.close();
    expect(writer.write(new Int16Array(160))).toBe(false);
    expect(writer.lostSamples).toBe(160);
    expect((await writer.close()).durationMs).toBe(0);
  });

  it('does not let a slow disk fill the memory', async () => {
    const writer = await WavWriter.create(join(folder, 'slow.wav'));
    const minute = new Int16Array(8000 * 50);
    expect(writer.write(minute)).toBe(true);
    expect(writer.write(minute)).toBe(false);
    expect((await writer.close()).durationMs).toBe(50_000);
  });

  it('rejects where the file cannot be made', async () => {
    const path = join(folder, 'no', 'such', 'folder.wav');
    await expect(WavWriter.create(path)).rejects.toEqual(refusal('WAV_WRITE_FAILED'));
  });
});

describe('the WAV reader', () => {
  it.each([
    { name: 'A-law', tag: 6, data: pcmaEncode(tone(440, 8000)) },
    { name: 'µ-law', tag: 7, data: pcmuEncode(tone(440, 8000)) },
    {
      name: 'PCM of 8 bits',
      tag: 1,
      data: Uint8Array.from(tone(440, 8000), (sample) => (sample >> 8) + 128),
    },
  ])('reads $name', async ({ tag, data }) => {
    const { samples } = await readWav(await saved(wavFile(data, { tag, bits: 8 })));
    expect(samples).toHaveLength(8000);
    expect(toneShare(samples, 8000, 440)).toBeGreaterThan(0.998);
    expect(levelDbm0(samples)).toBeCloseTo(-10, 0);
  });

  it.each([16_000, 44_100, 48_000])('changes %i Hz into 8000 Hz', async (sampleRate) => {
    const path = await saved(wavFile(bytesOf(tone(440, sampleRate, 2)), { sampleRate }));
    const { samples } = await readWav(path, { sampleRate: 8000 });
    expect(samples).toHaveLength(16_000);
    expect(toneShare(samples.subarray(800, 15_200), 8000, 440)).toBeGreaterThan(0.9999);
    expect((await readWav(path)).sampleRate).toBe(sampleRate);
  });

  it('makes one channel of two', async () => {
    const [left, right] = [tone(440, 8000), tone(1000, 8000)];
    const both = Int16Array.from({ length: 16_000 }, (_, i) => (i % 2 ? right : left)[i >> 1] ?? 0);
    const { samples } = await readWav(await saved(wavFile(bytesOf(both), { channels: 2 })));
    expect(toneShare(samples, 8000, 440)).toBeCloseTo(0.5, 2);
    expect(toneShare(samples, 8000, 1000)).toBeCloseTo(0.5, 2);
  });

  it('passes over chunks that it does not know, odd ones with their padding', async () => {
    const extra = Buffer.concat([chunkHead('LIST', 3), Buffer.from('abc\0')]);
    const data = bytesOf(tone(440, 8000));
    expect((await readWav(await saved(wavFile(data, { extra })))).samples).toHaveLength(8000);
  });

  it.each([0, 0xffff_ffff])('reads to the end where the length says %i', async (dataLength) => {
    const path = await saved(wavFile(bytesOf(tone(440, 8000)), { dataLength }));
    expect((await readWav(path)).samples).toHaveLength(8000);
  });

  it('reads what is there of a file that was cut off', async () => {
    const path = await saved(wavFile(bytesOf(tone(441, 8000, 3))));
    await truncate(path, 44 + 2 * 8000 + 1);
    expect((await readWav(path)).samples).toHaveLength(8000);
  });

  it('loops without a gap, also a loop of a single period', async () => {
    for (const length of [20, 20_000]) {
      const period = tone(400, 8000, 3).subarray(0, length);
      const path = await saved(wavFile(bytesOf(period.slice())));
      const reader = await WavReader.open(path, { loop: true });
      const frame = new Int16Array(160);
      let share = 1;
      for (let i = 0; i < 500; i++) {
        await reader.fill();
        expect(reader.read(frame)).toBe(160);
        share = Math.min(share, toneShare(frame, 8000, 400));
      }
      expect(share).toBeGreaterThan(0.999);
      expect(reader.ended).toBe(false);
      await reader.close();
      expect(reader.read(frame)).toBe(0);
    }
  });

  it('gives silence when asked faster than the disk delivers, and then goes on', async () => {
    const reader = await WavReader.open(await saved(wavFile(bytesOf(tone(442, 8000, 4)))));
    const frame = new Int16Array(24_000);
    expect(reader.read(frame)).toBe(24_000);
    expect(reader.underruns).toBeGreaterThan(0);
    expect(frame.at(-1)).toBe(0);
    await reader.fill();
    reader.read(frame.subarray(0, 800));
    expect(toneShare(frame.subarray(0, 800), 8000, 442)).toBeGreaterThan(0.99);
    await reader.close();
    await reader.close();
  });

  it('ends at once where there are no samples, looped or not', async () => {
    const path = await saved(wavHeader(8000, 1, 0));
    for (const loop of [false, true]) {
      const reader = await WavReader.open(path, { loop });
      expect(reader.read(new Int16Array(160))).toBe(0);
      expect(reader.ended).toBe(true);
      await reader.close();
    }
  });

  const data = new Uint8Array(16);
  it.each([
    { what: 'text', bytes: Buffer.from('Hello, this is no audio'), code: 'WAV_MALFORMED' },
    { what: 'nothing', bytes: new Uint8Array(0), code: 'WAV_MALFORMED' },
    { what: 'a bare header', bytes: wavFile(data).subarray(0, 30), code: 'WAV_MALFORMED' },
    { what: 'no samples', bytes: wavFile(data).subarray(0, 36), code: 'WAV_MALFORMED' },
    { what: 'floats', bytes: wavFile(data, { tag: 3, bits: 32 }), code: 'WAV_UNSUPPORTED' },
    { what: 'six channels', bytes: wavFile(data, { channels: 6 }), code: 'WAV_UNSUPPORTED' },
    { what: 'a rate of 7 Hz', bytes: wavFile(data, { sampleRate: 7 }), code: 'WAV_UNSUPPORTED' },
  ])('refuses $what', async ({ bytes, code }) => {
    await expect(WavReader.open(await saved(bytes))).rejects.toEqual(refusal(code));
  });

  it('refuses what is not there, or no file', async () => {
    await expect(WavReader.open(join(folder, 'none'))).rejects.toEqual(refusal('WAV_UNREADABLE'));
    await expect(WavReader.open(folder)).rejects.toEqual(refusal('WAV_UNREADABLE'));
  });
});
