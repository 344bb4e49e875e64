import { StrowgerError } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import { isDescribed } from './description.ts';
import type { OutgoingReinvite, OutgoingUpdate } from './dialog.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { Body, MessageParts, ReinviteUser, UpdateUser } from './dialog-user.ts';
import type { InviteServer } from './invite-server.ts';
import type { InviteServerOutcome } from './invite-server-table.ts';
import type { LayerContext } from './layer-context.ts';
import { OfferAnswer, type OfferAnswerUser } from './offer-answer.ts';
import { OfferServer } from './offer-server.ts';
import { sendPrack } from './prack.ts';
import { ReinviteClient } from './reinvite-client.ts';
import { isNextInOrder, type RAck, rackOf } from './rseq.ts';
import { SessionTimer, type SessionTimerUser } from './session-timer.ts';
import type { AckParts, SuccessAck } from './success-ack.ts';
import { UpdateClient } from './update-client.ts';
import type { ResponseParts } from './user-agent.ts';

/**
 * The session of a dialog, its INVITE usage (RFC 5057 §2): the INVITEs, UPDATEs and PRACKs that are
 * under way, who owes an answer, and the session timer.
 */
export class InviteUsage implements OfferAnswerUser, SessionTimerUser {
  readonly offers: OfferAnswer;
  readonly timer: SessionTimer;
  /** The 2xx to our INVITE that waits for the owner's ACK. */
  waitingAck: SuccessAck | undefined;
  /** The ACKs to 2xx that may still be repeated, the last first. */
  lastAcks: readonly SuccessAck[] = NO_ACKS;
  private readonly context: LayerContext;
  private readonly dialog: DialogShell;
  private reinviteClient: ReinviteClient | undefined;
  private updateClient: UpdateClient | undefined;
  private offerServer: OfferServer | undefined;
  private currentServer: InviteServer | undefined;
  /** The one before it, whose ACK is late (RFC 5407 §3.1.4). */
  private earlierServer: InviteServer | undefined;
  /** The last reliable provisional of the peer in this dialog, and the one without PRACK. */
  private lastReliable: RAck | undefined;
  private waitingPrack: RAck | undefined;

  constructor(context: LayerContext, dialog: DialogShell) {
    this.context = context;
    this.dialog = dialog;
    this.offers = new OfferAnswer(context, this);
    this.timer = new SessionTimer(context, this);
  }

  offersSettled(): void {
    this.proceed();
    this.dialog.changed();
  }

  refreshFailed(): void {
    this.dialog.giveUp({ kind: 'notRefreshed' });
  }

  /** The peer's last INVITE that has no final response or whose 2xx has no ACK. */
  get inviteServer(): InviteServer | undefined {
    return this.currentServer;
  }

  /** The peer has sent an INVITE: the one before it, if any, still waits for its ACK. */
  inviteReceived(server: InviteServer): void {
    this.earlierServer = this.currentServer;
    this.currentServer = server;
  }

  /** Whether two INVITEs of the peer wait for their ACK. */
  get isShortOfAcks(): boolean {
    return this.earlierServer !== undefined;
  }

  /** Takes an ACK of the peer to a 2xx of ours. */
  receiveAck(ack: SipRequest): void {
    this.earlierServer?.receiveAck(ack);
    this.currentServer?.receiveAck(ack);
  }

  receiveBye(bye: SipRequest): void {
    this.earlierServer?.receiveBye(bye);
    this.currentServer?.receiveBye(bye);
  }

  /** Whether an INVITE of ours is under way (RFC 3261 §14.2). */
  get hasInviteUnderWay(): boolean {
    if (this.waitingAck !== undefined || this.reinviteClient?.isUnderWay === true) return true;
    return this.dialog.role === 'uac' && this.dialog.state === 'early';
  }

  /** Whether a re-INVITE of ours may go out now (RFC 3261 §14.1). */
  get isFreeForInvite(): boolean {
    const isFree = this.currentServer === undefined && this.waitingAck === undefined;
    return isFree && !this.isShortOfAcks && this.dialog.isConfirmed && this.offers.isSettled;
  }

  /** Whether an UPDATE of ours may bring an offer now (RFC 3311 §5.1). */
  get isFreeForOffer(): boolean {
    if (this.inviteServer?.isAwaitingPrack === true) return false;
    if (this.dialog.state === 'early') return this.offers.state.name === 'complete';
    return this.offers.isSettled;
  }

  /** Whether an UPDATE or PRACK of the peer waits for our answer. */
  get hasOfferPending(): boolean {
    return this.offerServer?.pending === true;
  }

  ack(body: Body | undefined): void {
    const waiting = this.waitingAck;
    if (waiting !== undefined) {
      this.waitingAck = undefined;
      this.keepAck(waiting);
      const isAnswer = body !== undefined && this.offers.acknowledgedWithAnswer();
      if (!isAnswer) this.offers.rollback('offerReceived', 'response');
      waiting.send(body);
      this.dialog.acknowledged();
    } else if (this.dialog.isLive) {
      throw new StrowgerError('NOTHING_TO_ACK', 'no 2xx waits for an ACK in this dialog');
    }
  }

  /** The ACK that the 2xx to our re-INVITE would get, while that is under way. */
  get coming(): AckParts | undefined {
    return this.reinviteClient?.coming;
  }

  /** No 2xx comes any more that this ACK would answer. */
  forgetAck(ack: SuccessAck | undefined): void {
    const left = this.lastAcks.filter((one) => one !== ack);
    this.lastAcks = left.length === 0 ? NO_ACKS : left;
  }

  /** A 2xx may come once more that this ACK answers. */
  keepAck(ack: SuccessAck): void {
    this.lastAcks = [ack, ...this.lastAcks].slice(0, MOST_ACKS);
  }

  /** Acknowledges a 2xx that nobody will answer. */
  ackAnyway(): void {
    this.waitingAck?.send();
    this.waitingAck = undefined;
  }

  prack(body: Body | undefined, user?: UpdateUser): void {
    const rack = this.waitingPrack;
    if (rack === undefined || !this.dialog.isLive) {
      if (!this.dialog.isLive) return;
      throw new StrowgerError('NOTHING_TO_PRACK', 'no reliable response waits for a PRACK');
    }
    sendPrack(this.context, this.dialog, { rack, body, ...(user === undefined ? {} : { user }) });
    this.waitingPrack = undefined;
  }

  reinvite(parts: MessageParts, user: ReinviteUser): OutgoingReinvite {
    if (this.reinviteClient?.isFinished === false) {
      throw new StrowgerError('REINVITE_PENDING', 'a re-INVITE of ours has no final answer yet');
    }
    const client = new ReinviteClient(this.context, this.dialog, parts, user);
    this.reinviteClient = client;
    client.proceed();
    return client;
  }

  update(parts: MessageParts, user: UpdateUser): OutgoingUpdate {
    if (this.updateClient?.isFinished === false) {
      throw new StrowgerError('UPDATE_PENDING', 'an UPDATE of ours has no final answer yet');
    }
    const client = new UpdateClient(this.context, this.dialog, parts, user);
    this.updateClient = client;
    client.proceed();
    return client;
  }

  /**
   * Takes a 1xx to an INVITE of ours. A reliable one is told once and in order, then acknowledged,
   * unless its offer waits for the owner's answer (RFC 3262 §4, §5).
   */
  receiveProvisional(response: SipResponse, tell: () => void): void {
    this.dialog.record.noteCapabilities(response);
    const isUsed = this.context.reliableProvisionals !== 'never';
    const rack = isUsed ? rackOf(response) : undefined;
    if (rack === undefined) return tell();
    if (!isNextInOrder(this.lastReliable, rack)) return;
    this.lastReliable = rack;
    this.waitingPrack = rack;
    const role = isDescribed(response) ? this.offers.responseReceived() : undefined;
    tell();
    if (role !== 'offer' && this.waitingPrack === rack) this.prack(undefined);
  }

  /** Our INVITE has its 2xx: what its description is, and the session timer. */
  inviteAccepted(sent: SipRequest | undefined, response: SipResponse): void {
    if (isDescribed(response)) this.offers.responseReceived();
    else this.offers.rollback('offerSent', 'invite');
    this.waitingPrack = undefined;
    this.refreshed(sent, response);
  }

  /** An INVITE or UPDATE of ours has its 2xx. */
  refreshed(sent: SipRequest | undefined, response: SipResponse): void {
    this.dialog.record.noteCapabilities(response);
    if (sent !== undefined && this.dialog.state === 'confirmed')
      this.timer.accepted(sent, response);
    this.dialog.changed();
  }

  /** An INVITE or UPDATE of ours with what the session timer says. */
  withTimer(parts: MessageParts): MessageParts {
    const fields = this.dialog.state === 'confirmed' ? this.timer.requestFields() : [];
    if (fields.length === 0) return parts;
    return { ...parts, headers: [...(parts.headers ?? []), ...fields] };
  }

  /** What a 200 to an UPDATE of the peer carries; it moves the remote target (RFC 3311 §5.2). */
  updateAccepted({ request, inbound }: ServerTransaction, parts: MessageParts): ResponseParts {
    const { record } = this.dialog;
    record.refreshTarget(request, inbound.hop);
    const isConfirmed = this.dialog.state === 'confirmed';
    const fields = isConfirmed ? this.timer.answer(request) : [];
    this.dialog.changed();
    const headers = [...(parts.headers ?? []), ...fields];
    return { ...parts, headers, contact: record.contact, capabilities: true };
  }

  takeOffer(transaction: ServerTransaction, by: 'prack' | 'update'): OfferServer {
    this.offerServer = new OfferServer(this.context, this.dialog, { transaction, by });
    return this.offerServer;
  }

  /** The peer's INVITE is settled: ours may go out. */
  inviteServerFinished(server: InviteServer, outcome: InviteServerOutcome): void {
    if (server === this.earlierServer) {
      this.earlierServer = undefined;
      return this.proceed();
    }
    this.currentServer = undefined;
    const isAnswer = outcome.kind === 'acknowledged' && isDescribed(outcome.ack);
    if (isAnswer) this.offers.answeredByAcknowledgement();
    this.offers.rollback('offerReceived', 'invite');
    this.offers.rollback('offerSent', 'response');
    this.proceed();
    this.dialog.changed();
  }

  /** A re-INVITE of ours was refused. */
  reinviteRefused(): void {
    this.offers.rollback('offerSent', 'invite');
    this.offers.rollback('offerReceived', 'response');
  }

  /** Our re-INVITE is settled; the dialog keeps nothing of it. */
  reinviteFinished(client: ReinviteClient): void {
    if (this.reinviteClient === client) this.reinviteClient = undefined;
  }

  /** What waits for its turn may look whether it has come. */
  proceed(): void {
    this.reinviteClient?.proceed();
    this.updateClient?.proceed();
  }

  /** The dialog is over. */
  close(): void {
    this.timer.close();
    this.offerServer?.close();
    this.earlierServer?.close();
    this.currentServer?.close();
    this.reinviteClient?.dialogEnded();
    this.updateClient?.close();
    this.reinviteClient = undefined;
    this.updateClient = undefined;
  }

  /** A change of ours that is under way refreshes the session as well (RFC 4028 §7.4). */
  sendRefresh(): void {
    const isChanging = [this.reinviteClient, this.updateClient].some(
      (client) => client?.isFinished === false,
    );
    if (isChanging) return;
    if (!this.dialog.record.allowsUpdate) return this.dialog.user.onRefresh?.();
    const unknown = (response: SipResponse): void => {
      if (NO_UPDATE.includes(response.status)) this.dialog.user.onRefresh?.();
    };
    this.update({}, { onAccepted() {}, onRejected: unknown, onFailed() {} });
  }
}

/** One for all dialogs at rest. */
const NO_ACKS: readonly SuccessAck[] = [];
/** That of the INVITE, and that of a re-INVITE soon after it. */
const MOST_ACKS = 2;

/** A peer that answers so takes no UPDATE, whatever its Allow says. */
const NO_UPDATE: readonly number[] = [405, 420, 501];
