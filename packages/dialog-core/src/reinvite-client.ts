import { Machine, type Timer } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import { ClientRequest } from './client-request.ts';
import type { OutgoingReinvite } from './dialog.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { MessageParts, ReinviteUser } from './dialog-user.ts';
import { glareDelayMs } from './glare.ts';
import { type LayerContext, tellSteps } from './layer-context.ts';
import {
  type ReinviteClientContext,
  type ReinviteClientInput,
  type ReinviteClientOutput,
  type ReinviteClientState,
  reinviteClientTable,
} from './reinvite-client-table.ts';
import { SuccessAck } from './success-ack.ts';

/** The shell of our re-INVITE. */
export class ReinviteClient implements OutgoingReinvite {
  private readonly context: LayerContext;
  private readonly dialog: DialogShell;
  private readonly parts: MessageParts;
  private readonly user: ReinviteUser;
  private client: ClientRequest | undefined;
  private delay: Timer | undefined;
  private ack: SuccessAck | undefined;
  private readonly machine: Machine<
    ReinviteClientState,
    ReinviteClientInput,
    ReinviteClientOutput,
    ReinviteClientContext
  >;

  constructor(context: LayerContext, dialog: DialogShell, parts: MessageParts, user: ReinviteUser) {
    this.context = context;
    this.dialog = dialog;
    this.parts = parts;
    this.user = user;
    const tableContext: ReinviteClientContext = context.limits;
    this.machine = new Machine({
      table: reinviteClientTable,
      initial: { name: 'waiting', refusals: 0 },
      context: tableContext,
      perform: (output) => this.perform(output),
      ...tellSteps<ReinviteClientState, ReinviteClientInput>(context, 'reinviteClient'),
    });
    context.live.inviteClients.add(this);
  }

  /** Whether the peer has it and owes an answer. */
  get isUnderWay(): boolean {
    const { name } = this.machine.state;
    return name === 'sent' || name === 'withdrawing';
  }

  /** Whether another one may follow. */
  get isFinished(): boolean {
    const { name } = this.machine.state;
    return name === 'finished' || (name === 'accepted' && this.dialog.waitingAck !== this.ack);
  }

  /** Sends it as soon as the dialog is free. */
  proceed(): void {
    if (this.dialog.isFreeForInvite) this.machine.input({ type: 'free' });
  }

  withdraw(): void {
    this.machine.input({ type: 'withdraw' });
  }

  dialogEnded(): void {
    this.machine.input({ type: 'dialogEnded' });
  }

  close(): void {
    this.machine.input({ type: 'close' });
  }

  private perform(output: ReinviteClientOutput): void {
    switch (output.type) {
      case 'send':
        return this.send();
      case 'cancel':
        return this.client?.cancel({});
      case 'armDelay':
        return this.arm(glareDelayMs(this.dialog.role === 'uac', this.context.runtime.random));
      case 'armLastWait':
        return this.arm(64 * this.context.timers.t1Ms);
      case 'terminate':
        return this.client?.terminate();
      case 'disarm':
        return this.delay?.cancel();
      case 'accept':
        return this.accept(output.response);
      case 'acknowledge':
        return this.acknowledge();
      case 'repeatAck':
        return this.ack?.repeat();
      case 'release':
        this.context.live.inviteClients.delete(this);
        this.dialog.reinviteFinished(this);
        return;
      case 'tellRejected':
        return this.user.onRejected(output.response);
      case 'tellFailed':
        return this.user.onFailed(output.reason);
      case 'judge':
        return this.dialog.judgeRefusal(output.status);
      case 'giveUpDialog':
        return this.dialog.requestTimedOut();
      default:
        output satisfies never;
    }
  }

  private send(): void {
    const request = this.dialog.compose('INVITE', this.dialog.record.nextCSeq(), this.parts);
    const client = new ClientRequest(request, {
      ...this.dialog.clientOptions(),
      user: {
        onResponse: (response) => this.receive(response),
        onTimeout: () => this.machine.input({ type: 'timeout' }),
        onTransportError: (error) => this.machine.input({ type: 'transportFailed', error }),
        onTerminated: () => {
          if (this.client === client) this.machine.input({ type: 'transactionOver' });
        },
      },
    });
    this.client = client;
    client.send();
  }

  private receive(response: SipResponse): void {
    if (response.status < 200) return;
    this.machine.input({ type: response.status < 300 ? 'success' : 'refusal', response });
  }

  private arm(delayMs: number): void {
    this.delay = this.context.runtime.clock.arm(delayMs, () => {
      this.machine.input({ type: 'delayOver' });
      this.proceed();
    });
  }

  private accept(response: SipResponse): void {
    this.dialog.record.refreshTarget(response);
    this.ack = this.newAck();
    this.dialog.waitingAck = this.ack;
    this.user.onAccepted(response);
  }

  private acknowledge(): void {
    this.ack ??= this.newAck();
    this.ack?.send();
  }

  private newAck(): SuccessAck | undefined {
    return this.client === undefined ? undefined : new SuccessAck(this.dialog, this.client.request);
  }
}
