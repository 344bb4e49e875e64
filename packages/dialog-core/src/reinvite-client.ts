import { Machine, type Timer } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import { type ChangeContext, finalInput, tell } from './change-client.ts';
import { ClientRequest, type ClientRequestUser } from './client-request.ts';
import { hasDescription } from './description.ts';
import type { OutgoingReinvite } from './dialog.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { MessageParts, ReinviteUser } from './dialog-user.ts';
import { type LayerContext, tellSteps } from './layer-context.ts';
import {
  type ReinviteClientInput,
  type ReinviteClientOutput,
  type ReinviteClientState,
  reinviteClientTable,
} from './reinvite-client-table.ts';
import { rackOf } from './rseq.ts';
import { type AckParts, ackPartsOf, SuccessAck } from './success-ack.ts';

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
    ChangeContext
  >;

  constructor(context: LayerContext, dialog: DialogShell, parts: MessageParts, user: ReinviteUser) {
    this.context = context;
    this.dialog = dialog;
    this.parts = parts;
    this.user = user;
    const tableContext: ChangeContext = context.limits;
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
    return (
      name === 'finished' || (name === 'accepted' && this.dialog.usage.waitingAck !== this.ack)
    );
  }

  /** The ACK that its 2xx would get, while there is none. */
  get coming(): AckParts | undefined {
    const { client } = this;
    return this.isUnderWay && client !== undefined ? ackPartsOf(client.request) : undefined;
  }

  /** Sends it as soon as the dialog is free. */
  proceed(): void {
    if (this.dialog.usage.isFreeForInvite) this.machine.input({ type: 'free' });
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
        return this.arm(output.delayMs);
      case 'armLimit':
        return this.arm(this.context.limits.reinviteMs, 'limitReached');
      case 'rollback':
        return this.dialog.usage.reinviteRefused();
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
        this.dialog.usage.reinviteFinished(this);
        this.dialog.usage.forgetAck(this.ack);
        return;
      default:
        return tell(output, this.dialog, this.user);
    }
  }

  private send(): void {
    const { usage, record } = this.dialog;
    usage.offers.inviteSent(hasDescription(this.parts));
    const parts = usage.withTimer(this.parts);
    const request = this.dialog.compose('INVITE', record.nextCSeq(), parts);
    const user: ClientRequestUser = {
      onResponse: (response) => this.receive(response),
      onTimeout: () => this.machine.input({ type: 'timeout' }),
      onTransportError: (error) => this.machine.input({ type: 'transportFailed', error }),
      onTerminated: () => {
        if (this.client === client) this.machine.input({ type: 'transactionOver' });
      },
    };
    const client = new ClientRequest(request, this.dialog.clientOptions(user, request));
    this.client = client;
    client.send();
    this.dialog.changed();
  }

  private receive(response: SipResponse): void {
    if (response.status < 200) return this.provisional(response);
    this.machine.input(finalInput(this.context, this.dialog, response));
  }

  private provisional(response: SipResponse): void {
    if (response.status === 100 || !this.isUnderWay) return;
    this.dialog.usage.receiveProvisional(response, () => {
      // RFC 6141 §4: a reliable response has accepted the new target
      if (rackOf(response) !== undefined) this.dialog.record.refreshTarget(response);
      this.user.onProvisional?.(response);
    });
  }

  private arm(delayMs: number, type: 'delayOver' | 'limitReached' = 'delayOver'): void {
    this.delay?.cancel();
    this.delay = this.context.runtime.clock.arm(delayMs, () => {
      this.machine.input({ type });
      this.proceed();
    });
  }

  private accept(response: SipResponse): void {
    const { usage, record } = this.dialog;
    record.refreshTarget(response);
    usage.inviteAccepted(this.client?.request, response);
    this.ack = this.newAck();
    usage.waitingAck = this.ack;
    this.user.onAccepted(response);
  }

  private acknowledge(): void {
    this.ack ??= this.newAck();
    this.ack?.send();
  }

  private newAck(): SuccessAck | undefined {
    const { client, dialog } = this;
    return client === undefined ? undefined : new SuccessAck(dialog, ackPartsOf(client.request));
  }
}
