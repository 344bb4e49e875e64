import { describe, expect, it } from 'vitest';
import { COUNTRY_TONES, CadenceSource, cadence } from '../tones/index.ts';
import { AnswererJudge, type AnswererOptions, type AnswererOutcome } from './answerer-judge.ts';

/** Sound of so many milliseconds. */
type Part = readonly [kind: 'voice' | 'beep' | 'ring' | 'silence', ms: number];

function soundOf([kind, ms]: Part): Int16Array {
  const samples = new Int16Array(8 * ms);
  if (kind === 'beep') new CadenceSource(cadence(1400), { sampleRate: 8000 }).read(samples);
  if (kind === 'ring') {
    const { ringback } = COUNTRY_TONES['us'] ?? {};
    if (ringback) new CadenceSource(ringback, { sampleRate: 8000 }).read(samples);
  }
  if (kind !== 'voice') return samples;
  return samples.map((_, at) => {
    let sum = 0;
    for (let k = 1; k < 20; k++) sum += Math.sin((2 * Math.PI * 130 * k * at) / 8000 + k * k) / k;
    return 5000 * sum;
  });
}

function story(parts: readonly Part[], options: AnswererOptions = {}) {
  const outcomes: AnswererOutcome[] = [];
  let beeps = 0;
  const judge = new AnswererJudge(options, {
    tell: (outcome) => outcomes.push(outcome),
    tellBeep: () => beeps++,
  });
  for (const part of parts) {
    const samples = soundOf(part);
    for (let at = 0; at < samples.length; at += 160) judge.hear(samples.subarray(at, at + 160));
  }
  return { outcomes, beeps, isOver: judge.isOver };
}

/** So many words with short gaps. */
const words = (count: number, ms: number): Part[] =>
  Array.from(
    { length: count },
    () =>
      [
        ['voice', ms],
        ['silence', 120],
      ] as Part[],
  ).flat();

describe('who answers', () => {
  it('is a human where a word is followed by silence', () => {
    const { outcomes, isOver } = story([
      ['silence', 600],
      ['voice', 500],
      ['silence', 2000],
    ]);
    expect(outcomes).toMatchObject([{ answeredBy: 'human', reason: 'pause' }]);
    expect(outcomes[0]?.afterMs).toBeLessThan(600 + 500 + 900 + 40);
    expect(isOver).toBe(true);
  });

  it('is a machine where the greeting goes on, and its beep is told once', () => {
    const { outcomes, beeps } = story([
      ['silence', 500],
      ...words(6, 500),
      ['silence', 700],
      ...words(4, 400),
      ['silence', 500],
      ['beep', 300],
      ['silence', 1000],
    ]);
    expect(outcomes).toMatchObject([{ answeredBy: 'machine', reason: 'greeting' }]);
    expect(outcomes[0]?.afterMs).toBeLessThan(3200);
    expect(beeps).toBe(1);
  });

  it('is a machine where the words are many, or a beep comes at once', () => {
    const quick = story(words(10, 150), { greetingMs: 10_000 });
    expect(quick.outcomes).toMatchObject([{ answeredBy: 'machine', reason: 'words' }]);
    const terse = story([
      ['voice', 700],
      ['silence', 400],
      ['beep', 300],
      ['silence', 500],
    ]);
    expect(terse.outcomes).toMatchObject([{ answeredBy: 'machine', reason: 'beep' }]);
    expect(terse.beeps).toBe(1);
  });

  it('is not known where nobody speaks, or somebody never comes to an end or a pause', () => {
    expect(story([['silence', 6000]]).outcomes).toEqual([
      { answeredBy: 'unknown', reason: 'silence', afterMs: 4500 },
    ]);
    const options = { greetingMs: 20_000, maximumWords: 100 };
    expect(story(words(30, 300), options).outcomes).toEqual([
      { answeredBy: 'unknown', reason: 'time', afterMs: 8000 },
    ]);
  });

  it('is not the ring back that still comes', () => {
    const { outcomes } = story([
      ['ring', 8000],
      ['silence', 500],
      ['voice', 400],
      ['silence', 2000],
    ]);
    expect(outcomes).toMatchObject([{ answeredBy: 'human' }]);
    expect(outcomes[0]?.afterMs).toBeGreaterThan(9000);
  });
});
