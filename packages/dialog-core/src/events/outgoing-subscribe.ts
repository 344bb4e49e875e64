import type { NameAddr, SipResponse, Uri } from '@strowger/sip-message';
import type { CredentialSource, Hop } from '@strowger/transaction-core';
import type { MessageParts } from '../dialog-user.ts';
import type { EventName } from './event-name.ts';
import type { SubscriptionEnd } from './subscriber-table.ts';
import type { Subscription } from './subscription.ts';

/** Where a request outside of dialogs goes, and as whom. */
export interface OutsideAddress {
  readonly to: Uri | NameAddr;
  readonly from: NameAddr;
  /** By default the URI of `to`. */
  readonly requestUri?: Uri | undefined;
  readonly route?: readonly NameAddr[] | undefined;
  readonly credentials?: CredentialSource | undefined;
  readonly hops?: readonly Hop[] | undefined;
}

/** What a subscription of ours asks for. */
export interface SubscriptionParts extends MessageParts {
  /** The package, or package and `id`. */
  readonly event: string | EventName;
  /** 0 asks once (a fetch, RFC 6665 §4.4.3). By default the layer's. */
  readonly expiresSeconds?: number | undefined;
  /** The media types that we understand, for Accept; by default the package's own. */
  readonly accept?: readonly string[] | undefined;
}

/** A SUBSCRIBE outside of dialogs. The body, a filter, goes with the first SUBSCRIBE only. */
export interface SubscribeOptions extends OutsideAddress, SubscriptionParts {}

/** Told what becomes of a SUBSCRIBE: `onSubscription` at least once, or `onFailed` once. */
export interface SubscribeUser {
  /** A subscription came of it: set its `user`; its first NOTIFY follows at once. */
  onSubscription(subscription: Subscription): void;
  onFailed(end: SubscriptionEnd): void;
  /** The 2xx, which may come before or after the first NOTIFY. */
  onAccepted?(response: SipResponse): void;
}

/** Our SUBSCRIBE outside of dialogs. */
export interface OutgoingSubscribe {
  readonly callId: string;
  readonly subscriptions: readonly Subscription[];
  /** Ends all its subscriptions, those that forks make later too. Idempotent. */
  unsubscribe(): void;
}
