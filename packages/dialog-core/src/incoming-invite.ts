import type { SipRequest } from '@strowger/sip-message';
import type { Inbound } from '@strowger/transaction-core';
import type { Dialog } from './dialog.ts';
import type {
  IncomingInviteUser,
  IncomingReinviteUser,
  MessageParts,
  ProvisionalParts,
  RefusalParts,
} from './dialog-user.ts';

/** An INVITE from a peer, outside of any dialog. */
export interface IncomingInvite {
  readonly request: SipRequest;
  readonly inbound: Inbound;
  /** The early dialog after a provisional above 100, the confirmed one after `accept`. */
  readonly dialog: Dialog | undefined;
  /**
   * The dialog that this call shall replace (RFC 3891 §3). Decide whether the caller may; then accept
   * this one and end that: BYE, or CANCEL where it is early.
   */
  readonly replaces: Dialog | undefined;
  /** The dialog that this call wants to join, as in a conference (RFC 3911 §4). */
  readonly joins: Dialog | undefined;
  /** Whether it still waits for `accept` or `reject`. */
  readonly pending: boolean;
  user: IncomingInviteUser;
  /** As `Dialog.focus`, for the responses that make the dialog; the dialog has it from then on. */
  focus: string | undefined;
  /** `progress(180)`. */
  ring(parts?: ProvisionalParts): void;
  /**
   * Sends a 1xx; ignored once a final response was sent. A description in it is the answer, or the
   * offer where the INVITE has none, if it is sent reliably (RFC 3262 §5). Throws `BAD_STATUS` for
   * any other status, `UNRELIABLE_OFFER` for an offer to a peer that does not support 100rel.
   */
  progress(status: number, parts?: ProvisionalParts): void;
  /**
   * Sends 200 and repeats it until the ACK comes; after a reliable description not before its PRACK.
   * A description that follows a complete offer and answer is left out (RFC 6337 §3.1). Throws
   * `INVITE_ANSWERED` unless pending: look at `pending` first, the caller may have cancelled.
   */
  accept(parts?: MessageParts): Dialog;
  /** Sends a final response from 300 to 699. Throws `INVITE_ANSWERED` and `BAD_STATUS`. */
  reject(status: number, parts?: RefusalParts): void;
}

/** A re-INVITE from the peer of a dialog (RFC 3261 §14.2). */
export interface IncomingReinvite {
  readonly request: SipRequest;
  readonly inbound: Inbound;
  readonly pending: boolean;
  user: IncomingReinviteUser;
  progress(status: number, parts?: ProvisionalParts): void;
  /** Sends 200 and repeats it until the ACK comes. Throws `INVITE_ANSWERED` unless pending. */
  accept(parts?: MessageParts): void;
  reject(status: number, parts?: RefusalParts): void;
}
