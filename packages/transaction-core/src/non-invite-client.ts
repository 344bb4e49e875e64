import { type StateTable, type Step, type StrowgerError, to } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { ClientContext } from './invite-client.ts';
import {
  arm,
  disarm,
  type Output,
  release,
  send,
  sendAgain,
  tellResponse,
  tellTimeout,
  tellTransportError,
} from './outputs.ts';

/** Where a non-INVITE client transaction stands. */
export type NonInviteClientState =
  | { readonly name: 'idle' }
  | { readonly name: 'trying'; readonly intervalMs: number }
  | { readonly name: 'proceeding' }
  | { readonly name: 'completed' }
  | { readonly name: 'terminated' };

/** What can happen to a non-INVITE client transaction. */
export type NonInviteClientInput =
  | { readonly type: 'start' }
  | { readonly type: 'provisional'; readonly response: SipResponse }
  | { readonly type: 'success'; readonly response: SipResponse }
  | { readonly type: 'failure'; readonly response: SipResponse }
  | { readonly type: 'terminate' }
  | { readonly type: 'transportError'; readonly error: StrowgerError }
  | { readonly type: 'timerE' | 'timerF' | 'timerK' };

type NonInviteClientStep = Step<NonInviteClientState, Output>;

/** The non-INVITE client transaction (RFC 3261 §17.1.2). */
export const nonInviteClient: StateTable<
  NonInviteClientState,
  NonInviteClientInput,
  Output,
  ClientContext
> = {
  idle: {
    start: (_, __, { request, reliable, timers }) =>
      to(
        { name: 'trying', intervalMs: timers.t1Ms },
        send(request),
        arm('timerF', timers.timerFMs),
        ...(reliable ? [] : [arm('timerE', timers.t1Ms)]),
      ),
  },
  trying: {
    timerE: (state, _, { request, timers }) => {
      const intervalMs = Math.min(2 * state.intervalMs, timers.t2Ms);
      return to({ ...state, intervalMs }, sendAgain(request), arm('timerE', intervalMs));
    },
    timerF: () => over(tellTimeout(false)),
    provisional: (_, { response }) => to({ name: 'proceeding' }, tellResponse(response)),
    success: (_, { response }, context) => complete(response, context),
    failure: (_, { response }, context) => complete(response, context),
    transportError: (_, { error }) => over(tellTransportError(error)),
    terminate: () => over(),
  },
  proceeding: {
    timerE: (state, _, { request, timers }) =>
      to(state, sendAgain(request), arm('timerE', timers.t2Ms)),
    timerF: () => over(tellTimeout(true)),
    provisional: (state, { response }) => to(state, tellResponse(response)),
    success: (_, { response }, context) => complete(response, context),
    failure: (_, { response }, context) => complete(response, context),
    transportError: (_, { error }) => over(tellTransportError(error)),
    terminate: () => over(),
  },
  completed: {
    success: (state) => to(state),
    failure: (state) => to(state),
    timerK: () => over(),
    terminate: () => over(),
  },
  terminated: {},
};

function complete(response: SipResponse, { reliable, timers }: ClientContext): NonInviteClientStep {
  if (reliable) return over(tellResponse(response));
  return to(
    { name: 'completed' },
    disarm('timerE'),
    disarm('timerF'),
    arm('timerK', timers.timerKMs),
    tellResponse(response),
  );
}

function over(...told: Output[]): NonInviteClientStep {
  return to({ name: 'terminated' }, release, ...told);
}
