import type { NameAddr, Uri } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import type { DialogSnapshot } from './dialog-snapshot.ts';
import type {
  DialogUsageUser,
  MessageParts,
  ReinviteUser,
  RequestUser,
  UpdateUser,
} from './dialog-user.ts';
import type { ContactParts } from './local-party.ts';
import type { SubscriptionParts } from './events/outgoing-subscribe.ts';
import type { OutgoingRefer, ReferOptions, ReferUser } from './events/refer-options.ts';
import type { Subscription } from './events/subscription.ts';
import type { OfferState } from './offer-answer-table.ts';
import type { SessionTimerState } from './session-timer-table.ts';

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

/** Our UPDATE on its way. */
export interface OutgoingUpdate {
  /** Takes it back: it is not repeated after a refusal. One that the peer has cannot be cancelled. */
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
  /**
   * The secure flag (RFC 3261 §12.1.1): it began with `sips:`, and its requests go over secure hops alone,
   * whatever the peer's Contact says; where there is none they fail with `INSECURE_HOP`.
   */
  readonly isSecure: boolean;
  /** Whether the peer's last Allow names UPDATE (RFC 3311 §4). */
  readonly allowsUpdate: boolean;
  /** Whether the peer's last Supported has this option tag (RFC 3261 §20.37); not known after a restore. */
  peerSupports(tag: string): boolean;
  /** Who owes an answer to an offer (RFC 3264 §4). */
  readonly offerState: OfferState;
  /** The session timer (RFC 4028). */
  readonly sessionTimer: SessionTimerState;
  /** Set by the owner. */
  user: DialogUsageUser;
  /**
   * The user part of the conference whose focus we are in this dialog (RFC 4579 §4.1), set by the
   * owner: from the next message on that has one, our Contact names it and says `isfocus`.
   */
  focus: string | undefined;
  /**
   * Our address has changed: from the next message that has one, Contact says where messages over `hop`
   * reach us now, which the peer learns by a re-INVITE or UPDATE (RFC 3261 §12.2.1.1), and a connection
   * that requests were pinned to is forgotten. A GRUU stays what it is. `contact`: what our Contact is made
   * of; by default the layer's own.
   */
  relocate(hop: Hop, contact?: ContactParts): void;
  /**
   * Acknowledges the 2xx that waits for it, of the INVITE or of a re-INVITE; the same ACK answers
   * every repetition of that 2xx. Throws `NOTHING_TO_ACK` where no 2xx waits in a live dialog.
   */
  ack(body?: MessageParts['body']): void;
  /**
   * Acknowledges the reliable provisional response that waits for it (RFC 3262 §4), which the layer
   * does by itself unless the response brought an offer: then `body` is our answer. From within
   * `onProvisional` it may carry an offer of ours instead, whose answer `user` gets. Throws
   * `NOTHING_TO_PRACK` where none waits in a live dialog, `OFFER_PENDING` for an offer too many.
   */
  prack(body?: MessageParts['body'], user?: UpdateUser): void;
  /**
   * Sends an UPDATE (RFC 3311 §5.1), in an early or confirmed dialog; with an offer, as soon as
   * nobody owes an answer. After a 491, and a 500 with Retry-After, it is repeated after its delay.
   * Throws `DIALOG_STATE` when terminated, `UPDATE_PENDING` while another of ours has no answer.
   */
  update(parts: MessageParts, user: UpdateUser): OutgoingUpdate;
  /**
   * Sends a re-INVITE (RFC 3261 §14.1), as soon as no other INVITE is under way in this dialog.
   * After a 491, and a 500 with Retry-After, it is repeated after its delay, unless withdrawn. Throws
   * `DIALOG_STATE` unless confirmed, `REINVITE_PENDING` while another of ours has no final answer.
   */
  reinvite(parts: MessageParts, user: ReinviteUser): OutgoingReinvite;
  /**
   * Sends any other request in the dialog. Throws `DIALOG_STATE` when it is terminated, and
   * `BAD_METHOD` for INVITE, ACK, CANCEL, BYE, PRACK and UPDATE.
   */
  request(method: string, parts: MessageParts, user: RequestUser): void;
  /**
   * The dialog as plain JSON, for `DialogLayer.restore` in another process. What is under way is
   * in it as far as the peer could tell the difference; the rest is forgotten. Throws `DIALOG_STATE`
   * unless its INVITE was accepted and it is not over.
   */
  snapshot(): DialogSnapshot;
  /**
   * Asks the peer to contact somebody (RFC 3515); progress comes even after this dialog's BYE. Throws
   * `DIALOG_STATE` unless confirmed, `TOO_MANY_SUBSCRIPTIONS` at a limit.
   */
  refer(options: ReferOptions, user: ReferUser): OutgoingRefer;
  /**
   * Subscribes within this dialog and shares it (RFC 6665 §4.5.2): set the `user` of what it gives
   * at once. Throws as `refer` does.
   */
  subscribe(parts: SubscriptionParts): Subscription;
  /**
   * Ends the dialog (RFC 3261 §15). As callee it waits for the ACK, or refuses the INVITE with 480
   * where the 2xx itself still waits for a PRACK (RFC 3262 §3); as caller it acknowledges a waiting
   * 2xx first. Idempotent. Throws `DIALOG_STATE` for an early dialog as callee: reject the
   * INVITE instead.
   */
  bye(parts?: MessageParts): void;
}
