import { StrowgerError } from '@strowger/runtime';
import { isSips, type SipRequest } from '@strowger/sip-message';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import { addressOf, taggedTo } from './address-text.ts';
import { copied } from './copied.ts';
import type { DialogInit } from './dialog-record.ts';
import { DialogShell } from './dialog-shell.ts';
import { isDescribed } from './description.ts';
import type {
  IncomingInviteUser,
  MessageParts,
  ProvisionalParts,
  RefusalParts,
} from './dialog-user.ts';
import { sendProvisional, successParts } from './invite-responses.ts';
import type { DialogMatch } from './events/replaces.ts';
import type { IncomingInvite } from './incoming-invite.ts';
import { InviteServer } from './invite-server.ts';
import type { InviteServerOutcome } from './invite-server-table.ts';
import type { LayerContext } from './layer-context.ts';
import type { LocalParty } from './local-party.ts';
import { focusContact } from './focus-contact.ts';
import { firstContact, pinnedHop } from './peer-hop.ts';
import { routeSetFrom } from './route-set.ts';
import { checkProvisional, checkRefusal } from './status.ts';
import type { ResponseParts } from './user-agent.ts';

/** An INVITE of a peer outside of dialogs (RFC 3261 §13.3). */
export class InviteRequest implements IncomingInvite {
  user: IncomingInviteUser = {};
  private conference: string | undefined;
  private readonly context: LayerContext;
  private readonly match: Exclude<DialogMatch, { kind: 'refused' }>;
  private readonly transaction: ServerTransaction;
  private readonly server: InviteServer;
  private readonly party: LocalParty | undefined;
  private readonly contact: string;
  private current: DialogShell | undefined;

  constructor(
    context: LayerContext,
    transaction: ServerTransaction,
    match: Exclude<DialogMatch, { kind: 'refused' }>,
  ) {
    this.context = context;
    this.match = match;
    this.transaction = transaction;
    const { request } = transaction;
    const { hop } = transaction.inbound;
    this.party = context.localParty({ kind: 'received', request, hop });
    this.contact = context.userAgent.contact(hop, isSecure(request), this.party?.contact);
    this.server = new InviteServer({
      context,
      transaction,
      localTag: transaction.localTag,
      onTransportError: (error) => this.user.onTransportError?.(error),
      onFinish: (outcome) => this.finish(outcome),
    });
  }

  get request(): SipRequest {
    return this.transaction.request;
  }

  get inbound(): Inbound {
    return this.transaction.inbound;
  }

  get focus(): string | undefined {
    return this.conference;
  }

  set focus(conference: string | undefined) {
    this.conference = conference;
    if (this.current !== undefined) this.current.focus = conference;
  }

  get dialog(): DialogShell | undefined {
    return this.current;
  }

  get replaces(): DialogShell | undefined {
    return this.match.kind === 'replaces' ? this.match.dialog : undefined;
  }

  get joins(): DialogShell | undefined {
    return this.match.kind === 'joins' ? this.match.dialog : undefined;
  }

  get pending(): boolean {
    return this.server.isPending;
  }

  ring(parts?: ProvisionalParts): void {
    this.progress(180, parts);
  }

  progress(status: number, parts: ProvisionalParts = {}): void {
    checkProvisional(status);
    if (!this.pending) return;
    const { userAgent } = this.context;
    if (status === 100)
      return this.server.progress(userAgent.response(this.request, status, parts));
    const { context, server } = this;
    const dialog = this.openDialog();
    const forming = (message: MessageParts, capabilities: boolean): ResponseParts =>
      this.dialogForming(message, capabilities);
    sendProvisional({ context, dialog, server }, { status, parts, whole: forming });
  }

  accept(parts: MessageParts = {}): DialogShell {
    this.checkPending();
    const { userAgent } = this.context;
    const { request } = this;
    const dialog = this.openDialog();
    const { usage } = dialog;
    const { headers, body } = parts;
    const forming = this.dialogForming({ headers, body }, true);
    // built before anything changes: a header that is the layer's throws
    const whole = userAgent.response(request, 200, forming);
    dialog.accepted();
    const described = successParts(usage.offers, parts);
    const response =
      described === parts
        ? whole
        : userAgent.response(
            request,
            200,
            this.dialogForming({ headers, body: described.body }, true),
          );
    for (const [name, value] of usage.timer.answer(request)) response.headers.append(name, value);
    this.server.accept(response);
    dialog.changed();
    return dialog;
  }

  reject(status: number, parts: RefusalParts = {}): void {
    checkRefusal(status);
    this.checkPending();
    const { localTag } = this.transaction;
    const response = this.context.userAgent.response(this.request, status, {
      ...parts,
      toTag: localTag,
    });
    this.server.reject(response);
  }

  /** The parts of a response that makes the dialog (RFC 3261 §12.1.1). */
  private dialogForming({ headers, body }: MessageParts, capabilities: boolean): ResponseParts {
    const { contact: own, conference, transaction } = this;
    const contact = conference === undefined ? own : focusContact(own, conference);
    const toTag = transaction.localTag;
    return { headers, body, toTag, contact, recordRoute: true, capabilities };
  }

  private openDialog(): DialogShell {
    if (this.current !== undefined) return this.current;
    const { request, inbound } = this;
    const { localTag } = this.transaction;
    const contact = firstContact(request);
    const init: DialogInit = {
      id: {
        callId: copied(request.callId),
        localTag,
        remoteTag: copied(request.fromTag ?? ''),
      },
      role: 'uas',
      local: copied(taggedTo(request, localTag)),
      remote: copied(addressOf(request, 'from')),
      remoteTarget: copied((contact?.uri ?? request.from.uri).toString()),
      routeSet: routeSetFrom(request.headers, 'uas'),
      localContact: this.contact,
      localSeq: 0,
      remoteSeq: request.cseq.number,
      hop: pinnedHop(request, inbound.hop),
    };
    const dialog = new DialogShell(this.context, init, this.party?.credentials);
    dialog.record.noteCapabilities(request);
    dialog.record.focus = this.conference;
    dialog.usage.inviteReceived(this.server);
    dialog.usage.offers.inviteReceived(isDescribed(request));
    this.current = dialog;
    return dialog;
  }

  private checkPending(): void {
    if (!this.pending) {
      throw new StrowgerError('INVITE_ANSWERED', 'this INVITE has its final response');
    }
  }

  private finish(outcome: InviteServerOutcome): void {
    const dialog = this.current;
    dialog?.usage.inviteServerFinished(this.server, outcome);
    switch (outcome.kind) {
      case 'refused':
        return dialog?.lose({ kind: 'rejected', status: outcome.status });
      case 'cancelled':
        this.user.onCancel?.(outcome.cancel);
        return dialog?.lose({ kind: 'cancelled' });
      case 'expired':
        this.user.onExpired?.();
        return dialog?.lose({ kind: 'cancelled' });
      case 'noPrack':
        this.user.onNoPrack?.();
        return dialog?.lose({ kind: 'rejected', status: outcome.status });
      case 'bye':
        return this.user.onBye?.(outcome.bye);
      case 'acknowledged':
        dialog?.acknowledged();
        if (dialog?.isLive === true) this.user.onAck?.(outcome.ack);
        return;
      case 'noAck':
        this.user.onNoAck?.();
        return dialog?.giveUp({ kind: 'noAck' });
      case 'ended':
        return;
      default:
        outcome satisfies never;
    }
  }
}

/** RFC 3261 §12.1.1: our Contact is `sips` where the request URI, or the route or Contact was. */
function isSecure(request: SipRequest): boolean {
  const first = request.headers.get('record-route')?.[0]?.uri ?? firstContact(request)?.uri;
  return isSips(request.uri) || isSips(first);
}
