import { Machine } from '@strowger/runtime';
import { type LayerContext, tellStep } from './layer-context.ts';
import {
  offerAnswerTable,
  type OfferCarrier,
  type OfferInput,
  type OfferOutput,
  type OfferState,
} from './offer-answer-table.ts';

/** What an offer of the peer deserves at this moment (RFC 3261 §14.2, RFC 3311 §5.2). */
export type OfferVerdict = 'take' | 'requestPending' | 'serverBusy';

/** What a description in a message is: `repeated` where its INVITE had offer and answer already. */
export type DescriptionRole = 'offer' | 'answer' | 'repeated';

/** Whom offers and answers are told to. */
export interface OfferAnswerUser {
  /** The next offer may go. */
  offersSettled(): void;
}

const INITIAL: OfferState = { name: 'initial' };

/**
 * The shell of `offerAnswerTable`: tells offers from answers by the message that they are in, never
 * by what they say.
 */
export class OfferAnswer {
  private readonly surroundings: LayerContext;
  private readonly user: OfferAnswerUser;
  private readonly machine: Machine<OfferState, OfferInput, OfferOutput>;
  /** Whether the INVITE under way, either side's, has had its one offer (RFC 3261 §13.2.1). */
  private inviteHasOffer = false;

  constructor(context: LayerContext, user: OfferAnswerUser) {
    this.surroundings = context;
    this.user = user;
    this.machine = new Machine(this); // of its own parts: see `tellStep`
  }

  /** @internal */
  get table(): typeof offerAnswerTable {
    return offerAnswerTable;
  }

  /** @internal The table looks at nothing else. */
  get context(): undefined {
    return undefined;
  }

  /** @internal */
  get initial(): OfferState {
    return INITIAL;
  }

  /** @internal The table has one output. */
  perform(): void {
    this.user.offersSettled();
  }

  /** @internal */
  onStep(from: OfferState, input: OfferInput, to: OfferState): void {
    tellStep(this.surroundings, 'offerAnswer', { from, input, to });
  }

  get state(): OfferState {
    return this.machine.state;
  }

  /** Whether nobody owes an answer. */
  get isSettled(): boolean {
    return this.machine.allows('localOffer');
  }

  /** Whether the INVITE under way has its offer and its answer: what follows repeats them. */
  get isInviteDescribed(): boolean {
    return this.inviteHasOffer && this.isSettled;
  }

  /** Whether the INVITE under way has had its offer, answered or not. */
  get hasInviteOffer(): boolean {
    return this.inviteHasOffer;
  }

  /** 491 while our offer has no answer, 500 while theirs has none. */
  get verdict(): OfferVerdict {
    if (this.isSettled) return 'take';
    return this.state.name === 'offerSent' ? 'requestPending' : 'serverBusy';
  }

  inviteSent(described: boolean): void {
    this.inviteHasOffer = described;
    if (described) this.machine.input({ type: 'localOffer', by: 'invite' });
  }

  inviteReceived(described: boolean): void {
    this.inviteHasOffer = described;
    if (described) this.machine.input({ type: 'remoteOffer', by: 'invite' });
  }

  /** A description in a reliable 1xx or a 2xx of ours to an INVITE. */
  responseSent(): DescriptionRole {
    if (this.owes('offerReceived', 'invite')) return this.settle('localAnswer');
    return this.open('localOffer');
  }

  /** A description in a reliable 1xx or a 2xx to our INVITE. */
  responseReceived(): DescriptionRole {
    if (this.owes('offerSent', 'invite')) return this.settle('remoteAnswer');
    return this.open('remoteOffer');
  }

  /** The answer in an ACK or PRACK of ours to the offer in the response; false where none is owed. */
  acknowledgedWithAnswer(): boolean {
    return this.owes('offerReceived', 'response') && this.settle('localAnswer') === 'answer';
  }

  /** The same in an ACK or PRACK of the peer. */
  answeredByAcknowledgement(): boolean {
    return this.owes('offerSent', 'response') && this.settle('remoteAnswer') === 'answer';
  }

  /** An offer in a PRACK or UPDATE of ours; the caller has looked at `isSettled`. */
  offer(by: 'prack' | 'update'): void {
    this.machine.input({ type: 'localOffer', by });
  }

  /** An offer in a PRACK or UPDATE of the peer; the caller has looked at `verdict`. */
  receiveOffer(by: 'prack' | 'update'): void {
    this.machine.input({ type: 'remoteOffer', by });
  }

  /** The 2xx to a PRACK or UPDATE of ours; without a description it is no answer. */
  answerReceived(by: 'prack' | 'update', described: boolean): void {
    if (this.owes('offerSent', by)) this.machine.input(outcome('remoteAnswer', described));
  }

  /** Our 2xx to a PRACK or UPDATE. */
  answerSent(by: 'prack' | 'update', described: boolean): void {
    if (this.owes('offerReceived', by)) this.machine.input(outcome('localAnswer', described));
  }

  /** The message came to nothing: its offer is as if it had never been made. */
  rollback(name: 'offerSent' | 'offerReceived', by: OfferCarrier): void {
    if (this.owes(name, by)) this.machine.input({ type: 'rolledBack' });
  }

  private owes(name: 'offerSent' | 'offerReceived', by: OfferCarrier): boolean {
    const { state } = this;
    return state.name === name && state.by === by;
  }

  private settle(type: 'localAnswer' | 'remoteAnswer'): 'answer' {
    this.machine.input({ type });
    return 'answer';
  }

  private open(type: 'localOffer' | 'remoteOffer'): DescriptionRole {
    if (this.inviteHasOffer || !this.isSettled) return 'repeated';
    this.inviteHasOffer = true;
    this.machine.input({ type, by: 'response' });
    return 'offer';
  }
}

function outcome(answer: 'localAnswer' | 'remoteAnswer', described: boolean): OfferInput {
  return { type: described ? answer : 'rolledBack' };
}
