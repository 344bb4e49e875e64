import { type ForwardCause, Q850 } from '@strowger/session-core';
import { to } from '@strowger/runtime';
import { bestResponse, type LegRefusal } from './best-response.ts';
import { after, type CallStep, end, outcomeOf, rejected } from './call-steps.ts';
import type { CallEnding, CallInput, CallOutput, Forwards } from './call-table.ts';

type Routed<T extends CallInput['type']> = Extract<CallInput, { type: T }>;

/** Rows of every state in which it is looked up where the call goes. */
export const routedRows = {
  routedToContacts: (_: object, routed: Routed<'routedToContacts'>): CallStep => {
    const { legs, first, forwards, hasMoved } = routed;
    return to(
      { name: 'ringing', legs, first, refusals: [], forwards },
      ...toldBy(hasMoved),
      { type: 'armRingTimer' },
      { type: 'callLegs' },
    );
  },
  routedToService: (_: object, { hasMoved }: Routed<'routedToService'>): CallStep =>
    to({ name: 'serving', isAnswered: false }, ...toldBy(hasMoved), { type: 'runService' }),
};

function toldBy(hasMoved: boolean): CallOutput[] {
  return hasMoved ? [{ type: 'tellForwarded' }] : [];
}

/** Nobody rings any more. */
export const endRinging: readonly CallOutput[] = [
  { type: 'disarmRingTimer' },
  { type: 'endLegs', why: 'over' },
];

/** It rang too long. */
export const NO_ANSWER: CallEnding = {
  outcome: 'noAnswer',
  status: 480,
  cause: Q850.noAnswer,
  by: 'engine',
  reason: 'noAnswer',
};

/** The last outputs of a call that nobody answered. */
export const notAnswered: readonly CallOutput[] = [
  ...endRinging,
  { type: 'rejectCaller', status: NO_ANSWER.status },
];

/** Every contact has refused: the call goes on to somebody else, or that was it (RFC 3261 §16.7). */
export function allRefused(refusals: readonly LegRefusal[], forwards: Forwards): CallStep {
  const best = bestResponse(refusals);
  const ending = endingOf(best);
  const contacts = refusals.flatMap(({ contacts: said = [] }) => said);
  if (contacts.length > 0 && best.status < 600 && forwards.redirected) {
    return forward(ending, 'redirected', contacts);
  }
  if (forwards.busy && ending.outcome === 'busy') return forward(ending, 'busy');
  // nobody could be reached, or the phone gave up by itself
  if (forwards.noAnswer && best.status === 480) return forward(ending, 'noAnswer');
  return after(rejected(best, 'callee'), ...endRinging);
}

/** Looks up where the call goes instead; where it goes nowhere it ends as it would have. */
export function forward(
  otherwise: CallEnding,
  cause: Exclude<ForwardCause, 'always'>,
  contacts: readonly string[] = [],
): CallStep {
  return to({ name: 'forwarding', otherwise }, ...endRinging, { type: 'forward', cause, contacts });
}

/** There was nobody else. */
export function giveBack(otherwise: CallEnding): CallStep {
  const { status } = otherwise;
  return after(end(otherwise), { type: 'rejectCaller', status });
}

function endingOf({ status }: LegRefusal): CallEnding {
  return { outcome: outcomeOf(status), status, by: 'callee' };
}
