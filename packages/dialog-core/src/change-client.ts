import { type Step, type StrowgerError, to } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { DialogShell } from './dialog-shell.ts';
import type { FailureReason } from './dialog-user.ts';
import { retryDelayMs } from './glare.ts';
import type { LayerContext } from './layer-context.ts';

/** What happens alike to a re-INVITE (RFC 3261 §14.1) and to an UPDATE of ours (RFC 3311 §5.1). */
export type ChangeInput =
  | { readonly type: 'free' }
  | { readonly type: 'success'; readonly response: SipResponse }
  /** `retryMs`: when it may be tried again, where it may. */
  | { readonly type: 'refusal'; readonly response: SipResponse; readonly retryMs?: number }
  | { readonly type: 'timeout' }
  | { readonly type: 'transportFailed'; readonly error: StrowgerError }
  | { readonly type: 'delayOver' }
  | { readonly type: 'withdraw' }
  | { readonly type: 'dialogEnded' };

/** What its user and its dialog are told. */
export type ChangeTold =
  | { readonly type: 'tellRejected'; readonly response: SipResponse }
  | { readonly type: 'tellFailed'; readonly reason: FailureReason }
  /** The dialog may not survive this refusal (RFC 3261 §12.2.1.2). */
  | { readonly type: 'judge'; readonly response: SipResponse }
  | { readonly type: 'giveUpDialog' };

/** What the shells of both carry out. */
export type ChangeOutput =
  | ChangeTold
  | { readonly type: 'send' }
  /** The delay of §14.1. */
  | { readonly type: 'armDelay'; readonly delayMs: number }
  | { readonly type: 'disarm' }
  | { readonly type: 'accept'; readonly response: SipResponse }
  /** Its offer is as if it had never been made. */
  | { readonly type: 'rollback' }
  | { readonly type: 'release' };

/** What the tables of both may look at. */
export interface ChangeContext {
  readonly glareRetries: number;
}

type Finished = Step<{ readonly name: 'finished' }, ChangeOutput>;

/** Why it failed: its user withdrew it. */
export const CANCELLED: FailureReason = { kind: 'cancelled' };
/** Why it failed: the dialog is over. */
export const DIALOG_ENDED: FailureReason = { kind: 'dialogEnded' };

/** It is over without an answer: its offer is taken back, its user is told why. */
export function fail(reason: FailureReason, ...after: ChangeOutput[]): Finished {
  return to(
    { name: 'finished' },
    { type: 'disarm' },
    { type: 'rollback' },
    { type: 'release' },
    { type: 'tellFailed', reason },
    ...after,
  );
}

/** The peer has refused it for good. */
export function reject(response: SipResponse): Finished {
  return to(
    { name: 'finished' },
    { type: 'disarm' },
    { type: 'rollback' },
    { type: 'release' },
    { type: 'tellRejected', response },
    { type: 'judge', response },
  );
}

/** No answer at all: the peer is gone (RFC 3261 §12.2.1.2). */
export function timedOut(reason: FailureReason): Finished {
  return fail(reason, { type: 'giveUpDialog' });
}

/** The input that a final response of the peer is. */
export function finalInput(
  { runtime }: LayerContext,
  { role }: DialogShell,
  response: SipResponse,
): Extract<ChangeInput, { type: 'success' | 'refusal' }> {
  if (response.status < 300) return { type: 'success', response };
  const retryMs = retryDelayMs(response, role === 'uac', runtime.random);
  return { type: 'refusal', response, ...(retryMs === undefined ? {} : { retryMs }) };
}

/** Who is told how a change of ours failed. */
interface ChangeUser {
  onRejected(response: SipResponse): void;
  onFailed(reason: FailureReason): void;
}

/** Tells its user, or its dialog. */
export function tell(output: ChangeTold, dialog: DialogShell, user: ChangeUser): void {
  switch (output.type) {
    case 'tellRejected':
      return user.onRejected(output.response);
    case 'tellFailed':
      return user.onFailed(output.reason);
    case 'judge':
      return dialog.judgeRefusal(output.response);
    case 'giveUpDialog':
      return dialog.requestTimedOut();
    default:
      output satisfies never;
  }
}
