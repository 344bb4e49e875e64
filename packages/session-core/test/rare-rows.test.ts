import { step } from '@strowger/runtime';
import {
  type SessionInput,
  type SessionMachineState,
  type SessionOutput,
  sessionTable,
} from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import { drivenRows } from './two-phones.ts';

/** One step of the table, counted as driven. */
function drive(
  state: SessionMachineState,
  input: SessionInput,
): { next: SessionMachineState; outputs: string[] } {
  const taken = step<SessionMachineState, SessionInput, SessionOutput, undefined>(
    sessionTable,
    state,
    input,
    undefined,
  );
  if (taken === undefined) throw new Error(`no row: ${state.name} ${input.type}`);
  drivenRows.add(`${state.name} ${input.type}`);
  return { next: taken.next, outputs: taken.outputs.map(({ type }) => type) };
}

const talk = { direction: 'sendrecv', wanted: 'sendrecv', queue: [] } as const;
const change = { id: 1, direction: 'sendonly' } as const;
const withdrawn = false;
const busy: SessionMachineState[] = [
  { name: 'offeringChange', ...talk, change },
  { name: 'changing', ...talk, change },
  { name: 'applyingChange', ...talk, change },
  { name: 'reverting', ...talk, change, refusal: { code: 'X', message: '' } },
  { name: 'yielding', ...talk, withdrawn },
  { name: 'answeringChange', ...talk, withdrawn },
  { name: 'offeringAnswer', ...talk, withdrawn },
  { name: 'awaitingChangeAnswer', ...talk },
];
const answered: SessionMachineState[] = [
  { name: 'accepting', rang: true, late: false },
  { name: 'awaitingAnswer' },
  { name: 'established', ...talk },
  ...busy,
];
const end = { kind: 'dialogLost', by: 'remote', status: 481, cause: 41 } as const;

describe('every answered state', () => {
  it.each(answered)('ends in each way: $name', (state) => {
    const hangUp = drive(state, { type: 'hangUp', why: {} });
    expect(hangUp.outputs).toEqual(['bye', 'closeMedia']);
    expect(hangUp.next).toMatchObject({ name: 'ending', signalling: true, media: true });
    const bye = drive(state, { type: 'byeReceived', why: { cause: 31 } });
    expect(bye.next).toMatchObject({ reason: { kind: 'hungUp', by: 'remote', cause: 31 } });
    expect(bye.outputs).toEqual(['closeMedia']);
    const lost = drive(state, { type: 'dialogEnded', reason: end });
    expect(lost.next).toMatchObject({ reason: end, signalling: false });
    const dead = drive(state, { type: 'mediaFailed', code: 'X', message: '' });
    expect(dead.outputs).toEqual(['bye', 'closeMedia']);
  });

  it.each(busy)('lets further changes wait: $name', (state) => {
    const { next, outputs } = drive(state, { type: 'change', change });
    expect(next).toMatchObject({ name: state.name, queue: [change] });
    expect(outputs).toEqual([]);
  });

  it.each(answered.slice(2))('remembers that a transfer is under way: $name', (state) => {
    const begun = drive(state, { type: 'transferBegun' });
    expect(begun).toEqual({ next: { ...state, transferring: true }, outputs: [] });
    const over = drive(begun.next, { type: 'transferOver' });
    expect(over).toEqual({ next: { ...state, transferring: false }, outputs: [] });
  });

  it.each([...busy, ...answered.slice(0, 2)])('does not mix two offers: $name', (state) => {
    const { next, outputs } = drive(state, { type: 'changeOffered', sdp: 'v=0' });
    if (state.name !== 'changing') expect([next, outputs]).toEqual([state, ['refuseChange']]);
    else expect(outputs).toEqual(['withdraw', 'rollback']);
  });
});

describe('rare races', () => {
  it.each([
    ['MEDIA_NOT_ACCEPTABLE', 488],
    ['MEDIA_OFFER_PENDING', 491],
    ['MEDIA_PORTS_EXHAUSTED', 503],
    ['X', 500],
  ])('a re-INVITE that media refuses with %s gets %i', (code, status) => {
    const state = { name: 'answeringChange', ...talk, withdrawn } as const;
    const refused: SessionInput = { type: 'mediaRefused', code, message: '' };
    const taken = step<SessionMachineState, SessionInput, SessionOutput, undefined>(
      sessionTable,
      state,
      refused,
      undefined,
    );
    expect(taken?.outputs).toEqual([{ type: 'refuseChange', status }]);
  });

  it('a withdrawn re-INVITE for which we rolled back', () => {
    const yielding = { name: 'yielding', ...talk, withdrawn: false } as const;
    const { next } = drive(yielding, { type: 'changeWithdrawn' });
    expect(drive(next, { type: 'mediaRefused', code: 'X', message: '' }).next.name).toBe(
      'established',
    );
  });

  it('a hang-up while we answer, and before we have dialled', () => {
    const answering = {
      name: 'answering',
      alerted: true,
      media: { stage: 'working' },
    } as const;
    expect(drive(answering, { type: 'hangUp', why: {} }).outputs).toEqual(['refuse', 'closeMedia']);
    const created = { name: 'created', plan: { given: false, late: false } } as const;
    expect(drive(created, { type: 'hangUp', why: {} }).next).toMatchObject({
      name: 'ending',
      signalling: false,
    });
  });

  it('a re-INVITE that crosses our BYE', () => {
    const ending = { name: 'ending', reason: end, signalling: true, media: true } as const;
    expect(drive(ending, { type: 'changeOffered' }).outputs).toEqual(['refuseChange']);
  });
});
