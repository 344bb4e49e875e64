import { type StateTable, type Step, type StrowgerError, to } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { ServerContext } from './invite-server.ts';
import {
  arm,
  disarm,
  type Output,
  release,
  send,
  sendAgain,
  tellTimeout,
  tellTransportError,
} from './outputs.ts';

/** Where a non-INVITE server transaction stands. */
export type NonInviteServerState =
  | { readonly name: 'idle' }
  | { readonly name: 'trying' }
  | { readonly name: 'proceeding'; readonly response: SipResponse }
  /** Without a response where the only answer would have been a 408 (RFC 4320 §4.2). */
  | { readonly name: 'completed'; readonly response?: SipResponse }
  | { readonly name: 'terminated' };

/** What can happen to a non-INVITE server transaction. */
export type NonInviteServerInput =
  | { readonly type: 'request' }
  | { readonly type: 'provisional'; readonly response: SipResponse }
  | { readonly type: 'success'; readonly response: SipResponse }
  | { readonly type: 'failure'; readonly response: SipResponse }
  | { readonly type: 'transportError'; readonly error: StrowgerError }
  | { readonly type: 'timerTrying' | 'timerTooLate' | 'timerJ' };

type NonInviteServerStep = Step<NonInviteServerState, Output>;

/**
 * The non-INVITE server transaction (RFC 3261 §17.2.2, corrected by RFC 4320: no provisional but
 * 100 and that not early over UDP, no 408, nothing once the client has given up).
 */
export const nonInviteServer: StateTable<
  NonInviteServerState,
  NonInviteServerInput,
  Output,
  ServerContext
> = {
  idle: {
    request: (_, __, { timers }) =>
      to(
        { name: 'trying' },
        arm('timerTrying', timers.nonInviteTryingAfterMs),
        arm('timerTooLate', timers.timerFMs),
        { type: 'tellRequest' },
      ),
  },
  trying: {
    request: (state) => to(state),
    provisional: (state, { response }, { reliable }) =>
      reliable && response.status === 100
        ? to({ name: 'proceeding', response }, disarm('timerTrying'), send(response))
        : to(state),
    timerTrying: (_, __, context) => {
      const response = context.buildTrying();
      return to({ name: 'proceeding', response }, send(response));
    },
    success: (_, { response }, context) => complete(response, context),
    failure: (_, { response }, context) => complete(response, context),
    timerTooLate: () => over(tellTimeout(false)),
  },
  proceeding: {
    request: (state) => to(state, sendAgain(state.response)),
    provisional: (state) => to(state),
    success: (_, { response }, context) => complete(response, context),
    failure: (_, { response }, context) => complete(response, context),
    transportError: (_, { error }) => over(tellTransportError(error)),
    timerTooLate: () => over(tellTimeout(false)),
  },
  completed: {
    request: (state) =>
      state.response === undefined ? to(state) : to(state, sendAgain(state.response)),
    transportError: (_, { error }) => over(tellTransportError(error)),
    timerJ: () => over(),
  },
  terminated: {},
};

function complete(response: SipResponse, { reliable, timers }: ServerContext): NonInviteServerStep {
  const silent = response.status === 408;
  const sent = silent ? [] : [send(response)];
  if (reliable) return to({ name: 'terminated' }, ...sent, release);
  return to(
    silent ? { name: 'completed' } : { name: 'completed', response },
    disarm('timerTrying'),
    disarm('timerTooLate'),
    ...sent,
    arm('timerJ', timers.timerJMs),
  );
}

function over(...told: Output[]): NonInviteServerStep {
  return to({ name: 'terminated' }, release, ...told);
}
