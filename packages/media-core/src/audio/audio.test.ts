import { describe, expect, it } from 'vitest';
import { FilterBench } from './filter-bench.ts';
import { PlainFrameMath } from './plain-frame-math.ts';
import { Resampler, SAMPLE_RATES } from './resampler.ts';
import { levelDbm0, toneShare } from './tone-share.ts';
import { ToneSource } from './tone-source.ts';

function tone(frequencyHz: number, sampleRate: number, seconds = 1): Int16Array {
  const samples = new Int16Array(sampleRate * seconds);
  new ToneSource({ frequencyHz, sampleRate }).read(samples);
  return samples;
}

function resampled(samples: Int16Array, from: number, to: number, blockLength: number) {
  const resampler = new Resampler(from, to);
  const blocks: Int16Array[] = [];
  for (let at = 0; at < samples.length; at += blockLength) {
    blocks.push(resampler.push(samples.subarray(at, at + blockLength)));
  }
  blocks.push(resampler.end());
  return Int16Array.from(blocks.flatMap((block) => [...block]));
}

describe('a tone', () => {
  it('runs on from frame to frame as if it had been read at once', () => {
    const source = new ToneSource({ frequencyHz: 440 });
    const frames = new Int16Array(8000);
    for (let at = 0; at < frames.length; at += 160) source.read(frames.subarray(at, at + 160));
    const whole = tone(440, 8000);
    const furthest = Math.max(...frames.map((sample, i) => Math.abs(sample - (whole[i] ?? 0))));
    expect(furthest).toBeLessThanOrEqual(1);
    expect(toneShare(frames, 8000, 440)).toBeGreaterThan(0.9999);
  });

  it('has its level in dBm0', () => {
    for (const level of [3.14, 0, -10, -40]) {
      const samples = new Int16Array(8000);
      new ToneSource({ frequencyHz: 1000, levelDbm0: level }).read(samples);
      expect(levelDbm0(samples)).toBeCloseTo(level, 1);
    }
    expect(levelDbm0(new Int16Array(10))).toBe(Number.NEGATIVE_INFINITY);
  });

  it('holds several frequencies, each with half of the power', () => {
    const samples = new Int16Array(8000);
    new ToneSource({ frequencyHz: [350, 440] }).read(samples);
    expect(toneShare(samples, 8000, 350)).toBeCloseTo(0.5, 2);
    expect(toneShare(samples, 8000, 440)).toBeCloseTo(0.5, 2);
    expect(toneShare(samples, 8000, 400)).toBeLessThan(0.001);
  });

  it('saturates instead of wrapping around', () => {
    const samples = new Int16Array(8000);
    new ToneSource({ frequencyHz: [400, 401], levelDbm0: 3 }).read(samples);
    const steps = samples.map((sample, i) => Math.abs(sample - (samples[i - 1] ?? sample)) >> 1);
    expect(Math.max(...samples)).toBe(32_767);
    expect(Math.max(...steps)).toBeLessThan(12_000);
  });

  it.each([{ frequencyHz: 4000 }, { frequencyHz: 0 }, { frequencyHz: [] }])(
    'is refused at %o',
    (options) => {
      expect(() => new ToneSource(options)).toThrow(expect.objectContaining({ code: 'BAD_TONE' }));
    },
  );

  it('is refused at a level that does not fit', () => {
    expect(() => new ToneSource({ frequencyHz: 400, levelDbm0: 6 })).toThrow('Levels');
  });
});

describe('silence and noise', () => {
  it('hold no share of a tone', () => {
    expect(toneShare(new Int16Array(800), 8000, 440)).toBe(0);
    expect(toneShare(new Int16Array(0), 8000, 440)).toBe(0);
    const noise = Int16Array.from({ length: 8000 }, (_, i) => Math.imul(i, 2_654_435_761) >> 18);
    expect(toneShare(noise, 8000, 440)).toBeLessThan(0.01);
  });
});

describe('the resampler', () => {
  it.each(SAMPLE_RATES.flatMap((from) => [[from, 8000] as const, [8000, from] as const]))(
    'keeps length, level and pitch from %i to %i Hz',
    (from, to) => {
      const output = resampled(tone(1000, from), from, to, 441);
      expect(Math.abs(output.length - to)).toBeLessThanOrEqual(1);
      const middle = output.subarray(to / 4, (3 * to) / 4);
      expect(toneShare(middle, to, 1000)).toBeGreaterThan(0.9999);
      expect(levelDbm0(middle)).toBeCloseTo(-10, 1);
    },
  );

  it.each([16_000, 44_100, 48_000])('is flat to 3400 Hz from %i Hz', (from) => {
    for (const frequency of [300, 2000, 3400]) {
      const middle = resampled(tone(frequency, from), from, 8000, 960).subarray(1000, 7000);
      expect(levelDbm0(middle)).toBeCloseTo(-10, 0);
    }
  });

  it.each([16_000, 44_100, 48_000])('lets nothing fold back from %i Hz', (from) => {
    for (const frequency of [4300, 5000, 6600, 7600]) {
      const middle = resampled(tone(frequency, from), from, 8000, 960).subarray(1000, 7000);
      expect(levelDbm0(middle)).toBeLessThan(-65);
    }
  });

  const pairs = [8000, 16_000, 24_000, 48_000].flatMap((from, _, all) =>
    all.filter((to) => to !== from).map((to) => ({ from, to })),
  );

  it.each(pairs)('adds nothing that is heard from $from to $to Hz', ({ from, to }) => {
    const lower = Math.min(from, to);
    for (const part of [0.1, 0.3, 0.42]) {
      const middle = resampled(tone(part * lower, from), from, to, 480).subarray(
        to / 8,
        (7 * to) / 8,
      );
      // images, aliases and rounding together, against the tone
      const rest = 1 - toneShare(middle, to, part * lower);
      expect(10 * Math.log10(Math.max(rest, 1e-9))).toBeLessThan(-55);
    }
    const above = from > to ? [1.06, 1.4, 1.9].filter((part) => part * to < from) : [];
    for (const part of above) {
      const gone = resampled(tone((part * to) / 2, from), from, to, 480).subarray(
        to / 8,
        (7 * to) / 8,
      );
      expect(levelDbm0(gone)).toBeLessThan(-65);
    }
  });

  it.each(pairs)(
    'is the same by plain loops from $from to $to Hz, but for the last bit',
    (pair) => {
      const plain = new Resampler(pair.from, pair.to, new FilterBench(new PlainFrameMath()));
      const fast = new Resampler(pair.from, pair.to);
      const input = tone(900, pair.from);
      for (let at = 0; at < input.length; at += 700) {
        const block = input.subarray(at, at + 700);
        const [one, other] = [fast.push(block), plain.push(block)];
        expect(one.length).toBe(other.length);
        expect(one.every((sample, i) => Math.abs(sample - (other[i] ?? 0)) <= 1)).toBe(true);
      }
    },
  );

  it('gives the same whatever the blocks', () => {
    const input = tone(700, 44_100);
    const whole = resampled(input, 44_100, 8000, input.length);
    expect(resampled(input, 44_100, 8000, 7)).toEqual(whole);
  });

  it('lies in time where its input lay', () => {
    const click = new Int16Array(48_000);
    click.fill(20_000, 24_000, 24_048);
    const output = resampled(click, 48_000, 8000, 480);
    const loudest = output.indexOf(Math.max(...output));
    expect(Math.abs(loudest - 4004)).toBeLessThanOrEqual(4);
  });

  it('refuses a rate that it does not know', () => {
    expect(() => new Resampler(12_345, 8000)).toThrow('12345 Hz');
  });
});
