import type { SipRequest } from '@strowger/sip-message';
import type { Inbound } from '@strowger/transaction-core';
import type { RefusalParts } from '../dialog-user.ts';
import type { EventName } from './event-name.ts';
import type { NotifierSubscription, NotifierUser } from './notifier-subscription.ts';

/** How a SUBSCRIBE is accepted. */
export interface SubscribeAcceptance {
  /** `pending` where it still has to be decided; by default `active`. */
  readonly state?: 'pending' | 'active' | undefined;
  /** At most what is asked for (RFC 6665 §4.2.1.1); by default `expiresSeconds`. */
  readonly expiresSeconds?: number | undefined;
  readonly user?: NotifierUser | undefined;
}

/** A SUBSCRIBE from a peer for one of our packages; its duration was checked. */
export interface IncomingSubscribe {
  readonly request: SipRequest;
  readonly inbound: Inbound;
  readonly event: EventName;
  /** What can be granted: 0 for a fetch. */
  readonly expiresSeconds: number;
  /** Whether it came in a dialog that exists (RFC 6665 §4.5.2). */
  readonly isInDialog: boolean;
  /** Whether it still waits for `accept` or `reject`; the peer gives up after 64*T1. */
  readonly pending: boolean;
  /** Sends 200, and the first NOTIFY behind it. Throws `SUBSCRIBE_ANSWERED` unless pending. */
  accept(how?: SubscribeAcceptance): NotifierSubscription;
  /** Sends 300 to 699. Throws `SUBSCRIBE_ANSWERED` unless pending, and `BAD_STATUS`. */
  reject(status: number, parts?: RefusalParts): void;
}
