import type { HeaderInput, SipRequest, SipResponse } from '@strowger/sip-message';
import type { StrowgerError } from '@strowger/runtime';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import type { Dialog } from './dialog.ts';
import type { IncomingRefer } from './events/incoming-refer.ts';
import type { IncomingSubscribe } from './events/incoming-subscribe.ts';
import type { IncomingInvite, IncomingReinvite } from './incoming-invite.ts';
import type { IncomingOffer } from './incoming-offer.ts';

/** Header fields that the owner adds to a message, in order; names case-insensitive. */
export type HeaderFields = readonly (readonly [name: string, value: HeaderInput])[];

/** A body as it goes on the wire; SDP is opaque here. */
export interface Body {
  /** The value of Content-Type. */
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** What the owner adds to a message of the layer. */
export interface MessageParts {
  readonly headers?: HeaderFields | undefined;
  readonly body?: Body | undefined;
}

/** What a provisional response carries. */
export interface ProvisionalParts extends MessageParts {
  /**
   * Whether it is sent reliably where the peer supports that (RFC 3262); by default where the peer
   * requires it or it has a session description. Reliable ones wait for each other's PRACK.
   */
  readonly reliable?: boolean | undefined;
}

/** What a CANCEL carries: a Reason, for example (RFC 3326). */
export interface CancelParts {
  readonly headers?: Iterable<readonly [name: string, value: string]> | undefined;
}

/** What a refusal carries besides its status. */
export interface RefusalParts extends MessageParts {
  /** The reason phrase; by default the RFC's. */
  readonly reason?: string | undefined;
}

/** Why a request has no final response. */
export type FailureReason =
  /** Nobody answered in time (timer B or F of RFC 3261 §17.1). */
  | { readonly kind: 'timeout' }
  /** The request could not be sent to any hop. */
  | { readonly kind: 'transport'; readonly error: StrowgerError }
  /** The owner took it back before it was sent, or a 2xx lost its race with our CANCEL. */
  | { readonly kind: 'cancelled' }
  /** The dialog ended, or the layer was closed, while the request was under way. */
  | { readonly kind: 'dialogEnded' };

/** Why a dialog is over; told exactly once for every dialog. */
export type DialogEnd =
  | { readonly kind: 'bye'; readonly by: 'local' | 'remote' }
  /** An early dialog whose INVITE was refused with this status. */
  | { readonly kind: 'rejected'; readonly status: number }
  /** An early dialog whose INVITE was cancelled, by us or by the peer. */
  | { readonly kind: 'cancelled' }
  /** An early dialog, or a late 2xx, of an INVITE that another fork has answered. */
  | { readonly kind: 'otherForkAnswered' }
  /** The peer answered 481 or 408 to a request in the dialog (RFC 3261 §12.2.1.2). */
  | { readonly kind: 'refused'; readonly status: number }
  /** The peer did not answer a request, or the INVITE, in time. */
  | { readonly kind: 'timeout' }
  /** Our 2xx was not acknowledged within 64*T1 (RFC 3261 §13.3.1.4). */
  | { readonly kind: 'noAck' }
  /** The session timer ran out: nobody refreshed (RFC 4028 §10). */
  | { readonly kind: 'notRefreshed' }
  /** An early dialog whose INVITE could not be sent again, with credentials. */
  | { readonly kind: 'transport'; readonly error: StrowgerError }
  /** The layer was closed. */
  | { readonly kind: 'closed' };

/** The one owner of a `DialogLayer`. */
export interface DialogUser {
  /** A call comes in. Set `invite.user`, then `progress`, `accept` or `reject`, now or later. */
  onInvite(invite: IncomingInvite): void;
  /** A request outside of any dialog: REGISTER, OPTIONS, MESSAGE, a method nobody knows. */
  onRequest(transaction: ServerTransaction): void;
  /**
   * A request outside of any dialog, INVITE among them, before anything is kept of it. True where
   * the user answers it with `transactions.respondStateless`: see `TransactionUser`.
   */
  takesStateless?(request: SipRequest, inbound: Inbound): boolean;
  /**
   * What `dialog.snapshot()` says has changed, or the dialog is over (`dialog.state` is
   * `terminated`: forget it). Called in the midst of a step, and more than once in some: save, and
   * do nothing else with the dialog. CSeq numbers are told before the request leaves.
   */
  onDialogChanged?(dialog: Dialog): void;
  /**
   * A SUBSCRIBE for one of our event packages, in a dialog or outside. Without this method those
   * outside of dialogs go to `onRequest`.
   */
  onSubscribe?(subscribe: IncomingSubscribe): void;
  /** A REFER outside of dialogs; without this method it goes to `onRequest`. */
  onRefer?(refer: IncomingRefer): void;
}

/**
 * Who takes requests that are not for this user agent: a proxy on the same transactions. With it
 * copies of a request over several paths are no longer merged (RFC 3261 §8.2.2.2).
 */
export interface ForeignRequests {
  /**
   * Asked about every request but ACK and CANCEL that belongs to no dialog of ours, before anything
   * of it is judged. `true` where it was taken: it is answered there, now or later.
   */
  take(transaction: ServerTransaction): boolean;
  /** Given every ACK that belongs to no transaction and no dialog of ours. */
  takeAck(ack: SipRequest, inbound: Inbound): void;
}

/** Told how an INVITE goes: exactly one of `onAccepted`, `onRejected` and `onFailed`, once. */
export interface OutgoingInviteUser {
  /**
   * A 1xx; with its dialog where it made or belongs to one (a To tag, RFC 3261 §12.1). A reliable
   * one is told once, in the order of its dialog; see `dialog.prack`.
   */
  onProvisional?(response: SipResponse, dialog: Dialog | undefined): void;
  /** The first 2xx. Call `dialog.ack(body?)` soon: the peer repeats its 2xx until then. */
  onAccepted(response: SipResponse, dialog: Dialog): void;
  /** The final refusal, 300 to 699, after what credentials could do. */
  onRejected(response: SipResponse): void;
  onFailed(reason: FailureReason): void;
}

/** Told what happens to an INVITE that came in, until its dialog takes over. */
export interface IncomingInviteUser {
  /** The caller gave up; 487 was sent. */
  onCancel?(cancel: SipRequest): void;
  /** The ACK to our 2xx, once, with the answer where the 2xx had the offer. */
  onAck?(ack: SipRequest): void;
  /** No ACK within 64*T1 after our 2xx: BYE was sent and the dialog is over. */
  onNoAck?(): void;
  /** No PRACK within 64*T1 after a reliable provisional: 504 was sent (RFC 3262 §3). */
  onNoPrack?(): void;
  /** The INVITE's Expires ran out: 487 was sent (RFC 3261 §13.3.1). */
  onExpired?(): void;
  /** An answer of ours could not be sent; nothing else has changed. May come several times. */
  onTransportError?(error: StrowgerError): void;
  /** The caller ended its early dialog with BYE instead of CANCEL; 487 was sent. */
  onBye?(bye: SipRequest): void;
}

/** Told about one incoming re-INVITE. */
export interface IncomingReinviteUser {
  /** The peer cancelled it; 487 was sent and the dialog stays as it was. */
  onCancel?(cancel: SipRequest): void;
  /** Its Expires ran out (487 was sent), or no PRACK came within 64*T1 (504). */
  onExpired?(): void;
  onAck?(ack: SipRequest): void;
  /** No ACK within 64*T1 after our 2xx: the dialog ends with BYE. */
  onNoAck?(): void;
}

/** Told how our re-INVITE goes: exactly one of accepted, rejected and failed, once. */
export interface ReinviteUser {
  /** A 1xx other than 100. */
  onProvisional?(response: SipResponse): void;
  /** A 2xx. Call `dialog.ack(body?)` soon. */
  onAccepted(response: SipResponse): void;
  /** Refused: the dialog stays as it was, but with 481 and 408 it ends. */
  onRejected(response: SipResponse): void;
  onFailed(reason: FailureReason): void;
}

/** Told how an UPDATE, or an offer in a PRACK, goes: exactly one of the three, once. */
export interface UpdateUser {
  /** A 2xx, with the answer where ours was an offer. */
  onAccepted(response: SipResponse): void;
  /** Refused: what was agreed before holds. */
  onRejected(response: SipResponse): void;
  onFailed(reason: FailureReason): void;
}

/** Told about one offer of the peer in a PRACK or UPDATE. */
export interface IncomingOfferUser {
  /** The peer has waited too long for the answer and given up. */
  onWithdrawn?(): void;
}

/** Told how a request other than INVITE goes: exactly one of the two, once. */
export interface RequestUser {
  /** A 1xx other than 100. */
  onProvisional?(response: SipResponse): void;
  /** The final response, after what credentials could do. */
  onResponse(response: SipResponse): void;
  onFailed(reason: FailureReason): void;
}

/** The owner of one dialog. */
export interface DialogUsageUser {
  /** The peer wants to change the session; without this method it gets 488. */
  onReinvite?(reinvite: IncomingReinvite): void;
  /** The peer changes the session by an offer in an UPDATE; without this method it gets 488. */
  onUpdate?(update: IncomingOffer): void;
  /** The peer sent an UPDATE without a session description, which got 200 (RFC 3311 §5.2). */
  onUpdated?(update: SipRequest): void;
  /**
   * A PRACK of the peer with a session description: the answer to our offer, or an offer (`pending`),
   * which gets 488 without this method.
   */
  onPrack?(prack: IncomingOffer): void;
  /**
   * The session timer asks for a re-INVITE with the session as it is, because the peer takes no
   * UPDATE (RFC 4028 §7.4). Where none is sent in time the session ends.
   */
  onRefresh?(): void;
  /** The peer asks to contact somebody (RFC 3515); without this method it goes to `onRequest`. */
  onRefer?(refer: IncomingRefer): void;
  /** INFO, MESSAGE, OPTIONS, …: CSeq and Require were checked. Without this method: 405. */
  onRequest?(transaction: ServerTransaction): void;
  /** The peer's BYE; 200 was sent. `onEnded` follows. */
  onBye?(bye: SipRequest): void;
  /** The dialog is over. Nothing follows. */
  onEnded?(end: DialogEnd): void;
}
