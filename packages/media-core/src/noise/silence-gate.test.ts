import { describe, expect, it } from 'vitest';
import { ToneSource } from '../audio/index.ts';
import { ComfortNoise } from './comfort-noise.ts';
import { SilenceGate } from './silence-gate.ts';

const FRAME = 160;

/** What becomes of frames, a letter each: `s` is sent as it is, `N` is told as noise, `-` is not. */
function story() {
  const gate = new SilenceGate();
  const noise = new ComfortNoise();
  const tone = new ToneSource({ frequencyHz: 500, levelDbm0: -20 });
  const run = (frames: number, fill: (out: Int16Array) => void): string =>
    Array.from({ length: frames }, () => {
      const out = new Int16Array(FRAME);
      fill(out);
      return { sound: 's', noise: 'N', nothing: '-' }[gate.judge(out, 8000)];
    }).join('');
  return {
    gate,
    silence: (frames: number) => run(frames, () => {}),
    tone: (frames: number) => run(frames, (out) => tone.read(out)),
    /** Of so many dB below the overload. */
    noise(frames: number, level: number) {
      noise.take(Uint8Array.of(level));
      return run(frames, (out) => noise.read(out, 0, FRAME));
    },
  };
}

describe('silence of our own', () => {
  it('is told once 200 ms of it were sent, then each second', () => {
    const { tone, silence } = story();
    expect(tone(10)).toBe('s'.repeat(10));
    const after = silence(11 + 101);
    expect(after.slice(0, 11)).toBe(`${'s'.repeat(10)}N`);
    expect(after.slice(11)).toBe(`${'-'.repeat(49)}N${'-'.repeat(49)}N-`);
  });

  it('ends with the very packet in which sound begins', () => {
    const { tone, silence } = story();
    silence(20);
    expect(tone(3)).toBe('sss');
    expect(silence(12)).toBe('ssssssssssN-');
  });

  it('is noise of a level, and is told anew where that changes', () => {
    const { gate, noise } = story();
    expect(noise(100, 62)).toMatch(/N/);
    expect(Math.abs(gate.level - 62)).toBeLessThanOrEqual(2);
    const louder = noise(500, 55); // sound at first: noise is believed to rise slowly
    expect(louder.indexOf('N')).toBeGreaterThan(-1);
    expect(louder.slice(-52)).toMatch(/^-*N-*$/);
    expect(Math.abs(gate.level - 55)).toBeLessThanOrEqual(2);
  });

  it('is never what is loud, however even it is', () => {
    const { noise } = story();
    expect(noise(1000, 40)).toBe('s'.repeat(1000));
  });

  it('is told anew after something else was sent', () => {
    const { gate, silence } = story();
    silence(20);
    gate.reset();
    expect(silence(10)).toBe('N---------');
  });
});
