import type { StrowgerError } from '@strowger/runtime';
import type { SipRequest } from '@strowger/sip-message';
import type { RequestOptions } from './client-transaction.ts';
import { MAGIC_COOKIE } from './matching.ts';
import type { Hop } from './message-sender.ts';
import { addVia, locateHops, permittedHops } from './next-hop.ts';
import type { TransactionSurroundings } from './transaction-shell.ts';
import { note } from './trouble.ts';

/** Sends the ACKs to 2xx, which belong to no transaction (RFC 3261 §13.2.2.4). */
export class AckSender {
  private readonly around: TransactionSurroundings;
  /** Where an ACK went, for as long as its owner keeps it. */
  private readonly sent = new WeakMap<SipRequest, Hop>();

  constructor(around: TransactionSurroundings) {
    this.around = around;
  }

  send(ack: SipRequest, { hops, target, isSecure }: RequestOptions): void {
    const before = this.sent.get(ack);
    if (before !== undefined) {
      this.around.sender.send(ack, before, (error) => this.failed(error));
      note(this.around, 'retransmitted', { message: ack, hop: before });
      return;
    }
    const located = hops ?? locateHops(this.around.sender, ack, target);
    if (located instanceof Promise) {
      located.then(
        (found) => this.tryPermitted(ack, found, isSecure),
        (error: unknown) => this.failed(error),
      );
    } else this.tryPermitted(ack, located, isSecure);
  }

  private tryPermitted(ack: SipRequest, found: readonly Hop[], isSecure?: boolean): void {
    try {
      this.tryHops(ack, permittedHops(ack, found, isSecure));
    } catch (error) {
      this.failed(error);
    }
  }

  private tryHops(ack: SipRequest, [hop, ...others]: readonly Hop[]): void {
    if (hop === undefined) return;
    const { random } = this.around.runtime;
    const branch = MAGIC_COOKIE + random.token();
    addVia(ack, hop, { branch, sentBy: this.around.sender.sentBy(hop) });
    this.sent.set(ack, hop);
    this.around.sender.send(ack, hop, (error) => {
      this.failed(error);
      if (others.length > 0) ack.headers.removeFirst('Via');
      this.tryHops(ack, others);
    });
  }

  private failed(error: StrowgerError | unknown): void {
    this.around.counters.transportErrors++;
    this.around.runtime.logger.warn({ error }, 'ACK could not be sent');
  }
}
