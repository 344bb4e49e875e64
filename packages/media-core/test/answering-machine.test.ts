import { describe, expect, it } from 'vitest';
import { AnswererJudge, type AnswererOutcome } from '../src/speech/index.ts';
import { hasEspeak, hummed, line, MACHINES, type Manner, PEOPLE, spoken } from './greetings.ts';

if (!hasEspeak) console.log('skipped: greetings by espeak-ng (it is not installed)');

const MANNERS: readonly Manner[] = [
  { wordsPerMinute: 150, isHigh: false },
  { wordsPerMinute: 185, isHigh: true },
];

interface Judged {
  readonly outcome: AnswererOutcome | undefined;
  readonly beeps: number;
}

function judged(samples: Int16Array): Judged {
  let outcome: AnswererOutcome | undefined;
  let beeps = 0;
  const judge = new AnswererJudge(
    {},
    {
      tell(told) {
        outcome = told;
      },
      tellBeep() {
        beeps++;
      },
    },
  );
  for (let at = 0; at < samples.length; at += 160) {
    if (!judge.isOver) judge.hear(samples.subarray(at, at + 160));
  }
  return { outcome, beeps };
}

interface Rate {
  people: number;
  machines: number;
  beeps: number;
  missed: string[];
}

/** Of all greetings in all manners: shares that were told right. */
async function hitRate(
  say: (greeting: readonly [string, string], manner: Manner) => Promise<Int16Array> | Int16Array,
): Promise<Rate> {
  const missed: string[] = [];
  let [people, machines, beeps, samples] = [0, 0, 0, 0];
  for (const manner of MANNERS) {
    for (let at = 0; at < PEOPLE.length; at++) {
      const [person, machine] = [PEOPLE[at], MACHINES[at]];
      if (person === undefined || machine === undefined) throw new Error('as many of each');
      const leadMs = 200 + ((at * 137) % 900);
      samples++;
      const human = judged(line(await say(person, manner), 'silence', leadMs)).outcome;
      if (human?.answeredBy === 'human') people++;
      else missed.push(`${person[1]} (${human?.answeredBy}, ${human?.reason})`);
      const robot = judged(line(await say(machine, manner), 'beep', leadMs));
      if (robot.outcome?.answeredBy === 'machine') machines++;
      else missed.push(`${machine[1]} (${robot.outcome?.answeredBy}, ${robot.outcome?.reason})`);
      if (robot.outcome?.answeredBy === 'machine' && robot.beeps === 1) beeps++;
    }
  }
  return {
    people: people / samples,
    machines: machines / samples,
    beeps: beeps / machines,
    missed,
  };
}

describe('who answers', () => {
  it.runIf(hasEspeak)('is told right of what espeak-ng says in five languages', async () => {
    const rate = await hitRate(spoken);
    const missed = rate.missed.join('\n');
    expect(rate.people, missed).toBeGreaterThanOrEqual(0.9);
    expect(rate.machines, missed).toBeGreaterThanOrEqual(0.95);
    expect(rate.beeps).toBeGreaterThanOrEqual(0.95);
  });

  it('is told right of the rhythm alone', async () => {
    const rate = await hitRate(hummed);
    const missed = rate.missed.join('\n');
    expect(rate.people, missed).toBeGreaterThanOrEqual(0.9);
    expect(rate.machines, missed).toBeGreaterThanOrEqual(0.95);
    expect(rate.beeps).toBeGreaterThanOrEqual(0.95);
  });
});
