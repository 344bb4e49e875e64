import type { SipRequest, SipResponse } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import { addressOf, taggedTo } from './address-text.ts';
import type { ClientRequest } from './client-request.ts';
import { copied } from './copied.ts';
import { isDescribed } from './description.ts';
import type { DialogInit } from './dialog-record.ts';
import { DialogShell } from './dialog-shell.ts';
import type { DialogEnd } from './dialog-user.ts';
import type { LayerContext } from './layer-context.ts';
import type { InviteOptions } from './outgoing-invite.ts';
import { firstContact } from './peer-hop.ts';
import { routeSetFrom } from './route-set.ts';
import { ackPartsOf, SuccessAck } from './success-ack.ts';

interface Fork {
  /** The To tag of who answered. */
  readonly tag: string;
  readonly dialog: DialogShell;
  /** There once this fork has sent a 2xx. */
  ack: SuccessAck | undefined;
}

const OTHER_FORK: DialogEnd = { kind: 'otherForkAnswered' };

/** The dialogs of one INVITE, by the tags of those who answered it (RFC 3261 §12.1.2, §13.2.2). */
export class Forks {
  private readonly context: LayerContext;
  private readonly options: InviteOptions;
  private readonly client: () => ClientRequest | undefined;
  /** Nearly always one: a list is a fifth of what a `Map` takes. */
  private forks: readonly Fork[] = [];
  /** Whether the INVITE has a description: known before its body is forgotten. */
  private described: boolean | undefined;

  constructor(
    context: LayerContext,
    options: InviteOptions,
    client: () => ClientRequest | undefined,
  ) {
    this.context = context;
    this.options = options;
    this.client = client;
  }

  get early(): DialogShell[] {
    const dialogs = this.forks.map(({ dialog }) => dialog);
    return dialogs.filter(({ state }) => state === 'early');
  }

  /** The early dialog of a 1xx; none without a To tag, beyond the limit, or once it has ended. */
  provisional(response: SipResponse): DialogShell | undefined {
    const tag = response.toTag;
    if (response.status === 100 || tag === undefined) return undefined;
    const known = this.find(tag);
    if (known !== undefined) return known.dialog.isLive ? known.dialog : undefined;
    if (this.isFull) return undefined;
    return this.open(tag, response)?.dialog;
  }

  /**
   * The dialog of the first 2xx; the owner sends its ACK. None where our BYE to the early dialog
   * crossed the 2xx: that one is acknowledged here.
   */
  accept(response: SipResponse): DialogShell | undefined {
    const { dialog, ack } = this.confirm(response);
    if (!dialog.isLive) {
      ack.send();
      return undefined;
    }
    dialog.usage.waitingAck = ack;
    return dialog;
  }

  /** A 2xx after the first. More forks than the limit are nobody's doing but an attacker's. */
  acceptAgain(response: SipResponse): void {
    const known = this.find(response.toTag ?? '');
    if (known?.ack !== undefined) known.ack.repeat();
    else if (known !== undefined || !this.isFull) this.decline(response, OTHER_FORK);
  }

  /** Nobody wants this 2xx: it is acknowledged, and its dialog ended with BYE (§13.2.2.4). */
  decline(response: SipResponse, end: DialogEnd): void {
    const { dialog, ack } = this.confirm(response);
    if (!dialog.isLive) return ack.send();
    dialog.usage.waitingAck = ack;
    dialog.giveUp(end);
  }

  endEarly(end: DialogEnd): void {
    for (const dialog of this.early) dialog.lose(end);
  }

  /** No 2xx comes any more that its ACK would answer. */
  release(): void {
    for (const { dialog, ack } of this.forks) dialog.usage.forgetAck(ack);
  }

  private get isFull(): boolean {
    return this.forks.length >= this.context.limits.earlyDialogs;
  }

  private find(tag: string): Fork | undefined {
    for (const fork of this.forks) if (fork.tag === tag) return fork;
    return undefined;
  }

  private confirm(response: SipResponse): { dialog: DialogShell; ack: SuccessAck } {
    const tag = response.toTag ?? '';
    const fork = this.find(tag) ?? this.open(tag, response);
    const { dialog } = fork;
    const ack = new SuccessAck(dialog, ackPartsOf(this.requestSent()));
    fork.ack = ack;
    dialog.accepted(response);
    dialog.usage.inviteAccepted(this.requestSent(), response);
    return { dialog, ack };
  }

  private open(tag: string, response: SipResponse): Fork {
    const request = this.requestSent();
    const contact = firstContact(response);
    const init: DialogInit = {
      // a B2BUA's request may say what stood in its caller's packet
      id: {
        callId: copied(request.callId),
        localTag: request.fromTag ?? '',
        remoteTag: copied(tag),
      },
      role: 'uac',
      local: copied(addressOf(request, 'from')),
      remote: copied(taggedTo(request, tag)),
      remoteTarget: copied((contact?.uri ?? request.uri).toString()),
      routeSet: routeSetFrom(response.headers, 'uac'),
      localContact: request.headers.raw('Contact')[0] ?? '',
      localSeq: request.cseq.number,
      remoteSeq: -1,
      hop: this.peerHop(response),
    };
    const dialog = new DialogShell(this.context, init, this.options.credentials);
    this.described ??= isDescribed(request);
    dialog.usage.offers.inviteSent(this.described);
    const fork = { tag: init.id.remoteTag, dialog, ack: undefined };
    this.forks = [...this.forks, fork]; // one that grows in place has room for seventeen
    return fork;
  }

  /** A peer for whom the owner named the hop is reached over it, but for proxies between. */
  private peerHop(response: SipResponse): Hop | undefined {
    const { hops, route } = this.options;
    if (hops === undefined || (route?.length ?? 0) > 0) return undefined;
    return response.headers.has('record-route') ? undefined : this.client()?.hop;
  }

  private requestSent(): SipRequest {
    const client = this.client();
    if (client === undefined) throw new Error('a response before the INVITE was sent');
    return client.request;
  }
}
