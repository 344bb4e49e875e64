import type { SipRequest } from '@strowger/sip-message';
import type { Body } from './dialog-user.ts';
import type { DialogShell } from './dialog-shell.ts';

/** What the ACK to a 2xx is made of. */
export interface AckParts {
  /** That of the INVITE. */
  readonly cseq: number;
  /** The credentials of the INVITE. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Body | undefined;
}

/** The headers with credentials (RFC 3261 §22). */
export const CREDENTIALS: readonly string[] = ['Authorization', 'Proxy-Authorization'];

/** The ACK carries the CSeq number and the credentials of its INVITE (RFC 3261 §13.2.2.4). */
export function ackPartsOf(invite: SipRequest): AckParts {
  const headers: [string, string][] = [];
  for (const name of CREDENTIALS) {
    if (!invite.headers.has(name)) continue;
    for (const value of invite.headers.raw(name)) headers.push([name, value]);
  }
  return { cseq: invite.cseq.number, headers };
}

/** The ACK to one 2xx: sent when the owner has its answer, the same again for every repetition. */
export class SuccessAck {
  private readonly dialog: DialogShell;
  private contents: AckParts;
  private ack: SipRequest | undefined;

  constructor(dialog: DialogShell, parts: AckParts) {
    this.dialog = dialog;
    this.contents = parts;
  }

  get parts(): AckParts {
    return this.contents;
  }

  send(body?: Body): void {
    if (body !== undefined && this.ack === undefined) this.contents = { ...this.contents, body };
    const { cseq, ...parts } = this.contents;
    this.ack ??= this.dialog.compose('ACK', cseq, parts);
    this.dialog.sendAck(this.ack);
  }

  /** Answers a repeated 2xx; before the first ACK there is nothing to repeat. */
  repeat(): void {
    if (this.ack !== undefined) this.dialog.sendAck(this.ack);
  }

  /** Answers a 2xx that belongs to no transaction of this process, where it is this one. */
  receiveStray(cseq: number): void {
    if (cseq === this.contents.cseq) this.send();
  }
}
