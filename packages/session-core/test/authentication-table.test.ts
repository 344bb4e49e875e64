import { rowsOf, step } from '@strowger/runtime';
import {
  type AuthenticationInput,
  type AuthenticationState,
  authenticationTable,
  type Session,
} from '@strowger/session-core';
import { afterAll, describe, expect, it } from 'vitest';
import { finish, scene } from './two-phones.ts';

type Name = AuthenticationState['name'];
type InputType = AuthenticationInput['type'];

const driven = new Set<string>();
const STATES: Readonly<Record<Name, AuthenticationState>> = {
  unauthenticated: { name: 'unauthenticated' },
  required: { name: 'required' },
  challenged: { name: 'challenged' },
  authenticated: { name: 'authenticated', username: 'alice' },
  failed: { name: 'failed' },
  locked: { name: 'locked' },
};
const INPUTS: Readonly<Record<InputType, AuthenticationInput>> = {
  required: { type: 'required' },
  challenged: { type: 'challenged' },
  proven: { type: 'proven', username: 'bob' },
  refuted: { type: 'refuted' },
  lockedOut: { type: 'lockedOut' },
};

/** What follows; where nothing stands, the input is refused. */
const FOLLOWS: readonly [Name, InputType, Name][] = [
  ['unauthenticated', 'required', 'required'],
  ['unauthenticated', 'challenged', 'challenged'],
  ['unauthenticated', 'proven', 'authenticated'],
  ['unauthenticated', 'refuted', 'failed'],
  ['unauthenticated', 'lockedOut', 'locked'],
  ['required', 'challenged', 'challenged'],
  ['required', 'proven', 'authenticated'],
  ['required', 'refuted', 'failed'],
  ['required', 'lockedOut', 'locked'],
  ['authenticated', 'refuted', 'failed'],
  ['failed', 'proven', 'authenticated'],
  ['failed', 'challenged', 'challenged'],
  ['failed', 'lockedOut', 'locked'],
];

afterAll(() => {
  const rows = rowsOf(authenticationTable).map(([state, input]) => `${state} ${input}`);
  expect([...driven].toSorted()).toEqual(rows.toSorted());
});

describe('what is known of a caller', () => {
  it.each(FOLLOWS)('%s, %s: is %s', (from, type, to) => {
    driven.add(`${from} ${type}`);
    const taken = step(authenticationTable, STATES[from], INPUTS[type], undefined);
    expect(taken?.outputs).toEqual([]);
    expect(taken?.next).toEqual(
      to === 'authenticated' ? { name: to, username: 'bob' } : STATES[to],
    );
  });

  const refused = Object.values(STATES).flatMap(({ name }) =>
    Object.values(INPUTS)
      .filter(({ type }) => !FOLLOWS.some(([from, input]) => from === name && input === type))
      .map(({ type }) => [name, type] as const),
  );
  it.each(refused)('%s: refuses %s, and says what it allows', async (from, type) => {
    expect(step(authenticationTable, STATES[from], INPUTS[type], undefined)).toBeUndefined();
    const { session, end } = await calledBy();
    for (const input of WAYS[from]) session.setAuthenticationState(INPUTS[input]);
    expect(session.getAuthenticationState().name).toBe(from);
    const allowed = Object.keys(authenticationTable[from]).join(', ') || 'nothing';
    expect(() => session.setAuthenticationState(INPUTS[type])).toThrow(
      expect.objectContaining({
        code: 'SESSION_STATE',
        message: `${type} is not possible while ${from}; allowed: ${allowed}`,
      }),
    );
    await end();
  });
});

/** How a session gets there. */
const WAYS: Readonly<Record<Name, readonly InputType[]>> = {
  unauthenticated: [],
  required: ['required'],
  challenged: ['challenged'],
  authenticated: ['proven'],
  failed: ['refuted'],
  locked: ['lockedOut'],
};

async function calledBy(): Promise<{ session: Session; end(): Promise<void> }> {
  const both = scene();
  both.bob.onIncoming = () => {};
  const calling = both.alice.call('bob');
  await both.simulation.run(500);
  const { session } = both.bob;
  const end = async (): Promise<void> => {
    void calling.hangUp();
    await finish(both);
  };
  return { session, end };
}
