import { rowsOf, type Step, step } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { type CallInput, type CallOutput, type CallState, callTable } from './call-table.ts';

/** Plays inputs through the table; inputs that it has no row for change nothing. */
function play(...inputs: CallInput[]): { state: CallState; outputs: CallOutput[] } {
  let state: CallState = { name: 'routing' };
  const outputs: CallOutput[] = [];
  for (const input of inputs) {
    const taken: Step<CallState, CallOutput> | undefined = step(callTable, state, input, undefined);
    if (taken === undefined) continue;
    state = taken.next;
    outputs.push(...taken.outputs);
  }
  return { state, outputs };
}

const stays = { busy: false, noAnswer: false, redirected: false };
const two: CallInput = {
  type: 'routedToContacts',
  legs: 2,
  first: 0,
  forwards: stays,
  hasMoved: false,
};
const answered = (leg: number): CallInput => ({ type: 'legAnswered', leg });
const refused = (leg: number, status: number): CallInput => ({ type: 'legRefused', leg, status });
const up: CallInput = { type: 'callerAnswered' };
const callerGone: CallInput = {
  type: 'callerEnded',
  ending: { kind: 'hungUp', status: 200, cause: 16 },
};
const legGone = (leg: number): CallInput => ({
  type: 'legEnded',
  leg,
  ending: { kind: 'hungUp', status: 200, cause: 16 },
});

const ending = (...inputs: CallInput[]): object | undefined => {
  const { state } = play(...inputs);
  return state.name === 'ended' ? state.ending : undefined;
};

describe('a call', () => {
  it('goes to the contact that answers first; the others are told so', () => {
    const { state, outputs } = play(two, answered(1));
    expect(state).toEqual({ name: 'answering', winner: 1 });
    expect(outputs).toContainEqual({ type: 'endLegs', except: 1, why: 'elsewhere' });
    expect(outputs.at(-1)).toEqual({ type: 'answerCaller', leg: 1 });
  });

  it('hangs up on a contact that answers second', () => {
    const { state, outputs } = play(two, answered(1), answered(0), up);
    expect(outputs).toContainEqual({ type: 'endLeg', leg: 0, why: 'elsewhere' });
    expect(state.name).toBe('connected');
  });

  it('hangs up on a contact that answers after the caller gave up', () => {
    const { state, outputs } = play(two, callerGone, answered(0));
    expect(state).toMatchObject({ ending: { outcome: 'cancelled', status: 487, by: 'caller' } });
    expect(outputs.at(-1)).toEqual({ type: 'endLeg', leg: 0, why: 'over' });
  });

  it('rings on while one contact is left', () => {
    expect(play(two, refused(0, 486)).state.name).toBe('ringing');
  });

  it.each([
    [[486, 486], { outcome: 'busy', status: 486 }],
    [[603, 0], { outcome: 'rejected', status: 603 }],
    [[486, 480], { outcome: 'busy', status: 486 }],
    [[503, 408], { outcome: 'rejected', status: 480 }],
    [[500, 500], { outcome: 'failed', status: 500 }],
  ])('refused with %j comes out as %j', (statuses, outcome) => {
    const legs = statuses.flatMap((status, leg) => (status === 0 ? [] : [refused(leg, status)]));
    expect(ending(two, ...legs)).toMatchObject({ ...outcome, by: 'callee' });
  });

  it('that nobody answers ends with 480 after the contacts were cancelled', () => {
    const { state, outputs } = play(two, { type: 'ringTimeout' });
    expect(state).toMatchObject({ ending: { outcome: 'noAnswer', status: 480, cause: 19 } });
    expect(outputs.map(({ type }) => type)).toEqual([
      'armRingTimer',
      'callLegs',
      'disarmRingTimer',
      'endLegs',
      'rejectCaller',
      'finish',
    ]);
  });

  it('is hung up on the other side, whichever side hangs up', () => {
    expect(ending(two, answered(0), up, callerGone)).toMatchObject({ by: 'caller', status: 200 });
    expect(ending(two, answered(0), up, legGone(0))).toMatchObject({ by: 'callee', status: 200 });
    expect(play(two, answered(0), up, legGone(0)).outputs).toContainEqual({
      type: 'endCaller',
      cause: 16,
    });
  });

  it('does not mind the end of a contact that lost', () => {
    expect(play(two, answered(0), up, legGone(1)).state.name).toBe('connected');
  });

  it('was answered, even when its media broke', () => {
    const end = ending(two, answered(0), up, { type: 'broken', reason: 'mediaFailed' });
    expect(end).toMatchObject({ outcome: 'answered', by: 'engine', reason: 'mediaFailed' });
  });

  it.each<[string, CallInput[]]>([
    ['while it is routed', []],
    ['while it rings', [two]],
    ['while it is answered', [two, answered(0)]],
    ['while it talks', [two, answered(0), up]],
    ['in a service', [{ type: 'routedToService', hasMoved: false }, up]],
    ['before a service answers', [{ type: 'routedToService', hasMoved: false }]],
  ])('can be stopped %s', (_, inputs) => {
    expect(ending(...inputs, { type: 'stop', reason: 'draining' })).toMatchObject({
      by: 'engine',
      reason: 'draining',
    });
  });

  it('is finished exactly once, in whatever order things happen', () => {
    const names = new Set(rowsOf(callTable).map(([, input]) => input));
    const inputs: CallInput[] = [two, answered(0), up, callerGone, legGone(0), refused(0, 486)];
    expect(names.size).toBeGreaterThan(inputs.length);
    for (const first of inputs) {
      for (const second of inputs) {
        const { outputs } = play(two, first, second, callerGone, legGone(0), legGone(1));
        expect(outputs.filter(({ type }) => type === 'finish')).toHaveLength(1);
      }
    }
  });
});
