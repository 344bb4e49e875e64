import { endingRows, type SessionTable } from './ending-rows.ts';
import { establishedRows } from './established-rows.ts';
import { incomingRows } from './incoming-rows.ts';
import { outgoingRows } from './outgoing-rows.ts';
import type { SessionMachineState } from './session-machine.ts';
import type { SessionState } from './session-state.ts';

/** One party's leg of a call: its dialog and its media in step. Every race is a row. */
export const sessionTable: SessionTable = {
  ...outgoingRows,
  ...incomingRows,
  ...establishedRows,
  ...endingRows,
};

/** The public name of a state of the session table. */
export function sessionStateOf(state: SessionMachineState): SessionState {
  switch (state.name) {
    case 'created':
    case 'preparing':
      return 'initializing';
    case 'inviting':
    case 'accepting':
      return state.rang ? 'ringing' : 'dialing';
    case 'incoming':
    case 'answering':
      return state.alerted ? 'ringing' : 'initializing';
    case 'awaitingAnswer':
      return 'ringing';
    case 'ending':
      return 'terminating';
    case 'ended':
      return 'terminated';
    default:
      if (state.transferring) return 'transferring';
      return state.direction === 'sendrecv' ? 'connected' : 'onHold';
  }
}

/** Which public states can follow which (besides staying): what `canTransition` asks. */
export const sessionTransitions: Readonly<Record<SessionState, readonly SessionState[]>> = {
  initializing: ['dialing', 'ringing', 'connected', 'onHold', 'terminating'],
  dialing: ['ringing', 'connected', 'onHold', 'terminating'],
  ringing: ['connected', 'onHold', 'terminating'],
  connected: ['onHold', 'transferring', 'terminating'],
  onHold: ['connected', 'transferring', 'terminating'],
  transferring: ['connected', 'onHold', 'terminating'],
  terminating: ['terminated'],
  terminated: [],
};

/** Whether a session in state `from` can ever be seen in state `next` right after it. */
export function canTransition(from: SessionState, next: SessionState): boolean {
  return sessionTransitions[from].includes(next);
}
