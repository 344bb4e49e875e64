import { Machine, type StrowgerError, type Timer } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';
import type { Inbound, ServerTransaction, ServerTransactionUser } from '@strowger/transaction-core';
import {
  awaitedRSeq,
  type InviteServerContext,
  type InviteServerInput,
  type InviteServerOutcome,
  type InviteServerOutput,
  type InviteServerState,
  inviteServerTable,
  type Provisional,
} from './invite-server-table.ts';
import { type LayerContext, tellStep } from './layer-context.ts';
import { firstRSeq, type RAck } from './rseq.ts';

export interface InviteServerOptions {
  readonly context: LayerContext;
  readonly transaction: ServerTransaction;
  readonly localTag: string;
  onTransportError?(error: StrowgerError): void;
  /** Told once, when nothing is left to do. */
  onFinish(outcome: InviteServerOutcome): void;
}

/** For a transaction that only lingers: it holds nothing of the INVITE that it was. */
const NOBODY: ServerTransactionUser = {};
const NO_TIMERS: readonly Timer[] = [];

/** The shell of the answering side: one INVITE or re-INVITE until its ACK. */
export class InviteServer implements ServerTransactionUser {
  /** @internal Where its numbers of reliable provisionals begin (RFC 3262 §3). */
  readonly initial: InviteServerState;
  private readonly options: InviteServerOptions;
  private timers: readonly Timer[] = NO_TIMERS;
  private expiry: Timer | undefined;
  private readonly machine: Machine<
    InviteServerState,
    InviteServerInput,
    InviteServerOutput,
    InviteServerContext
  >;

  constructor(options: InviteServerOptions) {
    this.options = options;
    this.initial = { name: 'pending', rseq: firstRSeq(options.context.runtime.random) - 1 };
    this.machine = new Machine(this); // of its own parts: see `tellStep`
    options.context.live.inviteServers.add(this);
    options.transaction.user = this;
    this.armExpiry();
  }

  /** @internal */
  get table(): typeof inviteServerTable {
    return inviteServerTable;
  }

  /** @internal */
  get context(): InviteServerContext {
    return this;
  }

  /** @internal */
  get t1Ms(): number {
    return this.options.context.timers.t1Ms;
  }

  /** @internal */
  get t2Ms(): number {
    return this.options.context.timers.t2Ms;
  }

  /** @internal The response with this RSeq (RFC 3262 §3). */
  number(response: SipResponse, rseq: number): SipResponse {
    const reliable = response.clone();
    reliable.headers.set('Require', '100rel');
    reliable.headers.set('RSeq', `${rseq}`);
    return reliable;
  }

  /** @internal */
  onStep(from: InviteServerState, input: InviteServerInput, to: InviteServerState): void {
    tellStep(this.options.context, 'inviteServer', { from, input, to });
  }

  /** @internal Of its transaction. */
  onCancel(cancel: SipRequest): void {
    const response = this.terminatedResponse();
    this.machine.input({ type: 'cancelReceived', cancel, response });
  }

  /** @internal Of its transaction. */
  onTransportError(error: StrowgerError): void {
    this.machine.input({ type: 'transportFailed', error });
  }

  get inbound(): Inbound {
    return this.options.transaction.inbound;
  }

  /** The 2xx that was sent and has no ACK. */
  get success(): SipResponse | undefined {
    const { state } = this.machine;
    return state.name === 'accepted' ? state.success : undefined;
  }

  get request(): SipRequest {
    return this.options.transaction.request;
  }

  /** Whether the owner has given no final answer yet. */
  get isPending(): boolean {
    return this.machine.allows('reject');
  }

  /** Whether the peer has no final response yet. */
  get isUnanswered(): boolean {
    return this.machine.allows('cancelReceived');
  }

  /** Whether a reliable provisional of ours has no PRACK. */
  get isAwaitingPrack(): boolean {
    return awaitedRSeq(this.machine.state) !== undefined;
  }

  progress(response: SipResponse): void {
    this.machine.input({ type: 'progress', response });
  }

  progressReliably(provisional: Provisional): void {
    this.machine.input({ type: 'progressReliably', ...provisional });
  }

  /** Whether a PRACK says what we wait for (RFC 3262 §3). */
  expects({ rseq, cseq }: RAck): boolean {
    return awaitedRSeq(this.machine.state) === rseq && cseq === this.request.cseq.number;
  }

  /** A PRACK came that was expected. */
  receivePrack(): void {
    this.machine.input({ type: 'prackReceived' });
  }

  accept(response: SipResponse): void {
    this.machine.input({ type: 'accept', response });
  }

  reject(response: SipResponse): void {
    this.machine.input({ type: 'reject', response });
  }

  /** Answers with 480 where the 2xx still waits for a PRACK (RFC 3262 §3): nobody is there any more. */
  withdraw(): void {
    this.machine.input({ type: 'withdraw', response: this.terminatedResponse(480) });
  }

  /** Takes an ACK; one for another INVITE, or a repeated one, is ignored. */
  receiveAck(ack: SipRequest): void {
    if (ack.cseq.number !== this.request.cseq.number) return;
    this.machine.input({ type: 'ackReceived', ack });
  }

  receiveBye(bye: SipRequest): void {
    this.machine.input({ type: 'byeReceived', bye, response: this.terminatedResponse() });
  }

  /** Its dialog, or the layer, is over. */
  close(): void {
    this.machine.input({ type: 'dialogEnded', response: this.terminatedResponse() });
  }

  private terminatedResponse(status = 487): SipResponse {
    const { context, localTag } = this.options;
    return context.userAgent.response(this.request, status, { toTag: localTag });
  }

  /** RFC 3261 §13.3.1: an INVITE that expires before its answer gets 487. */
  private armExpiry(): void {
    const seconds = this.request.headers.get('expires');
    if (seconds === undefined) return;
    const delayMs = Math.min(seconds, LONGEST_EXPIRES_SECONDS) * 1000;
    this.expiry = this.options.context.runtime.clock.arm(delayMs, () =>
      this.machine.input({ type: 'expired', response: this.terminatedResponse() }),
    );
  }

  /** @internal */
  perform(output: InviteServerOutput): void {
    switch (output.type) {
      case 'respond':
        return this.options.transaction.respond(output.response);
      case 'arm':
        this.timers = [...this.timers, this.arm(output)];
        return;
      case 'disarm':
        for (const timer of this.timers) timer.cancel();
        this.timers = NO_TIMERS;
        return;
      case 'tellTransportError':
        return this.options.onTransportError?.(output.error);
      case 'finish':
        this.expiry?.cancel();
        this.options.transaction.user = NOBODY;
        this.options.context.live.inviteServers.delete(this);
        return this.options.onFinish(output.outcome);
      default:
        output satisfies never;
    }
  }

  private arm({ timer, delayMs }: Extract<InviteServerOutput, { type: 'arm' }>): Timer {
    const armed = this.options.context.runtime.clock.arm(delayMs, () => {
      this.timers = this.timers.filter((one) => one !== armed);
      if (timer === 'noPrack') {
        this.machine.input({ type: timer, response: this.terminatedResponse(504) });
      } else this.machine.input({ type: timer });
    });
    return armed;
  }
}

/** A day: what a peer says may not arm a timer for years. */
const LONGEST_EXPIRES_SECONDS = 86_400;
