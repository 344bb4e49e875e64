import { Machine, StrowgerError, type Timer } from '@strowger/runtime';
import type { NameAddr, SipRequest, SipResponse, Uri } from '@strowger/sip-message';
import type { CredentialSource, Hop, ServerTransaction } from '@strowger/transaction-core';
import type { ClientRequestOptions, ClientRequestUser } from './client-request.ts';
import type { Dialog, DialogId, OutgoingReinvite, OutgoingUpdate } from './dialog.ts';
import { type DialogInit, DialogRecord } from './dialog-record.ts';
import { sendDialogRequest } from './dialog-request.ts';
import {
  type DialogInput,
  type DialogOutput,
  type DialogState,
  type DialogTableContext,
  dialogTable,
} from './dialog-table.ts';
import type { ContactParts } from './local-party.ts';
import type {
  Body,
  DialogEnd,
  DialogUsageUser,
  MessageParts,
  ReinviteUser,
  RequestUser,
  UpdateUser,
} from './dialog-user.ts';
import type { DialogSnapshot } from './dialog-snapshot.ts';
import { InviteUsage } from './invite-usage.ts';
import { subscribeInDialog } from './events/outgoing-subscription.ts';
import type { SubscriptionParts } from './events/outgoing-subscribe.ts';
import { referInDialog } from './events/refer.ts';
import type { OutgoingRefer, ReferOptions, ReferUser } from './events/refer-options.ts';
import type { Subscription } from './events/subscription.ts';
import { type LayerContext, tellStep } from './layer-context.ts';
import type { OfferState } from './offer-answer-table.ts';
import { receiveInDialog } from './receive-in-dialog.ts';
import { checkMethod } from './status.ts';
import type { SessionTimerState } from './session-timer-table.ts';
import { takeSnapshot } from './take-snapshot.ts';

/** The key of the layer's table of dialogs. */
export function dialogKey({ callId, localTag, remoteTag }: DialogId): string {
  return `${callId}\n${localTag}\n${remoteTag}`;
}

/** One object for all that have no user yet: it is replaced, never changed. */
const NOBODY: DialogUsageUser = {};
const EARLY: DialogState = { name: 'early' };

/** The dialog and what happens to it: the shell of `dialogTable`. */
export class DialogShell implements Dialog {
  user: DialogUsageUser = NOBODY;
  readonly record: DialogRecord;
  readonly usage: InviteUsage;
  private readonly surroundings: LayerContext;
  private readonly credentials: CredentialSource | undefined;
  /** The number of our last request before its INVITE was acknowledged. */
  private lastUnconfirmed = 0;
  private readonly machine: Machine<DialogState, DialogInput, DialogOutput, DialogTableContext>;

  constructor(context: LayerContext, init: DialogInit, credentials?: CredentialSource) {
    this.surroundings = context;
    const isWatched = context.onDialogChanged !== undefined;
    this.record = new DialogRecord(init, isWatched ? () => this.changed() : undefined);
    this.credentials = credentials;
    this.machine = new Machine(this); // of its own parts: see `tellStep`
    this.usage = new InviteUsage(context, this);
    context.dialogs.set(dialogKey(init.id), this);
  }

  relocate(hop: Hop, parts?: ContactParts): void {
    const { userAgent } = this.surroundings;
    const { isSecure, contactParams } = this.record;
    this.record.relocate(`${userAgent.contact(hop, isSecure, parts)}${contactParams}`);
  }

  get focus(): string | undefined {
    return this.record.focus;
  }

  set focus(conference: string | undefined) {
    this.record.focus = conference;
    this.changed();
  }

  /** @internal */
  get table(): typeof dialogTable {
    return dialogTable;
  }

  /** @internal */
  get initial(): DialogState {
    return EARLY;
  }

  /** @internal What the table looks at: the role. */
  get context(): DialogTableContext {
    return this;
  }

  /** @internal */
  onStep(from: DialogState, input: DialogInput, to: DialogState): void {
    tellStep(this.surroundings, 'dialog', { from, input, to });
  }

  get id(): DialogId {
    return this.record.init.id;
  }

  get role(): 'uac' | 'uas' {
    return this.record.init.role;
  }

  get state(): 'early' | 'confirmed' | 'terminated' {
    const { name } = this.machine.state;
    if (name === 'early') return name;
    return this.isLive ? 'confirmed' : 'terminated';
  }

  /** Whether it is not over yet for its owner. */
  get isLive(): boolean {
    const { name } = this.machine.state;
    return name !== 'ending' && name !== 'terminated';
  }

  get localUri(): Uri {
    return this.record.localUri;
  }

  get remoteUri(): Uri {
    return this.record.remoteUri;
  }

  get remoteTarget(): Uri {
    return this.record.remoteTarget;
  }

  get isSecure(): boolean {
    return this.record.isSecure;
  }

  get allowsUpdate(): boolean {
    return this.record.allowsUpdate;
  }

  peerSupports(tag: string): boolean {
    return this.record.peerSupports(tag);
  }

  get routeSet(): readonly NameAddr[] {
    return this.record.routeSet;
  }

  /** Whether the INVITE that made it is acknowledged. */
  get isConfirmed(): boolean {
    return this.machine.state.name === 'confirmed';
  }

  get offerState(): OfferState {
    return this.usage.offers.state;
  }

  get sessionTimer(): SessionTimerState {
    return this.usage.timer.state;
  }

  ack(body?: Body): void {
    this.usage.ack(body);
  }

  prack(body?: Body, user?: UpdateUser): void {
    this.usage.prack(body, user);
  }

  reinvite(parts: MessageParts, user: ReinviteUser): OutgoingReinvite {
    if (this.state !== 'confirmed') this.refuseUse('reinvite');
    return this.usage.reinvite(parts, user);
  }

  update(parts: MessageParts, user: UpdateUser): OutgoingUpdate {
    if (!this.isLive) this.refuseUse('update');
    return this.usage.update(parts, user);
  }

  request(method: string, parts: MessageParts, user: RequestUser): void {
    checkMethod(method);
    if (!this.isLive) this.refuseUse('request');
    sendDialogRequest(this.surroundings, { dialog: this, method, parts, user });
  }

  refer(options: ReferOptions, user: ReferUser): OutgoingRefer {
    if (this.state !== 'confirmed') this.refuseUse('refer');
    return referInDialog(this.surroundings, this, { options, user });
  }

  subscribe(parts: SubscriptionParts): Subscription {
    if (this.state !== 'confirmed') this.refuseUse('subscribe');
    return subscribeInDialog(this.surroundings, this, parts);
  }

  bye(parts: MessageParts = {}): void {
    if (this.role === 'uas' && this.state === 'early') this.refuseUse('bye');
    this.machine.input({ type: 'bye', parts });
    // no BYE may go before an ACK (RFC 3261 §15), and no ACK comes for a 2xx that has not left
    if (this.isByeWaiting) this.usage.inviteServer?.withdraw();
    this.changed();
  }

  snapshot(): DialogSnapshot {
    if (!this.isSaveable) this.refuseUse('snapshot');
    return takeSnapshot(this);
  }

  // What follows is for the layer.

  /** Whether another process could go on with it: it has a 2xx, which was sent or is here. */
  private get isSaveable(): boolean {
    const { name } = this.machine.state;
    if (name !== 'unacknowledged') return name === 'confirmed';
    const { waitingAck, inviteServer } = this.usage;
    return (this.role === 'uac' ? waitingAck : inviteServer?.success) !== undefined;
  }

  /** Whether our BYE waits for the ACK. */
  get isByeWaiting(): boolean {
    const { state } = this.machine;
    return state.name === 'unacknowledged' && state.bye !== undefined;
  }

  /** Something changed that a snapshot says. */
  changed(): void {
    const tell = this.surroundings.onDialogChanged;
    if (tell !== undefined && this.isSaveable) tell(this);
  }

  /** The INVITE was accepted. As caller, route set and target are those of the 2xx (§13.2.2.4). */
  accepted(response?: SipResponse): void {
    if (response !== undefined) this.record.confirmRoute(response);
    this.machine.input({ type: 'accepted' });
  }

  /** An ACK was sent or received: what waited for it may go on. */
  acknowledged(): void {
    if (this.machine.state.name !== 'confirmed') this.lastUnconfirmed = this.record.lastCSeq;
    this.machine.input({ type: 'acknowledged' });
    this.usage.proceed();
    this.changed();
  }

  /** It is over without a BYE. */
  lose(end: DialogEnd): void {
    this.machine.input({ type: 'lost', end });
  }

  /** It is over, and the peer is told by BYE. */
  giveUp(end: DialogEnd): void {
    this.machine.input({ type: 'givenUp', end });
  }

  /**
   * A 481 says that the peer has no such dialog, a 408 that it is gone (RFC 3261 §12.2.1.2), unless
   * the request left before the ACK came: it may have overtaken our 2xx, and the INVITE decides what
   * becomes of the dialog.
   */
  judgeRefusal({ status, cseq }: SipResponse): void {
    if (this.machine.state.name !== 'confirmed' || cseq.number <= this.lastUnconfirmed) return;
    if (status === 481) this.lose({ kind: 'refused', status });
    if (status === 408) this.giveUp({ kind: 'refused', status });
  }

  /** No answer at all is a 408 (RFC 3261 §8.1.3.1). */
  requestTimedOut(): void {
    if (this.machine.state.name === 'confirmed') this.giveUp({ kind: 'timeout' });
  }

  receive(transaction: ServerTransaction): void {
    receiveInDialog(this.surroundings, this, transaction);
  }

  receiveAck(ack: SipRequest): void {
    this.usage.receiveAck(ack);
  }

  /** The BYE was answered with 200 already. */
  receiveBye(bye: SipRequest): void {
    if (!this.isLive) return;
    this.usage.receiveBye(bye);
    this.user.onBye?.(bye);
    this.machine.input({ type: 'byeReceived' });
  }

  /** Builds a request in this dialog. */
  compose(method: string, cseq: number, parts: MessageParts): SipRequest {
    return this.record.compose(this.surroundings.userAgent, { method, cseq, parts });
  }

  /** Where a request in this dialog goes. */
  clientOptions(user: ClientRequestUser, request: SipRequest): ClientRequestOptions {
    const { record, surroundings: context, credentials, isLive } = this;
    const { hop, isSecure } = record;
    const target = record.nextHopOf(request);
    const hops = hop === undefined ? undefined : [hop];
    // what was asked for in a live dialog is not tried again once that is over
    const isWanted = (): boolean => !isLive || this.isLive;
    const fallback = hop === undefined ? undefined : isWanted;
    const where = { target, hops, isSecure, fallback };
    return { user, context, ...where, isWanted, credentials, numbers: record };
  }

  sendAck(ack: SipRequest): void {
    const { hop, isSecure } = this.record;
    const target = this.record.nextHopOf(ack);
    const hops = hop === undefined ? undefined : [hop];
    this.surroundings.transactions.sendAck(ack, { target, hops, isSecure });
  }

  /** @internal */
  perform(output: DialogOutput): void {
    switch (output.type) {
      case 'sendAck':
        return this.usage.ackAnyway();
      case 'sendBye':
        return this.sendBye(output);
      case 'tell':
        return this.tellEnd(output.end);
      case 'release':
        this.surroundings.dialogs.delete(dialogKey(this.id));
        return;
      default:
        output satisfies never;
    }
  }

  private sendBye({ parts, lastTry }: Extract<DialogOutput, { type: 'sendBye' }>): void {
    const { runtime, timers } = this.surroundings;
    let patience: Timer | undefined;
    const finished = (): void => {
      patience?.cancel();
      this.machine.input({ type: 'byeFinished' });
    };
    const user: RequestUser = { onResponse: finished, onFailed: finished };
    const bye = sendDialogRequest(this.surroundings, { dialog: this, method: 'BYE', parts, user });
    if (lastTry) patience = runtime.clock.arm(timers.t2Ms, () => bye.giveUp());
  }

  private tellEnd(end: DialogEnd): void {
    this.usage.close();
    const { user } = this;
    this.user = NOBODY;
    user.onEnded?.(end);
    this.surroundings.onDialogChanged?.(this);
  }

  private refuseUse(verb: string): never {
    throw new StrowgerError('DIALOG_STATE', `${verb}() is not possible in a ${this.state} dialog`);
  }
}
