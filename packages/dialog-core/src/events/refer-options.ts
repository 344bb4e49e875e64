import type { NameAddr, SipFragment, SipResponse, Uri } from '@strowger/sip-message';
import type { FailureReason, MessageParts } from '../dialog-user.ts';
import type { OutsideAddress } from './outgoing-subscribe.ts';

/** What a REFER of ours asks for (RFC 3515 §2.4.1). */
export interface ReferOptions extends MessageParts {
  /** Whom the peer shall contact; `referToReplacing` makes one for an attended transfer. */
  readonly referTo: Uri | NameAddr;
  /** Who asks for it (RFC 3892). */
  readonly referredBy?: NameAddr | undefined;
  /**
   * `implicit`: progress comes in this dialog (RFC 3515). `none`: none is wanted, and a peer that
   * supports that sends none (RFC 4488). `explicit`: the 2xx says where to subscribe to it; the
   * peer has to support that (RFC 7614 §4.1). `implicit` by default.
   */
  readonly subscription?: 'implicit' | 'none' | 'explicit' | undefined;
}

/** A REFER outside of dialogs. */
export interface OutsideReferOptions extends ReferOptions, OutsideAddress {}

/** How a REFER of ours ended; told exactly once. */
export type ReferEnd =
  /** What was asked for had this final status, 200 to 699. */
  | { readonly kind: 'finished'; readonly status: number }
  /** The REFER was refused. */
  | { readonly kind: 'rejected'; readonly status: number }
  /** Accepted, and no progress will be told here; it may be subscribed to at `eventsAt`. */
  | { readonly kind: 'noProgress'; readonly eventsAt?: Uri | undefined }
  /** Progress ended without a final status; the last one that was told, if one was. */
  | { readonly kind: 'lost'; readonly lastStatus?: number | undefined }
  | { readonly kind: 'failed'; readonly why: FailureReason };

/** Told how a REFER of ours goes. */
export interface ReferUser {
  /** The 2xx. Progress may come before it. */
  onAccepted?(response: SipResponse): void;
  /** A status of what was asked for, provisional or final. */
  onProgress?(status: number, fragment: SipFragment): void;
  onEnded(end: ReferEnd): void;
}

/** Our REFER on its way. */
export interface OutgoingRefer {
  /** Progress is not wanted any more. What was asked for goes on. */
  unsubscribe(): void;
}
