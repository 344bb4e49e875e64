import { describe, expect, it } from 'vitest';
import { levelDbm0, toneShare, ToneSource } from '../audio/index.ts';
import { Concealment } from './concealment.ts';

/** A voiced sound: a period with harmonics, as a throat makes it. */
function voice(pitchHz: number, sampleRate: number, seconds: number): Int16Array {
  const samples = new Int16Array(sampleRate * seconds);
  const harmonics = [1, 2, 3, 5].map((n) => n * pitchHz);
  new ToneSource({ frequencyHz: harmonics, levelDbm0: -16, sampleRate }).read(samples);
  return samples;
}

/** The sound with the frames that `lost` names stood in for. */
function withLosses(sound: Int16Array, sampleRate: number, lost: readonly number[]): Int16Array {
  const concealment = new Concealment(sampleRate);
  const heard = sound.slice();
  const frame = sampleRate / 50;
  for (let at = 0; at + frame <= heard.length; at += frame) {
    if (lost.includes(at / frame)) concealment.conceal(heard, at, at + frame);
    else concealment.heard(heard, at, at + frame);
  }
  return heard;
}

describe.each([8000, 16_000, 48_000])('concealment at %i Hz', (sampleRate) => {
  const frame = sampleRate / 50;
  const part = (samples: Int16Array, from: number, frames = 1): Int16Array =>
    samples.subarray(from * frame, (from + frames) * frame);

  it.each([90, 130, 220])('goes on with a voice of %i Hz for a lost packet', (pitchHz) => {
    const sound = voice(pitchHz, sampleRate, 1);
    const heard = withLosses(sound, sampleRate, [10]);
    const error = part(heard, 10, 2).map((sample, i) => sample - (part(sound, 10, 2)[i] ?? 0));
    const ratio = levelDbm0(part(sound, 10, 2)) - levelDbm0(error);
    expect(ratio).toBeGreaterThan(8); // silence would have 3
    expect(levelDbm0(part(heard, 10)) - levelDbm0(part(sound, 10))).toBeGreaterThan(-3);
  });

  it('makes no click where a gap begins and ends', () => {
    const sound = voice(125, sampleRate, 1);
    const steepest = (samples: Int16Array): number =>
      samples.reduce(
        (most, sample, at) => Math.max(most, Math.abs(sample - (samples[at - 1] ?? sample))),
        0,
      );
    const heard = withLosses(sound, sampleRate, [10, 20, 21]);
    expect(steepest(heard)).toBeLessThan(1.6 * steepest(sound));
  });

  it('becomes silent within 60 ms, and touches nothing that comes after', () => {
    const sound = voice(125, sampleRate, 1);
    const heard = withLosses(sound, sampleRate, [10, 11, 12, 13, 14]);
    expect(levelDbm0(part(heard, 12))).toBeLessThan(levelDbm0(part(heard, 10)) - 6);
    expect(part(heard, 13).every((sample) => sample === 0)).toBe(true);
    expect(part(heard, 15)).toEqual(part(sound, 15));
  });

  it('keeps a tone', () => {
    const tone = new Int16Array(sampleRate);
    new ToneSource({ frequencyHz: 400, sampleRate }).read(tone);
    const heard = withLosses(tone, sampleRate, [5, 15, 25, 35]);
    expect(toneShare(heard, sampleRate, 400)).toBeGreaterThan(0.97);
  });

  it('has nothing to say before anything was heard, and after another began', () => {
    const concealment = new Concealment(sampleRate);
    const out = new Int16Array(frame).fill(5);
    concealment.conceal(out, 0, frame);
    expect(out.every((sample) => sample === 0)).toBe(true);
    concealment.heard(voice(125, sampleRate, 1), 0, sampleRate);
    concealment.reset();
    concealment.conceal(out, 0, frame);
    expect(out.every((sample) => sample === 0)).toBe(true);
  });
});
