import type { SipRequest } from '@strowger/sip-message';
import type { Inbound } from '@strowger/transaction-core';
import type { IncomingOfferUser, MessageParts, RefusalParts } from './dialog-user.ts';

/** A PRACK or UPDATE of the peer with a session description (RFC 3262 §5, RFC 3311 §5.2). */
export interface IncomingOffer {
  readonly request: SipRequest;
  readonly inbound: Inbound;
  /**
   * Whether it brings an offer that waits for `accept` or `reject`; soon, for the peer waits 64*T1
   * (32 s) at most. False for a PRACK with the answer to our offer: its 200 was sent.
   */
  readonly pending: boolean;
  user: IncomingOfferUser;
  /** Sends 200, with our answer. Throws `OFFER_ANSWERED` unless pending. */
  accept(parts?: MessageParts): void;
  /**
   * Sends a status from 300 to 699, 488 for example: what was agreed before holds. Throws
   * `OFFER_ANSWERED` and `BAD_STATUS`.
   */
  reject(status: number, parts?: RefusalParts): void;
}
