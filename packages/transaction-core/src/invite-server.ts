import { type StateTable, type Step, type StrowgerError, to } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';
import type { Inbound } from './message-sender.ts';
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
import type { TimerSettings } from './timer-settings.ts';

/** Where an INVITE server transaction stands (RFC 6026 §7.1). */
export type InviteServerState =
  | { readonly name: 'idle' }
  | { readonly name: 'proceeding'; readonly response?: SipResponse }
  | { readonly name: 'completed'; readonly response: SipResponse; readonly intervalMs: number }
  | { readonly name: 'confirmed' }
  | { readonly name: 'accepted' }
  | { readonly name: 'terminated' };

/** What can happen to an INVITE server transaction. */
export type InviteServerInput =
  | { readonly type: 'request' }
  | { readonly type: 'ack'; readonly ack: SipRequest; readonly inbound: Inbound }
  | { readonly type: 'cancel'; readonly cancel: SipRequest }
  | { readonly type: 'provisional'; readonly response: SipResponse }
  | { readonly type: 'success'; readonly response: SipResponse }
  | { readonly type: 'failure'; readonly response: SipResponse }
  | { readonly type: 'transportError'; readonly error: StrowgerError }
  | { readonly type: 'timerTrying' | 'timerG' | 'timerH' | 'timerI' | 'timerL' };

/** What a server transaction's table may look at. */
export interface ServerContext {
  readonly reliable: boolean;
  readonly timers: TimerSettings;
  /** The 100 to our request. */
  buildTrying(): SipResponse;
}

type InviteServerStep = Step<InviteServerState, Output>;

/**
 * The INVITE server transaction (RFC 3261 §17.2.1, corrected by RFC 6026 §7.1: `accepted`, and a
 * transport error ends nothing).
 */
export const inviteServer: StateTable<InviteServerState, InviteServerInput, Output, ServerContext> =
  {
    idle: {
      request: (_, __, { timers }) =>
        to({ name: 'proceeding' }, arm('timerTrying', timers.tryingAfterMs), {
          type: 'tellRequest',
        }),
    },
    proceeding: {
      request: (state) =>
        state.response === undefined ? to(state) : to(state, sendAgain(state.response)),
      timerTrying: (_, __, context) => {
        const response = context.buildTrying();
        return to({ name: 'proceeding', response }, send(response));
      },
      provisional: (_, { response }) =>
        to({ name: 'proceeding', response }, disarm('timerTrying'), send(response)),
      success: (_, { response }, { timers }) =>
        to(
          { name: 'accepted' },
          disarm('timerTrying'),
          send(response),
          arm('timerL', timers.timerLMs),
        ),
      failure: (_, { response }, context) => complete(response, context),
      cancel: (state, { cancel }) => to(state, { type: 'tellCancel', cancel }),
      transportError: (state, { error }) => to(state, tellTransportError(error)),
    },
    completed: {
      request: (state) => to(state, sendAgain(state.response)),
      timerG: (state, _, { timers }) => {
        const intervalMs = Math.min(2 * state.intervalMs, timers.t2Ms);
        return to({ ...state, intervalMs }, sendAgain(state.response), arm('timerG', intervalMs));
      },
      ack: (_, __, { reliable, timers }) =>
        reliable
          ? over()
          : to(
              { name: 'confirmed' },
              disarm('timerG'),
              disarm('timerH'),
              arm('timerI', timers.timerIMs),
            ),
      timerH: () => over(tellTimeout(false)),
      transportError: (state, { error }) => to(state, tellTransportError(error)),
    },
    confirmed: {
      request: (state) => to(state),
      ack: (state) => to(state),
      timerI: () => over(),
    },
    accepted: {
      request: (state) => to(state),
      ack: (state, { ack, inbound }) => to(state, { type: 'tellAck', ack, inbound }),
      success: (state, { response }) => to(state, sendAgain(response)),
      transportError: (state, { error }) => to(state, tellTransportError(error)),
      timerL: () => over(),
    },
    terminated: {},
  };

function complete(response: SipResponse, { reliable, timers }: ServerContext): InviteServerStep {
  return to(
    { name: 'completed', response, intervalMs: timers.t1Ms },
    disarm('timerTrying'),
    send(response),
    arm('timerH', timers.timerHMs),
    ...(reliable ? [] : [arm('timerG', timers.t1Ms)]),
  );
}

function over(...told: Output[]): InviteServerStep {
  return to({ name: 'terminated' }, release, ...told);
}
