import { rowsOf, type Step, step } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import {
  type GatherInput,
  type GatherOutput,
  type GatherRules,
  type GatherState,
  gatherTable,
} from './gather-table.ts';

const RULES: GatherRules = {
  most: 4,
  endKeys: '#',
  speech: true,
  bargeIn: true,
  timeoutMs: 5000,
  betweenDigitsMs: 3000,
  longestSpeechMs: 30_000,
};

const used = new Set<string>();

/** What follows of these inputs, one after the other, from a prompt on. */
function after(inputs: GatherInput[], rules: Partial<GatherRules> = {}): string[] {
  let state: GatherState = { name: 'prompting' };
  const told: string[] = [];
  for (const input of inputs) {
    used.add(`${state.name} ${input.type}`);
    const taken: Step<GatherState, GatherOutput> | undefined = step<
      GatherState,
      GatherInput,
      GatherOutput,
      GatherRules
    >(gatherTable, state, input, { ...RULES, ...rules });
    if (taken === undefined) {
      told.push(`refused ${input.type}`);
      continue;
    }
    state = taken.next;
    told.push(...taken.outputs.map(inWords));
  }
  return told;
}

function inWords(output: GatherOutput): string {
  if (output.type === 'arm') return `arm ${output.delayMs}`;
  if (output.type !== 'finish') return output.type;
  const { kind, ...rest } = output.gathered;
  return ['finish', kind, ...Object.values(rest)].join(' ');
}

const digits = (text: string): GatherInput[] =>
  [...text].map((digit) => ({ type: 'digit', digit }));
const prompted: GatherInput = { type: 'promptEnded' };
const timer: GatherInput = { type: 'timer' };
const began: GatherInput = { type: 'speechStarted' };
const ended: GatherInput = { type: 'speechEnded', durationMs: 700 };

describe('digits', () => {
  it('are complete by their number, by a key, by a pause', () => {
    expect(after([prompted, ...digits('4711')]).at(-1)).toBe('finish digits 4711 count');
    expect(after([prompted, ...digits('47#')]).at(-1)).toBe('finish digits 47 key');
    expect(after([prompted, ...digits('47'), timer]).at(-1)).toBe('finish digits 47 pause');
    expect(after([prompted, ...digits('#')]).at(-1)).toBe('finish digits  key');
  });

  it('silence the prompt, unless it shall be heard', () => {
    expect(after(digits('4'))).toEqual(['silencePrompt', 'arm 3000']);
    expect(after(digits('4'), { bargeIn: false })).toEqual([]);
    expect(after([...digits('4'), prompted], { most: 0 })).toEqual(['arm 5000']);
  });

  it('go before speech that has begun, and are not disturbed by it', () => {
    expect(after([began, ...digits('4')])).toEqual(['silencePrompt', 'arm 30000', 'arm 3000']);
    expect(after([prompted, ...digits('4'), began])).toContain('refused speechStarted');
  });
});

describe('speech', () => {
  it('silences the prompt and is complete when it has ended, or is too long', () => {
    expect(after([began, ended])).toEqual([
      'silencePrompt',
      'arm 30000',
      'disarm',
      'finish speech 700 silence',
    ]);
    expect(after([prompted, began, timer]).at(-1)).toBe('finish speech 30000 length');
  });

  it('is no answer where digits alone are asked for', () => {
    const rules = { speech: false };
    expect(after([began, prompted, began, ended, timer], rules)).toEqual([
      'arm 5000',
      'refused speechEnded',
      'disarm',
      'finish nothing',
    ]);
  });

  it('does not hear digits where speech alone is asked for', () => {
    const rules = { most: 0 };
    expect(after([prompted, ...digits('1'), began, ...digits('1'), ended], rules).at(-1)).toBe(
      'finish speech 700 silence',
    );
  });
});

it('every row of the table was taken', () => {
  const rows = rowsOf(gatherTable).map((row) => row.join(' '));
  expect(rows.filter((row) => !used.has(row))).toEqual([]);
});
