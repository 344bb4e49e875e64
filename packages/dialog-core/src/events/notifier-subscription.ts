import type { SipRequest } from '@strowger/sip-message';
import type { DialogId } from '../dialog.ts';
import type { Body } from '../dialog-user.ts';
import type { EventName } from './event-name.ts';
import type { NotifierEnd, Termination } from './notifier-table.ts';

/** The owner of a subscription to us. */
export interface NotifierUser {
  /**
   * The whole state as it is now: asked for the first NOTIFY, after each refresh, and for the last.
   * While `pending` it must not tell anything (RFC 6665 §4.2.1.4). Without it NOTIFYs have no body.
   */
  content?(state: 'pending' | 'active' | 'terminated'): Body | undefined;
  /** The subscriber refreshed it; 200 and a NOTIFY follow. */
  onRefresh?(subscribe: SipRequest): void;
  /** It is over; the last NOTIFY may still be under way. Nothing follows. */
  onEnded?(end: NotifierEnd): void;
}

/** A subscription to us. */
export interface NotifierSubscription {
  readonly event: EventName;
  readonly dialogId: DialogId;
  readonly state: 'pending' | 'active' | 'terminated';
  /** Seconds that are left. */
  readonly expiresSeconds: number;
  user: NotifierUser;
  /**
   * Tells a change. One NOTIFY is under way at a time, further ones wait in order; too many become
   * one with the whole state. Ignored once it is over.
   */
  notify(body?: Body): void;
  /** From pending to active: the subscriber is told the whole state. */
  activate(): void;
  /** Ends it with one more NOTIFY. Idempotent. */
  terminate(how?: Termination): void;
}
