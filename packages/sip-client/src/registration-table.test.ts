import { rowsOf, step } from '@strowger/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type RegistrationInput,
  type RegistrationOutput,
  type RegistrationState,
  refreshAfterMs,
  registrationTable,
  retryAfterMs,
} from './registration-table.ts';

const driven = new Set<string>();

function run(
  state: RegistrationState,
  input: RegistrationInput,
): { next: RegistrationState; outputs: readonly RegistrationOutput[] } {
  driven.add(`${state.name} ${input.type}`);
  const taken = step(registrationTable, state, input, undefined);
  if (taken === undefined) throw new Error(`${state.name} has no row for ${input.type}`);
  return taken;
}

const registering: RegistrationState = { name: 'registering', expiresSeconds: 300, failures: 0 };
const registered: RegistrationState = { name: 'registered', expiresSeconds: 300 };
const waiting: RegistrationState = { name: 'waiting', expiresSeconds: 300, failures: 2 };

afterAll(() => {
  const rows = rowsOf(registrationTable).map(([state, input]) => `${state} ${input}`);
  expect([...driven].toSorted()).toEqual(rows.toSorted());
});

describe('a registration', () => {
  it.each<RegistrationState>([{ name: 'unregistered' }, { name: 'refused' }])(
    'begins with a REGISTER when it is $name',
    (state) => {
      expect(run(state, { type: 'register', expiresSeconds: 300 })).toEqual({
        next: registering,
        outputs: [{ type: 'send', expiresSeconds: 300 }],
      });
    },
  );

  it('is refreshed before what the registrar granted runs out', () => {
    const { next, outputs } = run(registering, { type: 'accepted', expiresSeconds: 60 });
    expect(next).toEqual({ name: 'registered', expiresSeconds: 60 });
    expect(outputs[0]).toEqual({ type: 'arm', delayMs: 30_000 });
    expect(run(next, { type: 'timer' }).outputs).toEqual([{ type: 'send', expiresSeconds: 60 }]);
    expect([1, 3600, 2 ** 32].map(refreshAfterMs)).toEqual([500, 3_540_000, 86_400_000]);
  });

  it('is rewritten where the registrar sees it elsewhere, three times in a row, and nobody told before', () => {
    const elsewhere = { type: 'accepted', expiresSeconds: 60, isElsewhere: true } as const;
    const again = [{ type: 'send', expiresSeconds: 300 }];
    let state: RegistrationState = registering;
    for (const rewrites of [1, 2, 3]) {
      const { next, outputs } = run(state, elsewhere);
      expect(next).toEqual({ ...registering, rewrites });
      expect(outputs).toEqual(again);
      state = next;
    }
    const { next } = run(state, elsewhere);
    expect(next).toEqual({ name: 'registered', expiresSeconds: 60 });
    expect(run(next, { type: 'timer' }).next).toEqual({ ...registering, expiresSeconds: 60 });
  });

  it.each<[RegistrationState, RegistrationState, number]>([
    [registering, registering, 300],
    [registered, registering, 300],
    [waiting, registering, 300],
    [{ name: 'stopping' }, { name: 'unregistering' }, 0],
    [{ name: 'unregistering' }, { name: 'unregistering' }, 0],
  ])('tells the registrar anew from elsewhere, and nobody else: %o', (from, next, seconds) => {
    const taken = run(from, { type: 'networkChanged' });
    expect(taken.next).toEqual(next);
    const said = taken.outputs.filter(({ type }) => type !== 'disarm');
    expect(said).toEqual([{ type: 'send', expiresSeconds: seconds }]);
  });

  it('asks for as long as the registrar wants at least (423)', () => {
    const input = { type: 'rejected', status: 423, minExpiresSeconds: 900, jitter: 0 } as const;
    const { next, outputs } = run(registering, input);
    expect(outputs).toEqual([{ type: 'send', expiresSeconds: 900 }]);
    expect(next).toEqual({ name: 'registering', expiresSeconds: 900, failures: 1 });
    const more = { ...input, minExpiresSeconds: 901 };
    expect(run({ ...registering, failures: 5 }, more).next.name).toBe('waiting');
  });

  it('does not repeat what will never succeed', () => {
    const { next, outputs } = run(registering, { type: 'rejected', status: 403, jitter: 0 });
    expect(next).toEqual({ name: 'refused' });
    expect(outputs).toEqual([{ type: 'tell', event: { type: 'registrationFailed', status: 403 } }]);
  });

  it('waits as long as the registrar says, or longer and longer by itself', () => {
    const busy = { type: 'rejected', status: 503, retryAfterSeconds: 7, jitter: 0 } as const;
    expect(run(registering, busy).outputs[0]).toEqual({ type: 'arm', delayMs: 7000 });
    const { next, outputs } = run(registering, { type: 'failed', jitter: 1 });
    expect(next).toEqual({ name: 'waiting', expiresSeconds: 300, failures: 1 });
    expect(outputs[0]).toEqual({ type: 'arm', delayMs: 1000 });
    expect([0, 1, 5, 6, 50].map((failures) => retryAfterMs(failures, 1))).toEqual([
      1000, 2000, 32_000, 60_000, 60_000,
    ]);
    expect(run(waiting, { type: 'timer' }).next).toEqual({ ...registering, failures: 2 });
  });

  it('begins anew when it is told to', () => {
    for (const state of [registered, waiting]) {
      const { next, outputs } = run(state, { type: 'register', expiresSeconds: 300 });
      expect(next).toEqual(registering);
      expect(outputs).toContainEqual({ type: 'disarm' });
    }
  });

  it('begins anew within a second when the connection is lost, later when it was lost again', () => {
    const lost = { type: 'connectionLost', jitter: 0 } as const;
    expect(run(registered, lost).outputs[0]).toEqual({ type: 'arm', delayMs: 500 });
    expect(run(registered, { ...lost, jitter: 1 }).outputs[0]).toEqual({
      type: 'arm',
      delayMs: 1000,
    });
    const again = run({ ...registering, failures: 3 }, lost);
    expect(again.outputs[0]).toEqual({ type: 'arm', delayMs: 4000 });
  });

  it('lets the REGISTER that is under way finish before it removes its binding', () => {
    const stopping: RegistrationState = { name: 'stopping' };
    expect(run(registering, { type: 'unregister' })).toEqual({ next: stopping, outputs: [] });
    expect(run(stopping, { type: 'accepted', expiresSeconds: 300 })).toEqual({
      next: { name: 'unregistering' },
      outputs: [{ type: 'send', expiresSeconds: 0 }],
    });
    const failures: RegistrationInput[] = [
      { type: 'rejected', status: 403, jitter: 0 },
      { type: 'failed', jitter: 0 },
      { type: 'connectionLost', jitter: 0 },
    ];
    for (const failure of failures) {
      expect(run(stopping, failure).next).toEqual({ name: 'unregistered' });
    }
  });

  it('removes its binding when it ends, whatever the registrar says to that', () => {
    const { next, outputs } = run(registered, { type: 'unregister' });
    expect(next).toEqual({ name: 'unregistering' });
    expect(outputs).toEqual([{ type: 'disarm' }, { type: 'send', expiresSeconds: 0 }]);
    expect(run(waiting, { type: 'unregister' }).next).toEqual({ name: 'unregistered' });
    const answers: RegistrationInput[] = [
      { type: 'accepted', expiresSeconds: 0 },
      { type: 'rejected', status: 500, jitter: 0 },
      { type: 'failed', jitter: 0 },
      { type: 'connectionLost', jitter: 0 },
    ];
    for (const answer of answers) {
      expect(run({ name: 'unregistering' }, answer).next).toEqual({ name: 'unregistered' });
    }
  });
});
