import { Machine, type StrowgerError, type Timer } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import {
  type InviteServerContext,
  type InviteServerInput,
  type InviteServerOutcome,
  type InviteServerOutput,
  type InviteServerState,
  inviteServerTable,
} from './invite-server-table.ts';
import { type LayerContext, tellSteps } from './layer-context.ts';

export interface InviteServerOptions {
  readonly context: LayerContext;
  readonly transaction: ServerTransaction;
  readonly localTag: string;
  onTransportError?(error: StrowgerError): void;
  /** Told once, when nothing is left to do. */
  onFinish(outcome: InviteServerOutcome): void;
}

/** The shell of the answering side: one INVITE or re-INVITE until its ACK. */
export class InviteServer {
  private readonly options: InviteServerOptions;
  private readonly timers: Timer[] = [];
  private readonly machine: Machine<
    InviteServerState,
    InviteServerInput,
    InviteServerOutput,
    InviteServerContext
  >;

  constructor(options: InviteServerOptions) {
    this.options = options;
    this.machine = new Machine({
      table: inviteServerTable,
      initial: { name: 'pending' },
      context: options.context.timers,
      perform: (output) => this.perform(output),
      ...tellSteps<InviteServerState, InviteServerInput>(options.context, 'inviteServer'),
    });
    options.context.live.inviteServers.add(this);
    options.transaction.user = {
      onCancel: (cancel) =>
        this.machine.input({ type: 'cancelReceived', cancel, response: this.terminatedResponse() }),
      onTransportError: (error) => this.machine.input({ type: 'transportFailed', error }),
    };
  }

  get request(): SipRequest {
    return this.options.transaction.request;
  }

  /** Whether it has no final response yet. */
  get isPending(): boolean {
    return this.machine.state.name === 'pending';
  }

  progress(response: SipResponse): void {
    this.machine.input({ type: 'progress', response });
  }

  accept(response: SipResponse): void {
    this.machine.input({ type: 'accept', response });
  }

  reject(response: SipResponse): void {
    this.machine.input({ type: 'reject', response });
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

  private terminatedResponse(): SipResponse {
    const { context, localTag } = this.options;
    return context.userAgent.response(this.request, 487, { toTag: localTag });
  }

  private perform(output: InviteServerOutput): void {
    switch (output.type) {
      case 'respond':
        return this.options.transaction.respond(output.response);
      case 'arm':
        this.timers.push(this.arm(output));
        return;
      case 'disarm':
        for (const timer of this.timers.splice(0)) timer.cancel();
        return;
      case 'tellTransportError':
        return this.options.onTransportError?.(output.error);
      case 'finish':
        this.options.context.live.inviteServers.delete(this);
        return this.options.onFinish(output.outcome);
      default:
        output satisfies never;
    }
  }

  private arm({ timer, delayMs }: Extract<InviteServerOutput, { type: 'arm' }>): Timer {
    const armed = this.options.context.runtime.clock.arm(delayMs, () => {
      this.timers.splice(this.timers.indexOf(armed), 1);
      this.machine.input({ type: timer });
    });
    return armed;
  }
}
