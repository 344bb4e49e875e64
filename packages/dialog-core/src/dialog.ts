import type { NameAddr, Uri } from '@strowger/sip-message';
import type { DialogUsageUser, MessageParts, ReinviteUser, RequestUser } from './dialog-user.ts';

/** What tells a dialog from all others (RFC 3261 §12). */
export interface DialogId {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** Our re-INVITE on its way. */
export interface OutgoingReinvite {
  /** Takes it back: cancels what was sent, and does not repeat it after a 491. */
  withdraw(): void;
}

/**
 * A peer-to-peer relationship of two user agents (RFC 3261 §12). It holds Call-ID, tags, CSeq, route
 * set and remote target, and nobody else does.
 */
export interface Dialog {
  readonly id: DialogId;
  readonly state: 'early' | 'confirmed' | 'terminated';
  /** Who sent the INVITE that made it: `uac` when it was ours. */
  readonly role: 'uac' | 'uas';
  readonly localUri: Uri;
  readonly remoteUri: Uri;
  /** The peer's Contact: where requests are addressed to. */
  readonly remoteTarget: Uri;
  readonly routeSet: readonly NameAddr[];
  /** Set by the owner. */
  user: DialogUsageUser;
  /**
   * Acknowledges the 2xx that waits for it, of the INVITE or of a re-INVITE; the same ACK answers
   * every repetition of that 2xx. Throws `NOTHING_TO_ACK` where no 2xx waits in a live dialog.
   */
  ack(body?: MessageParts['body']): void;
  /**
   * Sends a re-INVITE (RFC 3261 §14.1), as soon as no other INVITE is under way in this dialog.
   * After a 491 it is repeated after the RFC's random delay, unless withdrawn. Throws
   * `DIALOG_STATE` unless confirmed, `REINVITE_PENDING` while another of ours has no final answer.
   */
  reinvite(parts: MessageParts, user: ReinviteUser): OutgoingReinvite;
  /**
   * Sends any other request in the dialog. Throws `DIALOG_STATE` when it is terminated, and
   * `BAD_METHOD` for INVITE, ACK, CANCEL and BYE.
   */
  request(method: string, parts: MessageParts, user: RequestUser): void;
  /**
   * Ends the dialog (RFC 3261 §15). As callee it waits for the ACK, as caller it acknowledges a
   * waiting 2xx first. Idempotent. Throws `DIALOG_STATE` for an early dialog as callee: reject the
   * INVITE instead.
   */
  bye(parts?: MessageParts): void;
}
