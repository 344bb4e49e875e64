import type { StrowgerError } from '@strowger/runtime';
import type { SipMessage, SipRequest, SipResponse } from '@strowger/sip-message';
import type { Inbound } from './message-sender.ts';

/** The timers that a transaction arms; each fires as the input of the same name. */
export type TimerName =
  | 'timerA'
  | 'timerB'
  | 'timerD'
  | 'timerE'
  | 'timerF'
  | 'timerG'
  | 'timerH'
  | 'timerI'
  | 'timerJ'
  | 'timerK'
  | 'timerL'
  | 'timerM'
  | 'timerTrying'
  | 'timerCancelled'
  | 'timerTooLate';

/** What a transaction's table asks its shell to do, in order. */
export type Output =
  | { readonly type: 'send'; readonly message: SipMessage; readonly again: boolean }
  | { readonly type: 'arm'; readonly timer: TimerName; readonly ms: number }
  | { readonly type: 'disarm'; readonly timer: TimerName }
  /** The transaction is over: free its timers and forget it. */
  | { readonly type: 'release' }
  | { readonly type: 'sendCancel'; readonly options: CancelOptions }
  | { readonly type: 'tellRequest' }
  | { readonly type: 'tellResponse'; readonly response: SipResponse }
  | { readonly type: 'tellAck'; readonly ack: SipRequest; readonly inbound: Inbound }
  | { readonly type: 'tellCancel'; readonly cancel: SipRequest }
  | { readonly type: 'tellTimeout'; readonly heard: boolean }
  | { readonly type: 'tellTransportError'; readonly error: StrowgerError };

/** What a CANCEL carries besides what RFC 3261 §9.1 demands: a Reason, for example. */
export interface CancelOptions {
  readonly headers?: Iterable<readonly [name: string, value: string]>;
}

export const send = (message: SipMessage): Output => ({ type: 'send', message, again: false });
export const sendAgain = (message: SipMessage): Output => ({ type: 'send', message, again: true });
export const arm = (timer: TimerName, ms: number): Output => ({ type: 'arm', timer, ms });
export const disarm = (timer: TimerName): Output => ({ type: 'disarm', timer });
export const release: Output = { type: 'release' };
export const tellResponse = (response: SipResponse): Output => ({ type: 'tellResponse', response });
export const tellTimeout = (heard: boolean): Output => ({ type: 'tellTimeout', heard });
export const tellTransportError = (error: StrowgerError): Output => ({
  type: 'tellTransportError',
  error,
});
