import type { SipRequest } from '@strowger/sip-message';
import type { DialogId } from '../dialog.ts';
import type { EventName } from './event-name.ts';
import type { SubscriptionEnd } from './subscriber-table.ts';
import type { SubscriptionStatus } from './subscription-state.ts';

/** One NOTIFY of a subscription of ours; 200 was sent. */
export interface Notification {
  readonly status: SubscriptionStatus;
  /** With its body, where it has one: see `Content-Type`. */
  readonly request: SipRequest;
}

/** The owner of a subscription of ours. */
export interface SubscriptionUser {
  onNotify?(notification: Notification): void;
  /** It is over. Nothing follows. */
  onEnded?(end: SubscriptionEnd): void;
}

/** A subscription of ours in one dialog: a SUBSCRIBE that was forked makes several. */
export interface Subscription {
  readonly event: EventName;
  readonly dialogId: DialogId;
  readonly state: 'notifyWait' | 'pending' | 'active' | 'terminated';
  /** Set by the owner. */
  user: SubscriptionUser;
  /** Sends a SUBSCRIBE now: for the whole state again. Nothing happens while one is under way. */
  refresh(): void;
  /** Ends it: SUBSCRIBE with Expires 0, one more NOTIFY, `onEnded`. Idempotent. */
  unsubscribe(): void;
}
