import type { SipRequest } from '@strowger/sip-message';
import type { Body } from './dialog-user.ts';
import type { DialogShell } from './dialog-shell.ts';

/** The ACK to one 2xx: sent when the owner has its answer, the same again for every repetition. */
export class SuccessAck {
  private readonly dialog: DialogShell;
  private readonly cseq: number;
  private readonly authorization: [string, string][];
  private ack: SipRequest | undefined;

  /** @param invite the INVITE as sent: the ACK carries its credentials (RFC 3261 §13.2.2.4). */
  constructor(dialog: DialogShell, invite: SipRequest) {
    this.dialog = dialog;
    this.cseq = invite.cseq.number;
    this.authorization = ['Authorization', 'Proxy-Authorization'].flatMap((name) =>
      invite.headers.raw(name).map((value): [string, string] => [name, value]),
    );
  }

  send(body?: Body): void {
    this.ack ??= this.dialog.compose('ACK', this.cseq, { headers: this.authorization, body });
    this.dialog.sendAck(this.ack);
  }

  /** Answers a repeated 2xx; before the first ACK there is nothing to repeat. */
  repeat(): void {
    if (this.ack !== undefined) this.dialog.sendAck(this.ack);
  }
}
