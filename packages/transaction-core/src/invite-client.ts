import { type StateTable, type Step, type StrowgerError, to } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';
import {
  arm,
  type CancelOptions,
  disarm,
  type Output,
  release,
  send,
  sendAgain,
  tellResponse,
  tellTimeout,
  tellTransportError,
} from './outputs.ts';
import type { TimerSettings } from './timer-settings.ts';

/** Where an INVITE client transaction stands (RFC 6026 §7.2). */
export type InviteClientState =
  | { readonly name: 'idle' }
  | { readonly name: 'calling'; readonly intervalMs: number; readonly cancel?: CancelOptions }
  | { readonly name: 'proceeding'; readonly cancelled: boolean }
  | { readonly name: 'completed'; readonly ack: SipRequest }
  | { readonly name: 'accepted' }
  | { readonly name: 'terminated' };

/** What can happen to an INVITE client transaction. */
export type InviteClientInput =
  | { readonly type: 'start' }
  | { readonly type: 'provisional'; readonly response: SipResponse }
  | { readonly type: 'success'; readonly response: SipResponse }
  | { readonly type: 'failure'; readonly response: SipResponse }
  | { readonly type: 'cancel'; readonly options: CancelOptions }
  | { readonly type: 'terminate' }
  | { readonly type: 'transportError'; readonly error: StrowgerError }
  | { readonly type: 'timerA' | 'timerB' | 'timerD' | 'timerM' | 'timerCancelled' };

/** What a client transaction's table may look at. */
export interface ClientContext {
  readonly request: SipRequest;
  readonly reliable: boolean;
  readonly timers: TimerSettings;
  /** The ACK to a response other than 2xx (RFC 3261 §17.1.1.3). */
  buildAck(response: SipResponse): SipRequest;
}

type InviteClientStep = Step<InviteClientState, Output>;

/** The INVITE client transaction (RFC 3261 §17.1.1, corrected by RFC 6026 §7.2). */
export const inviteClient: StateTable<InviteClientState, InviteClientInput, Output, ClientContext> =
  {
    idle: {
      start: (_, __, { request, reliable, timers }) =>
        to(
          { name: 'calling', intervalMs: timers.t1Ms },
          send(request),
          arm('timerB', timers.timerBMs),
          ...(reliable ? [] : [arm('timerA', timers.t1Ms)]),
        ),
    },
    calling: {
      timerA: (state, _, { request }) => {
        const intervalMs = 2 * state.intervalMs;
        return to({ ...state, intervalMs }, sendAgain(request), arm('timerA', intervalMs));
      },
      timerB: () => over(tellTimeout(false)),
      cancel: (state, { options }) => to({ ...state, cancel: options }),
      provisional: ({ cancel }, { response }, { timers }) =>
        to(
          { name: 'proceeding', cancelled: cancel !== undefined },
          disarm('timerA'),
          disarm('timerB'),
          ...(cancel === undefined ? [] : sendCancel(cancel, timers)),
          tellResponse(response),
        ),
      success: (_, { response }, context) => accept(response, context),
      failure: (_, { response }, context) => complete(response, context),
      transportError: (_, { error }) => over(tellTransportError(error)),
      terminate: () => over(),
    },
    proceeding: {
      provisional: (state, { response }) => to(state, tellResponse(response)),
      success: (_, { response }, context) => accept(response, context),
      failure: (_, { response }, context) => complete(response, context),
      cancel: (state, { options }, { timers }) =>
        state.cancelled
          ? to(state)
          : to({ name: 'proceeding', cancelled: true }, ...sendCancel(options, timers)),
      timerCancelled: () => over(tellTimeout(true)),
      terminate: () => over(),
    },
    completed: {
      failure: (state) => to(state, sendAgain(state.ack)),
      timerD: () => over(),
      transportError: (_, { error }) => over(tellTransportError(error)),
      terminate: () => over(),
    },
    accepted: {
      success: (state, { response }) => to(state, tellResponse(response)),
      timerM: () => over(),
      terminate: () => over(),
    },
    terminated: {},
  };

function accept(response: SipResponse, { timers }: ClientContext): InviteClientStep {
  return to(
    { name: 'accepted' },
    disarm('timerA'),
    disarm('timerB'),
    disarm('timerCancelled'),
    arm('timerM', timers.timerMMs),
    tellResponse(response),
  );
}

function complete(response: SipResponse, context: ClientContext): InviteClientStep {
  const ack = context.buildAck(response);
  if (context.reliable) {
    return to({ name: 'terminated' }, send(ack), release, tellResponse(response));
  }
  return to(
    { name: 'completed', ack },
    disarm('timerA'),
    disarm('timerB'),
    disarm('timerCancelled'),
    send(ack),
    arm('timerD', context.timers.timerDMs),
    tellResponse(response),
  );
}

/** Without a final response 64*T1 after the CANCEL the INVITE is given up (RFC 3261 §9.1). */
function sendCancel(options: CancelOptions, timers: TimerSettings): Output[] {
  return [{ type: 'sendCancel', options }, arm('timerCancelled', 64 * timers.t1Ms)];
}

function over(...told: Output[]): InviteClientStep {
  return to({ name: 'terminated' }, release, ...told);
}
