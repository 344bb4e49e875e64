import { describe, expect, it } from 'vitest';
import { pcmaDecode, pcmaEncode, ToneSource } from '../audio/index.ts';
import { frequenciesOf } from './dtmf.ts';
import { DigitMerger, DtmfDetector, DtmfSender } from './index.ts';

const ALL = '123A456B789C*0#D';

/** What a detector tells of audio that comes in frames of 20 ms. */
function detect(samples: Int16Array, sampleRate = 8000): { digit: string; durationMs: number }[] {
  const told: { digit: string; durationMs: number }[] = [];
  const onDigit = (digit: string, durationMs: number): unknown => told.push({ digit, durationMs });
  const detector = new DtmfDetector(sampleRate, { onDigit });
  const frame = sampleRate / 50;
  for (let at = 0; at < samples.length; at += frame) {
    detector.push(samples.subarray(at, at + frame));
  }
  detector.end();
  return told;
}

const digitsIn = (samples: Int16Array, sampleRate = 8000): string =>
  detect(samples, sampleRate)
    .map(({ digit }) => digit)
    .join('');

/** Digits as they are sent, with silence behind. */
function sent(
  digits: string,
  { durationMs = 100, gapMs = 100, sampleRate = 8000 } = {},
): Int16Array {
  const sender = new DtmfSender();
  sender.sampleRate = sampleRate;
  sender.send({ digits, durationMs, gapMs, done: () => {} });
  const ms = digits.length * (durationMs + gapMs) + 100;
  const samples = new Int16Array((ms * sampleRate) / 1000);
  sender.read(samples);
  return samples;
}

function tones(low: [number, number], high: [number, number], ms: number): Int16Array {
  const samples = new Int16Array(8 * ms);
  const other = new Int16Array(8 * ms);
  new ToneSource({ frequencyHz: low[0], levelDbm0: low[1] }).read(samples);
  new ToneSource({ frequencyHz: high[0], levelDbm0: high[1] }).read(other);
  return samples.map((sample, at) => sample + (other[at] ?? 0));
}

const padded = (samples: Int16Array): Int16Array =>
  Int16Array.from([...new Int16Array(331), ...samples, ...new Int16Array(800)]);

describe('digits in band', () => {
  it.each([8000, 16_000, 48_000])('are heard as they were sent, at %i Hz', (sampleRate) => {
    expect(digitsIn(sent(ALL, { sampleRate }), sampleRate)).toBe(ALL);
  });

  it('are heard at 50 ms with gaps of 50 ms, through A-law', () => {
    const samples = pcmaDecode(pcmaEncode(sent(ALL, { durationMs: 50, gapMs: 50 })));
    expect(digitsIn(samples)).toBe(ALL);
  });

  it('last as long as they sound, to a block', () => {
    for (const { durationMs } of detect(sent('159', { durationMs: 200 }))) {
      expect(Math.abs(durationMs - 200)).toBeLessThanOrEqual(26);
    }
  });

  it('that repeat are as many as were sent', () => {
    expect(digitsIn(sent('1111', { durationMs: 60, gapMs: 60 }))).toBe('1111');
  });

  it('are heard 1.5 % off their frequency and not at 3.5 %', () => {
    for (const digit of ALL) {
      const [low = 0, high = 0] = frequenciesOf(digit) ?? [];
      const off = (factor: number) => padded(tones([low * factor, -12], [high * factor, -12], 100));
      expect([digitsIn(off(1.015)), digitsIn(off(0.985))]).toEqual([digit, digit]);
      expect([digitsIn(off(1.035)), digitsIn(off(0.965))]).toEqual(['', '']);
    }
  });

  it.each([
    [-6, -6, '1'],
    [-28, -28, '1'],
    [-40, -40, ''],
    [-10, -7, '1'],
    [-10, -3, ''],
    [-10, -17, '1'],
    [-10, -20, ''],
  ])('of %i and %i dBm0 are heard as "%s"', (low, high, expected) => {
    expect(digitsIn(padded(tones([697, low], [1209, high], 100)))).toBe(expected);
  });

  it('shorter than 19 ms are none, and one of 40 ms is, wherever it begins', () => {
    for (let begin = 0; begin < 102; begin += 7) {
      const at = (ms: number): Int16Array =>
        Int16Array.from([...new Int16Array(begin), ...padded(tones([770, -10], [1336, -10], ms))]);
      expect(digitsIn(at(40)), `40 ms at ${begin}`).toBe('5');
      expect(digitsIn(at(19)), `19 ms at ${begin}`).toBe('');
    }
  });

  it('survive a click and a dropout of 10 ms', () => {
    const samples = padded(tones([770, -10], [1336, -10], 200));
    samples.fill(0, 1100, 1180);
    samples[1500] = 30_000;
    expect(digitsIn(samples)).toBe('5');
  });

  it('are not heard in dial tones, one tone alone, noise, or rich sounds', () => {
    const of = (frequencyHz: number | number[]): Int16Array => {
      const samples = new Int16Array(16_000);
      new ToneSource({ frequencyHz, levelDbm0: -10 }).read(samples);
      return samples;
    };
    let seed = 1;
    const noise = Int16Array.from({ length: 80_000 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return (seed / 2_147_483_648 - 0.5) * 30_000;
    });
    const voice = of([110, 220, 330, 440, 550, 660, 770, 880, 990, 1100, 1210, 1320]);
    for (const sound of [
      of([350, 440]),
      of([480, 620]),
      of(697),
      of(1336),
      of(425),
      noise,
      voice,
    ]) {
      expect(digitsIn(sound)).toBe('');
    }
  });
});

describe('one stream of digits', () => {
  const merge = (told: [string, string, number][]): string => {
    const merger = new DigitMerger();
    return told
      .filter(([source, digit, at]) => merger.isNew(source, { digit, durationMs: 100 }, at))
      .map(([, digit]) => digit)
      .join('');
  };

  it('has a key once that two ways tell of, whichever is first', () => {
    expect(
      merge([
        ['rtp', '1', 0],
        ['inband', '1', 150],
      ]),
    ).toBe('1');
    expect(
      merge([
        ['inband', '1', 0],
        ['rtp', '1', 150],
      ]),
    ).toBe('1');
  });

  it('keeps quick repetitions', () => {
    const twice: [string, string, number][] = [
      ['rtp', '1', 0],
      ['rtp', '1', 150],
    ];
    expect(merge([...twice, ['inband', '1', 200], ['inband', '1', 350]])).toBe('11');
    expect(
      merge([
        ['rtp', '1', 0],
        ['inband', '1', 100],
        ['rtp', '1', 150],
        ['inband', '1', 300],
      ]),
    ).toBe('11');
  });

  it('keeps what only one way tells, and what comes too late to be the same key', () => {
    expect(
      merge([
        ['rtp', '1', 0],
        ['inband', '2', 100],
        ['rtp', '3', 300],
      ]),
    ).toBe('123');
    expect(
      merge([
        ['rtp', '1', 0],
        ['inband', '1', 2000],
      ]),
    ).toBe('11');
  });
});
