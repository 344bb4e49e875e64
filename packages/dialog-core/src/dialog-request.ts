import type { StrowgerError } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import { ClientRequest } from './client-request.ts';
import type { DialogRecord } from './dialog-record.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { FailureReason, MessageParts, RequestUser } from './dialog-user.ts';
import type { LayerContext } from './layer-context.ts';

export interface DialogRequest {
  readonly dialog: DialogShell;
  readonly method: string;
  readonly parts: MessageParts;
  readonly user: RequestUser;
}

/** A request in a dialog, on its way. */
export interface SentRequest {
  /** Waits no longer for its answer: a timeout. */
  giveUp(): void;
}

/** Methods whose refusal says nothing about the dialog: a PRACK may come too late (RFC 3262 §3). */
const WITHOUT_JUDGEMENT: readonly string[] = ['BYE', 'PRACK'];

/** A peer that finds everything out of order is not asked for ever. */
export const MOST_REPETITIONS = 3;

/** Sends a request other than INVITE and ACK in a dialog (RFC 3261 §12.2.1). */
export function sendDialogRequest(
  context: LayerContext,
  { dialog, method, parts, user }: DialogRequest,
): SentRequest {
  const isJudged = !WITHOUT_JUDGEMENT.includes(method);
  const finish = trackRequest(context, user);
  let sent: ClientRequest | undefined;
  const send = (triesLeft: number): void => {
    const request = dialog.compose(method, dialog.record.nextCSeq(), parts);
    const client = new ClientRequest(
      request,
      dialog.clientOptions({
        onResponse: (response) => {
          if (response.status < 200) {
            if (response.status > 100) user.onProvisional?.(response);
            return;
          }
          const isAgain = !isJudged && triesLeft > 0 && wasOvertaken(dialog.record, response);
          if (isAgain) return send(triesLeft - 1);
          finish({ response });
          if (isJudged) dialog.judgeRefusal(response);
        },
        onTimeout: () => {
          finish({ failure: { kind: 'timeout' } });
          if (isJudged) dialog.requestTimedOut();
        },
        onTransportError: (error: StrowgerError) =>
          finish({ failure: { kind: 'transport', error } }),
      }),
    );
    sent = client;
    client.send();
  };
  send(MOST_REPETITIONS);
  return {
    giveUp: () => {
      finish({ failure: { kind: 'timeout' } });
      sent?.terminate();
    },
  };
}

/**
 * Whether a BYE or PRACK came after a later request of ours, such as the NOTIFY of a subscription in
 * the same dialog, and was refused as out of order (RFC 3261 §12.2.2): the peer's session would go on,
 * its provisional response never be acknowledged.
 */
export function wasOvertaken({ lastCSeq }: DialogRecord, { status, cseq }: SipResponse): boolean {
  return status === 500 && cseq.number < lastCSeq;
}

type Outcome = { readonly response: SipResponse } | { readonly failure: FailureReason };

/** Tells the outcome of a request, once. */
export interface Finish {
  (outcome: Outcome): void;
  /** Whether it was told: the layer may have been closed before the request was sent. */
  readonly isOver: () => boolean;
}

/** Counts a request as live until its outcome, which is told once. */
export function trackRequest({ live }: LayerContext, user: RequestUser): Finish {
  const closable = { close: () => finish({ failure: { kind: 'dialogEnded' } }) };
  live.requests.add(closable);
  function finish(outcome: Outcome): void {
    if (!live.requests.delete(closable)) return;
    if ('response' in outcome) user.onResponse(outcome.response);
    else user.onFailed(outcome.failure);
  }
  return Object.assign(finish, { isOver: () => !live.requests.has(closable) });
}
