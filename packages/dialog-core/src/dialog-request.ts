import type { StrowgerError } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import { ClientRequest, type ClientRequestUser } from './client-request.ts';
import type { DialogRecord } from './dialog-record.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { MessageParts, RequestUser } from './dialog-user.ts';
import type { LayerContext } from './layer-context.ts';
import { TrackedRequest } from './tracked-request.ts';

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
export function sendDialogRequest(context: LayerContext, request: DialogRequest): SentRequest {
  const sent = new RequestInDialog(context, request);
  sent.send();
  return sent;
}

class RequestInDialog implements SentRequest, ClientRequestUser {
  private readonly wanted: DialogRequest;
  private readonly tracked: TrackedRequest;
  private client: ClientRequest | undefined;
  private triesLeft = MOST_REPETITIONS;

  constructor(context: LayerContext, wanted: DialogRequest) {
    this.wanted = wanted;
    this.tracked = new TrackedRequest(context, wanted.user);
  }

  send(): void {
    const { dialog, method, parts } = this.wanted;
    const request = dialog.compose(method, dialog.record.nextCSeq(), parts);
    this.client = new ClientRequest(request, dialog.clientOptions(this, request));
    this.client.send();
  }

  giveUp(): void {
    this.tracked.finish({ failure: { kind: 'timeout' } });
    this.client?.terminate();
  }

  onResponse(response: SipResponse): void {
    const { dialog, user } = this.wanted;
    if (response.status < 200) {
      if (response.status > 100) user.onProvisional?.(response);
      return;
    }
    const { isJudged } = this;
    const maySendAgain = !isJudged && this.triesLeft > 0 && this.client?.isWanted === true;
    if (maySendAgain && wasOvertaken(dialog.record, response)) {
      this.triesLeft--;
      return this.send();
    }
    this.tracked.finish({ response });
    if (isJudged) dialog.judgeRefusal(response);
  }

  onTimeout(): void {
    this.tracked.finish({ failure: { kind: 'timeout' } });
    if (this.isJudged) this.wanted.dialog.requestTimedOut();
  }

  onTransportError(error: StrowgerError): void {
    this.tracked.finish({ failure: { kind: 'transport', error } });
  }

  /** Whether a refusal says something about the dialog. */
  private get isJudged(): boolean {
    return !WITHOUT_JUDGEMENT.includes(this.wanted.method);
  }
}

/**
 * Whether a request came after a later one of ours in the same dialog, and was refused as out of order
 * (RFC 3261 §12.2.2). Of a BYE or PRACK the peer's session would go on, its provisional response never
 * be acknowledged; of what ends a subscription NOTIFYs would come on.
 */
export function wasOvertaken({ lastCSeq }: DialogRecord, { status, cseq }: SipResponse): boolean {
  return status === 500 && cseq.number < lastCSeq;
}
