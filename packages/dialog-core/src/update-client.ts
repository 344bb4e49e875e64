import { Machine, type Timer } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import {
  type ChangeContext,
  type ChangeInput,
  type ChangeOutput,
  finalInput,
  tell,
} from './change-client.ts';
import { ClientRequest, type ClientRequestUser } from './client-request.ts';
import { hasDescription, isDescribed } from './description.ts';
import type { OutgoingUpdate } from './dialog.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { MessageParts, UpdateUser } from './dialog-user.ts';
import { type LayerContext, tellSteps } from './layer-context.ts';
import { type UpdateClientState, updateClientTable } from './update-client-table.ts';

/** The shell of our UPDATE. */
export class UpdateClient implements OutgoingUpdate {
  private readonly context: LayerContext;
  private readonly dialog: DialogShell;
  private readonly parts: MessageParts;
  private readonly user: UpdateUser;
  private client: ClientRequest | undefined;
  private delay: Timer | undefined;
  private readonly machine: Machine<UpdateClientState, ChangeInput, ChangeOutput, ChangeContext>;

  constructor(context: LayerContext, dialog: DialogShell, parts: MessageParts, user: UpdateUser) {
    this.context = context;
    this.dialog = dialog;
    this.parts = parts;
    this.user = user;
    const tableContext: ChangeContext = context.limits;
    this.machine = new Machine({
      table: updateClientTable,
      initial: { name: 'waiting', refusals: 0 },
      context: tableContext,
      perform: (output) => this.perform(output),
      ...tellSteps<UpdateClientState, ChangeInput>(context, 'updateClient'),
    });
    context.live.requests.add(this);
  }

  get isFinished(): boolean {
    return this.machine.state.name === 'finished';
  }

  /** Sends it as soon as the dialog is free for it. */
  proceed(): void {
    const isFree = !this.isOffer || this.dialog.usage.isFreeForOffer;
    if (isFree) this.machine.input({ type: 'free' });
  }

  withdraw(): void {
    this.machine.input({ type: 'withdraw' });
  }

  /** Its dialog, or the layer, is over. */
  close(): void {
    this.machine.input({ type: 'dialogEnded' });
  }

  private get isOffer(): boolean {
    return hasDescription(this.parts);
  }

  private perform(output: ChangeOutput): void {
    switch (output.type) {
      case 'send':
        return this.send();
      case 'armDelay':
        return this.arm(output.delayMs);
      case 'disarm':
        return this.delay?.cancel();
      case 'release':
        this.context.live.requests.delete(this);
        return;
      case 'accept':
        return this.accept(output.response);
      case 'rollback':
        return this.dialog.usage.offers.rollback('offerSent', 'update');
      default:
        return tell(output, this.dialog, this.user);
    }
  }

  private send(): void {
    const { dialog } = this;
    const { usage } = dialog;
    if (this.isOffer) usage.offers.offer('update');
    const parts = usage.withTimer(this.parts);
    const request = dialog.compose('UPDATE', dialog.record.nextCSeq(), parts);
    const user: ClientRequestUser = {
      onResponse: (response) => this.receive(response),
      onTimeout: () => this.machine.input({ type: 'timeout' }),
      onTransportError: (error) => this.machine.input({ type: 'transportFailed', error }),
    };
    this.client = new ClientRequest(request, dialog.clientOptions(user, request));
    this.client.send();
  }

  private receive(response: SipResponse): void {
    if (response.status < 200) return;
    this.machine.input(finalInput(this.context, this.dialog, response));
  }

  private arm(delayMs: number): void {
    this.delay = this.context.runtime.clock.arm(delayMs, () => {
      this.machine.input({ type: 'delayOver' });
      this.proceed();
    });
  }

  private accept(response: SipResponse): void {
    const { record, usage } = this.dialog;
    record.refreshTarget(response);
    usage.refreshed(this.client?.request, response);
    usage.offers.answerReceived('update', isDescribed(response));
    this.user.onAccepted(response);
  }
}
