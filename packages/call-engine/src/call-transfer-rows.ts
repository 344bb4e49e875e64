import { to } from '@strowger/runtime';
import { after, broken, type CallStep, hungUp, stopped } from './call-steps.ts';
import type { CallOutput, CallState, callTable, LegEnding, Side } from './call-table.ts';

type Transferring = Extract<CallState, { name: 'transferring' }>;

const drop: CallOutput = { type: 'dropTransfer' };
const endCallee: CallOutput = { type: 'endLegs', why: 'over' };

/** One side has asked for the other to be connected to somebody else (RFC 5589, RFC 7092). */
export const transferringRows: (typeof callTable)['transferring'] = {
  transferred: (state, { winner }) =>
    to({ name: 'connected', winner }, { type: 'adopt', by: state.by }),
  transferFailed: ({ winner, by, isGone }) => {
    if (!isGone) return to({ name: 'connected', winner });
    return leave(by, { kind: 'hungUp', status: 200, reason: 'transferFailed' });
  },
  callerEnded: (state, { ending }) => gone(state, 'caller', ending),
  legEnded: (state, { leg, ending }) =>
    leg === state.winner ? gone(state, 'callee', ending) : to(state),
  legAnswered: (state, { leg }) => to(state, { type: 'endLeg', leg, why: 'elsewhere' }),
  legRefused: (state) => to(state),
  broken: (_, { reason }) =>
    after(broken(reason), drop, endCallee, { type: 'endCaller', cause: 41 }),
  stop: (_, { reason }) =>
    after(stopped(reason), drop, endCallee, { type: 'endCaller', cause: 16 }),
};

/** Who asked may hang up as soon as that was accepted; whoever stays may give up. */
function gone(state: Transferring, side: Side, ending: LegEnding): CallStep {
  if (side === state.by) return to({ ...state, isGone: true });
  const left = leave(side, ending);
  return { next: left.next, outputs: [drop, ...left.outputs] };
}

/** One side of an answered call is over, and the other one is hung up. */
function leave(side: Side, ending: LegEnding): CallStep {
  const cause = ending.cause ?? (ending.kind === 'hungUp' ? 16 : 41);
  const other: CallOutput = side === 'caller' ? endCallee : { type: 'endCaller', cause };
  return after(hungUp(side, ending), other);
}
