import { Machine, type Timer } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import { ClientRequest } from './client-request.ts';
import { hasDescription, isDescribed } from './description.ts';
import type { OutgoingUpdate } from './dialog.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { MessageParts, UpdateUser } from './dialog-user.ts';
import { retryDelayMs } from './glare.ts';
import { type LayerContext, tellSteps } from './layer-context.ts';
import {
  type UpdateClientContext,
  type UpdateClientInput,
  type UpdateClientOutput,
  type UpdateClientState,
  updateClientTable,
} from './update-client-table.ts';

/** The shell of our UPDATE. */
export class UpdateClient implements OutgoingUpdate {
  private readonly context: LayerContext;
  private readonly dialog: DialogShell;
  private readonly parts: MessageParts;
  private readonly user: UpdateUser;
  private client: ClientRequest | undefined;
  private delay: Timer | undefined;
  private readonly machine: Machine<
    UpdateClientState,
    UpdateClientInput,
    UpdateClientOutput,
    UpdateClientContext
  >;

  constructor(context: LayerContext, dialog: DialogShell, parts: MessageParts, user: UpdateUser) {
    this.context = context;
    this.dialog = dialog;
    this.parts = parts;
    this.user = user;
    const tableContext: UpdateClientContext = context.limits;
    this.machine = new Machine({
      table: updateClientTable,
      initial: { name: 'waiting', refusals: 0 },
      context: tableContext,
      perform: (output) => this.perform(output),
      ...tellSteps<UpdateClientState, UpdateClientInput>(context, 'updateClient'),
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

  private perform(output: UpdateClientOutput): void {
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
    const { dialog } = this;
    const { usage } = dialog;
    if (this.isOffer) usage.offers.offer('update');
    const parts = usage.withTimer(this.parts);
    this.client = new ClientRequest(dialog.compose('UPDATE', dialog.record.nextCSeq(), parts), {
      ...dialog.clientOptions(),
      user: {
        onResponse: (response) => this.receive(response),
        onTimeout: () => this.machine.input({ type: 'timeout' }),
        onTransportError: (error) => this.machine.input({ type: 'transportFailed', error }),
      },
    });
    this.client.send();
  }

  private receive(response: SipResponse): void {
    if (response.status < 200) return;
    if (response.status < 300) {
      this.machine.input({ type: 'success', response });
      return;
    }
    const retryMs = retryDelayMs(response, this.dialog.role === 'uac', this.context.runtime.random);
    const retry = retryMs === undefined ? {} : { retryMs };
    this.machine.input({ type: 'refusal', response, ...retry });
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
