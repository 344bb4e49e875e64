import type {
  Dialog,
  DialogUsageUser,
  HeaderFields,
  IncomingInvite,
  IncomingInviteUser,
  IncomingRefer,
  MessageParts,
  OutgoingInvite,
  OutgoingInviteUser,
  ProvisionalParts,
} from '@strowger/dialog-core';
import { createResponse, type SipMessage, type SipResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import { answering, type Direction, directionOf, sdp } from './sdp.ts';

/** Where a call's media is heard, and how often it was described. */
interface Media {
  address: string;
  port: number;
  version: number;
}

/** One call as one phone sees it; what it is told stands in `log`. */
export class Call {
  readonly log: string[] = [];
  readonly media: Media;
  incoming: IncomingInvite | undefined;
  outgoing: OutgoingInvite | undefined;
  dialog: Dialog | undefined;
  /** The final answer to our INVITE. */
  final: SipResponse | undefined;
  /** What it does when the call is answered; by default it acknowledges. */
  onAccepted: (response: SipResponse) => void = (response) => this.acknowledge(response);
  /** What it answers to a change of the session; by default it follows the offer. */
  onChange: (offer: SipMessage) => Direction | number = (offer) => answering(offer);
  /** What it does with any other request in the dialog. */
  onRequest: (transaction: ServerTransaction) => void = (transaction) =>
    transaction.respond(createResponse(transaction.request, 200));

  /** What it does when the peer asks it to call somebody; by default it declines. */
  onRefer: (refer: IncomingRefer) => void = (refer) => refer.reject(603);
  /** Told when our INVITE has its final answer. */
  onSettled: () => void = () => {};

  constructor(address: string) {
    this.media = { address, port: 4000, version: 1 };
  }

  /** Whether it is over, and why; the last line that says so. */
  get end(): string | undefined {
    return this.log.findLast((line) => /^(ended|rejected|failed)/u.test(line));
  }

  /** A description of our side; each one has a higher version than the one before. */
  describe(direction: Direction = 'sendrecv'): MessageParts['body'] {
    return sdp({ ...this.media, version: this.media.version++, direction });
  }

  ring(parts: ProvisionalParts = {}): void {
    this.incoming?.ring(parts);
    if (this.incoming?.dialog !== undefined) this.own(this.incoming.dialog);
  }

  progress(status: number, parts: ProvisionalParts = {}): void {
    this.incoming?.progress(status, parts);
  }

  /** Answers with a description, which is the offer where the INVITE had none. */
  answer(direction?: Direction, parts: MessageParts = {}): void {
    const { incoming } = this;
    if (incoming?.pending !== true) throw new Error('no call waits for an answer');
    const body = this.describe(direction ?? answering(incoming.request));
    this.own(incoming.accept({ body, ...parts }));
  }

  reject(status: number, headers: HeaderFields = []): void {
    this.incoming?.reject(status, { headers });
  }

  cancel(): void {
    this.outgoing?.cancel();
  }

  hangUp(): void {
    this.dialog?.bye();
  }

  /** A re-INVITE: with an offer, or without one for `undefined`. */
  reinvite(direction: Direction | undefined = 'sendrecv', headers: HeaderFields = []): void {
    const { dialog } = this;
    const body = direction === undefined ? undefined : this.describe(direction);
    dialog?.reinvite(
      { body, headers },
      {
        onAccepted: (response) => {
          this.log.push('changed');
          dialog.ack(body === undefined ? this.describe(answering(response)) : undefined);
        },
        onRejected: ({ status }) => this.log.push(`change refused ${status}`),
        onFailed: ({ kind }) => this.log.push(`change failed ${kind}`),
      },
    );
  }

  /** An UPDATE with an offer. */
  update(direction: Direction = 'sendrecv'): void {
    this.dialog?.update(
      { body: this.describe(direction) },
      {
        onAccepted: () => this.log.push('updated'),
        onRejected: ({ status }) => this.log.push(`update refused ${status}`),
        onFailed: ({ kind }) => this.log.push(`update failed ${kind}`),
      },
    );
  }

  /** Any other request in the dialog. */
  request(method: string, parts: MessageParts = {}): void {
    this.dialog?.request(method, parts, {
      onResponse: ({ status }) => this.log.push(`${method} ${status}`),
      onFailed: ({ kind }) => this.log.push(`${method} failed ${kind}`),
    });
  }

  acknowledge(response: SipResponse): void {
    const hadOffer = this.offered;
    this.dialog?.ack(hadOffer ? undefined : this.describe(answering(response)));
  }

  /** Whether our INVITE had the offer. */
  offered = true;

  /** @internal For the dialog layer: our INVITE. */
  get caller(): OutgoingInviteUser {
    return {
      onProvisional: ({ status }, dialog) => {
        if (status > 100) this.log.push(String(status));
        if (dialog !== undefined) this.own(dialog);
      },
      onAccepted: (response, dialog) => {
        this.final = response;
        this.log.push('accepted');
        this.own(dialog);
        this.onAccepted(response);
        this.onSettled();
      },
      onRejected: (response) => {
        this.final = response;
        this.log.push(`rejected ${response.status}`);
        this.onSettled();
      },
      onFailed: ({ kind }) => this.log.push(`failed ${kind}`),
    };
  }

  /** @internal For the dialog layer: an INVITE of a peer. */
  get callee(): IncomingInviteUser {
    return {
      onCancel: () => this.log.push('ended cancelled'),
      onAck: () => this.log.push('ACK'),
      onNoAck: () => this.log.push('no ACK'),
      onBye: () => this.log.push('early BYE'),
    };
  }

  private own(dialog: Dialog): void {
    this.dialog = dialog;
    dialog.user = this.usage;
  }

  private readonly usage: DialogUsageUser = {
    onReinvite: (reinvite) => {
      const answer = this.onChange(reinvite.request);
      if (typeof answer === 'number') return reinvite.reject(answer);
      reinvite.user = { onNoAck: () => this.log.push('no ACK') };
      reinvite.accept({ body: this.describe(answer) });
      if (directionOf(reinvite.request) !== undefined) this.log.push(`now ${answer}`);
    },
    onUpdate: (update) => {
      const answer = this.onChange(update.request);
      if (typeof answer === 'number') return update.reject(answer);
      update.accept({ body: this.describe(answer) });
      this.log.push(`now ${answer}`);
    },
    onRefer: (refer) => this.onRefer(refer),
    onRequest: (transaction) => {
      this.log.push(transaction.method);
      this.onRequest(transaction);
    },
    onEnded: (end) => {
      const detail = 'by' in end ? ` ${end.by}` : 'status' in end ? ` ${end.status}` : '';
      this.log.push(`ended ${end.kind}${detail}`);
    },
  };
}
