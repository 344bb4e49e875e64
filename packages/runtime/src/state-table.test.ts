import { describe, expect, it } from 'vitest';
import { Machine, rowsOf, type StateTable, step, to } from './state-table.ts';

type State = { name: 'locked'; coins: number } | { name: 'open' };
type Input = { type: 'coin' } | { type: 'push' };

const turnstile: StateTable<State, Input, string, { price: number }> = {
  locked: {
    coin: ({ coins }, _, { price }) =>
      coins + 1 < price
        ? to({ name: 'locked', coins: coins + 1 }, 'thanks')
        : to({ name: 'open' }, 'thanks', 'unlock'),
  },
  open: { push: () => to({ name: 'locked', coins: 0 }, 'lock') },
};

function machine(
  perform: (output: string) => void,
): Machine<State, Input, string, { price: number }> {
  return new Machine({
    table: turnstile,
    initial: { name: 'locked', coins: 0 },
    context: { price: 2 },
    perform,
  });
}

describe('a state table', () => {
  it('gives the next state and the outputs, or nothing where it has no row', () => {
    expect(step(turnstile, { name: 'open' }, { type: 'push' }, { price: 1 })).toEqual({
      next: { name: 'locked', coins: 0 },
      outputs: ['lock'],
    });
    expect(step(turnstile, { name: 'open' }, { type: 'coin' }, { price: 1 })).toBeUndefined();
  });

  it('lists its rows', () => {
    expect(rowsOf(turnstile)).toEqual([
      ['locked', 'coin'],
      ['open', 'push'],
    ]);
  });
});

describe('Machine', () => {
  it('commits the state before it performs the outputs', () => {
    const seen: string[] = [];
    const gate = machine((output) => seen.push(`${output} while ${gate.state.name}`));
    gate.input({ type: 'coin' });
    gate.input({ type: 'coin' });
    expect(seen).toEqual(['thanks while locked', 'thanks while open', 'unlock while open']);
  });

  it('refuses what has no row and stays where it is', () => {
    const gate = machine(() => {});
    expect(gate.allows('push')).toBe(false);
    expect(gate.input({ type: 'push' })).toBe('refused');
    expect(gate.state.name).toBe('locked');
  });

  it('finishes a step before it looks at an input that the step caused', () => {
    const seen: string[] = [];
    const gate = machine((output) => {
      seen.push(output);
      if (output === 'thanks' && gate.state.name === 'open') {
        expect(gate.input({ type: 'push' })).toBe('queued');
      }
    });
    gate.input({ type: 'coin' });
    gate.input({ type: 'coin' });
    expect(seen).toEqual(['thanks', 'thanks', 'unlock', 'lock']);
  });
});
