import { rowsOf, step } from '@strowger/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type UpkeepEnd,
  type UpkeepInput,
  type UpkeepOutput,
  type UpkeepState,
  upkeepTable,
  type UpkeepVerdict,
} from './upkeep-table.ts';

const driven = new Set<string>();

function run(state: UpkeepState, input: UpkeepInput): [UpkeepState, ...UpkeepOutput[]] {
  driven.add(`${state.name} ${input.type}`);
  const taken = step(upkeepTable, state, input, undefined);
  if (taken === undefined) throw new Error(`${state.name} has no row for ${input.type}`);
  return [taken.next, ...taken.outputs];
}

const asking: UpkeepState = { name: 'asking', failures: 2 };
const kept: UpkeepState = { name: 'kept', failures: 2 };
const waiting: UpkeepState = { name: 'waiting', failures: 2 };
const stopping: UpkeepState = { name: 'stopping' };
const trouble = { what: 'refused', status: 503 } as const;
const STOPPED: UpkeepOutput = { type: 'end', end: { kind: 'stopped' } };

const lost = (state: UpkeepState, afterMs?: number) => {
  const verdict: UpkeepVerdict = {
    kind: 'again',
    trouble,
    ...(afterMs === undefined ? {} : { afterMs }),
  };
  return run(state, { type: 'lost', verdict, jitter: 1 });
};
const armed = (outputs: readonly (UpkeepOutput | UpkeepState)[]) =>
  outputs.flatMap((one) => ('type' in one && one.type === 'arm' ? one.delayMs : []));

afterAll(() => {
  const rows = rowsOf(upkeepTable).map(([state, input]) => `${state} ${input}`);
  expect([...driven].toSorted()).toEqual(rows.toSorted());
});

describe('what a server keeps for us', () => {
  it('is asked for, kept, and after a minute its failures are forgiven', () => {
    expect(run(waiting, { type: 'timer' })).toEqual([asking, { type: 'ask' }]);
    expect(run(asking, { type: 'kept' })).toEqual([kept, { type: 'arm', delayMs: 60_000 }]);
    expect(run(kept, { type: 'timer' })).toEqual([{ name: 'kept', failures: 0 }]);
  });

  it('is asked for again with growing delays, up to a minute', () => {
    const delays = [0, 1, 2, 5, 6, 100].flatMap((failures) =>
      armed(lost({ name: 'asking', failures })),
    );
    expect(delays).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000]);
    expect(lost(kept)).toEqual([
      { name: 'waiting', failures: 3 },
      { type: 'disarm' },
      { type: 'arm', delayMs: 4000 },
      { type: 'tell', trouble, retryMs: 4000 },
    ]);
  });

  it('is asked for when the server says, but not at once twice, and within a day', () => {
    const first: UpkeepState = { name: 'kept', failures: 0 };
    expect(armed(lost(first, 0))).toEqual([0]);
    expect(armed(lost(first, 120_000))).toEqual([120_000]);
    expect(armed(lost(kept, 0))).toEqual([4000]);
    expect(armed(lost(kept, 120_000))).toEqual([120_000]);
    expect(armed(lost(kept, Number.MAX_SAFE_INTEGER))).toEqual([86_400_000]);
  });

  it('is over where the server will never do it', () => {
    const end: UpkeepEnd = { kind: 'refused', status: 489 };
    const never: UpkeepInput = { type: 'lost', verdict: { kind: 'over', end }, jitter: 0 };
    expect(run(asking, never)).toEqual([{ name: 'over' }, { type: 'end', end }]);
    expect(run(kept, never)).toEqual([{ name: 'over' }, { type: 'disarm' }, { type: 'end', end }]);
    expect(run(stopping, never)).toEqual([{ name: 'over' }, STOPPED]);
  });

  it('moves with us at once, and comes back a little later after a connection was lost', () => {
    const again = { name: 'asking', failures: 0 };
    const ask = { type: 'ask' };
    expect(run(asking, { type: 'moved' })).toEqual([again, { type: 'drop' }, ask]);
    expect(run(kept, { type: 'moved' })).toEqual([
      again,
      { type: 'disarm' },
      { type: 'drop' },
      ask,
    ]);
    expect(run(waiting, { type: 'moved' })).toEqual([again, { type: 'disarm' }, ask]);
    for (const state of [asking, kept]) {
      const outputs = run(state, { type: 'connectionLost', jitter: 0 });
      expect(outputs.slice(0, 2)).toEqual([{ name: 'waiting', failures: 3 }, { type: 'drop' }]);
      expect(armed(outputs)).toEqual([2000]);
    }
  });

  it('is stopped: the server is told, and not waited for where we close', () => {
    expect(run(asking, { type: 'stop' })).toEqual([stopping, { type: 'drop' }]);
    expect(run(kept, { type: 'stop' })).toEqual([stopping, { type: 'disarm' }, { type: 'drop' }]);
    expect(run(waiting, { type: 'stop' })).toEqual([{ name: 'over' }, { type: 'disarm' }, STOPPED]);
    for (const state of [asking, kept, waiting, stopping]) {
      expect(run(state, { type: 'close' }).at(-1)).toEqual(STOPPED);
    }
  });
});
