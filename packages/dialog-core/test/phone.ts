import { NameAddr, type SipResponse, uri } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { SimulatedHost, Simulation } from '@strowger/testkit';
import {
  type Dialog,
  DialogLayer,
  type DialogLayerOptions,
  type IncomingInvite,
  type IncomingOffer,
  type IncomingRefer,
  type IncomingReinvite,
  type InviteOptions,
  type MessageParts,
  type OutgoingInvite,
  type OutgoingReinvite,
  type OutgoingUpdate,
  type UpdateUser,
} from '@strowger/dialog-core';

export const SDP = { type: 'application/sdp', content: 'v=0\r\n' };

/** The rows that all phones of this process drove, as `machine state input`. */
export const drivenRows = new Set<string>();

/** A user with a dialog layer on a simulated host; what it is told is written to `log`. */
export class Phone {
  readonly log: string[] = [];
  /** What was asked for in the dialog; each has one outcome in `log`. */
  readonly asked: string[] = [];
  readonly host: SimulatedHost;
  readonly layer: DialogLayer;
  readonly name: string;
  /** What it does with a call; by default it rings and answers a second later. */
  onInvite: (invite: IncomingInvite) => void = (invite) => {
    invite.ring();
    this.after(1000, () => {
      if (invite.pending) this.answer(invite);
    });
  };
  onReinvite: (reinvite: IncomingReinvite) => void = (reinvite) => reinvite.accept({ body: SDP });
  onRequest: (transaction: ServerTransaction) => void = () => {};
  onRefer: ((refer: IncomingRefer) => void) | undefined;
  onUpdate: (update: IncomingOffer) => void = (update) => update.accept({ body: SDP });
  onPrack: (prack: IncomingOffer) => void = (prack) => {
    if (prack.pending) prack.accept({ body: SDP });
  };
  onRefresh: () => void = () => this.reinvite();
  onProvisional: (response: SipResponse, dialog: Dialog | undefined) => void = () => {};
  /** What it does when its call is answered. */
  onAccepted: (dialog: Dialog) => void = (dialog) => dialog.ack();
  incoming: IncomingInvite | undefined;
  outgoing: OutgoingInvite | undefined;
  dialog: Dialog | undefined;
  reinviting: OutgoingReinvite | undefined;
  updating: OutgoingUpdate | undefined;
  readonly simulation: Simulation;

  constructor(
    simulation: Simulation,
    name: string,
    options: Partial<DialogLayerOptions> & { host?: SimulatedHost } = {},
  ) {
    const { host = simulation.network.host(name), ...rest } = options;
    this.name = name;
    this.simulation = simulation;
    this.host = host;
    this.layer = new DialogLayer({
      runtime: host.runtime,
      sender: host,
      contactUser: name,
      user: {
        onInvite: (invite) => this.takeInvite(invite),
        onRequest: (transaction) => this.onRequest(transaction),
        ...(rest.events === undefined ? {} : { onRefer: (refer) => this.onRefer?.(refer) }),
      },
      ...rest,
      onStep: (step) => {
        drivenRows.add(`${step.machine} ${step.from} ${step.input}`);
        rest.onStep?.(step);
      },
    });
    host.receive = (inbound) => this.layer.receive(inbound);
  }

  call(to: string, options: Partial<InviteOptions> = {}): OutgoingInvite {
    const outgoing = this.layer.invite(
      {
        to: uri(`sip:${to}@${to}`),
        from: new NameAddr({ uri: uri(`sip:${this.name}@${this.name}`) }),
        body: SDP,
        ...options,
      },
      {
        onProvisional: (response, dialog) => {
          this.say(`${response.status}${dialog === undefined ? '' : ' early'}`);
          if (dialog !== undefined) this.watch(dialog);
          this.onProvisional(response, dialog);
        },
        onAccepted: (response, dialog) => {
          this.say(`accepted ${response.status}`);
          this.dialog = this.watch(dialog);
          this.onAccepted(dialog);
        },
        onRejected: (response) => this.say(`rejected ${response.status}`),
        onFailed: ({ kind }) => this.say(`failed ${kind}`),
      },
    );
    this.outgoing = outgoing;
    return outgoing;
  }

  answer(invite: IncomingInvite): Dialog {
    this.dialog = this.watch(invite.accept({ body: SDP }));
    return this.dialog;
  }

  reinvite(options: { acked?: () => void } = {}): void {
    const { dialog } = this;
    this.reinviting = dialog?.reinvite(
      { body: SDP },
      {
        onAccepted: () => {
          this.say('reinvite accepted');
          dialog?.ack();
          options.acked?.();
        },
        onRejected: (response) => this.say(`reinvite rejected ${response.status}`),
        onFailed: ({ kind }) => this.say(`reinvite failed ${kind}`),
      },
    );
    this.asked.push('reinvite');
  }

  /** Sends an UPDATE; with an offer unless told otherwise. */
  update(parts: MessageParts = { body: SDP }, dialog = this.dialog): OutgoingUpdate | undefined {
    this.updating = dialog?.update(parts, this.told('update'));
    if (this.updating !== undefined) this.asked.push('update');
    return this.updating;
  }

  /** Writes what becomes of an UPDATE or an offer in a PRACK. */
  told(what: string): UpdateUser {
    return {
      onAccepted: ({ body }) =>
        this.say(`${what} accepted${body.length > 0 ? ' with answer' : ''}`),
      onRejected: ({ status }) => this.say(`${what} rejected ${status}`),
      onFailed: ({ kind }) => this.say(`${what} failed ${kind}`),
    };
  }

  /** Sends a request in the dialog. */
  ask(method: string, done: (response: SipResponse) => void = () => {}): void {
    this.dialog?.request(
      method,
      {},
      {
        onResponse: (response) => {
          this.say(`${method} ${response.status}`);
          done(response);
        },
        onFailed: ({ kind }) => this.say(`${method} failed ${kind}`),
      },
    );
    this.asked.push(method);
  }

  after(ms: number, act: () => void): void {
    this.host.runtime.clock.arm(ms, act);
  }

  say(line: string): void {
    this.log.push(line);
  }

  watch(dialog: Dialog): Dialog {
    dialog.user = {
      onReinvite: (reinvite) => {
        this.say('reinvite');
        this.onReinvite(reinvite);
      },
      onUpdate: (update) => {
        this.say('update');
        this.onUpdate(update);
      },
      onPrack: (prack) => {
        this.say(prack.pending ? 'PRACK with offer' : 'PRACK with answer');
        this.onPrack(prack);
      },
      onRefresh: () => {
        this.say('refresh');
        this.onRefresh();
      },
      onRefer: (refer) => {
        if (this.onRefer === undefined) refer.reject(405);
        else this.onRefer(refer);
      },
      onRequest: (transaction) => {
        this.say(transaction.method);
        this.onRequest(transaction);
      },
      onBye: () => this.say('BYE'),
      onEnded: (end) => {
        const detail = 'by' in end ? ` ${end.by}` : 'status' in end ? ` ${end.status}` : '';
        this.say(`ended ${end.kind}${detail}`);
      },
    };
    return dialog;
  }

  private takeInvite(invite: IncomingInvite): void {
    this.incoming = invite;
    invite.user = {
      onCancel: () => this.say('CANCEL'),
      onAck: () => this.say('ACK'),
      onNoAck: () => this.say('no ACK'),
      onNoPrack: () => this.say('no PRACK'),
      onExpired: () => this.say('expired'),
      onBye: () => this.say('early BYE'),
      onTransportError: () => this.say('transport error'),
    };
    this.onInvite(invite);
  }
}
