import type { NameAddr, SipRequest } from '@strowger/sip-message';
import type { DialogReference } from '@strowger/sip-message';
import type { Inbound } from '@strowger/transaction-core';
import type { RefusalParts } from '../dialog-user.ts';
import type { NotifierEnd } from './notifier-table.ts';

/** Tells the peer how what it asked for goes (RFC 3515 §2.4.5). */
export interface ReferProgress {
  /** Whether the peer still wants to hear. */
  readonly isWanted: boolean;
  /**
   * Resolves when there is nothing left to tell: the peer has answered the last NOTIFY, or does not
   * want to hear any more. At once where it never did. Never rejects.
   */
  readonly told: Promise<void>;
  /**
   * Tells a status of the request that the REFER made; one from 200 on is the last. Ignored once it
   * is over. Throws `BAD_STATUS` unless 100 to 699.
   */
  report(status: number, reason?: string): void;
}

/** How a REFER is accepted. */
export interface ReferAcceptance {
  /** By default 202. */
  readonly status?: 200 | 202 | undefined;
  /** The peer unsubscribed, does not answer, or the time ran out: nobody listens any more. */
  onUnwanted?(end: NotifierEnd): void;
}

/** A REFER from a peer. */
export interface IncomingRefer {
  readonly request: SipRequest;
  readonly inbound: Inbound;
  /** Whom to contact. Headers in its URI are looked at by `replaces` and by nobody else. */
  readonly referTo: NameAddr;
  /** The method that is asked for: INVITE unless the URI says otherwise (RFC 3515 §2.1). */
  readonly method: string;
  /** The dialog that the new INVITE shall replace: an attended transfer (RFC 3891 §7.1). */
  readonly replaces: DialogReference | undefined;
  readonly referredBy: NameAddr | undefined;
  /** Whether it still waits for `accept` or `reject`; the peer gives up after 64*T1. */
  readonly pending: boolean;
  /** Sends the 2xx, and a NOTIFY with 100 unless none is wanted. Throws `REFER_ANSWERED`. */
  accept(how?: ReferAcceptance): ReferProgress;
  /** Sends 300 to 699. Throws `REFER_ANSWERED` unless pending, and `BAD_STATUS`. */
  reject(status: number, parts?: RefusalParts): void;
}
