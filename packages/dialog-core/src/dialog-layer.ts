import type { Runtime } from '@strowger/runtime';
import type { NameAddr, Uri } from '@strowger/sip-message';
import type {
  CredentialSource,
  Hop,
  Inbound,
  MessageSender,
  TimerSettings,
  TransactionLayer,
} from '@strowger/transaction-core';
import type { DialogUser, MessageParts, RequestUser } from './dialog-user.ts';
import type { InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
import type { OutgoingInviteUser } from './dialog-user.ts';

/** What a `DialogLayer` is made of. */
export interface DialogLayerOptions {
  readonly runtime: Runtime;
  readonly sender: MessageSender;
  readonly user: DialogUser;
  readonly timers?: Partial<TimerSettings> | undefined;
  /** The user part of our Contact; none by default. */
  readonly contactUser?: string | undefined;
  /** The value of User-Agent and Server; none by default. */
  readonly userAgent?: string | undefined;
  /** The methods of Allow; by default INVITE, ACK, CANCEL, BYE and OPTIONS. */
  readonly allow?: readonly string[] | undefined;
  /** The option tags that the owner understands, for Supported and Require; none by default. */
  readonly supported?: readonly string[] | undefined;
  readonly limits?: Partial<DialogLimits> | undefined;
}

/** What may exist at the same time. */
export interface DialogLimits {
  /** Dialogs and pending incoming INVITEs; above it a new call gets 503. Default 200,000. */
  readonly dialogs: number;
  /** Early dialogs of one INVITE; provisionals of further forks come without one. Default 32. */
  readonly earlyDialogs: number;
  /** How often a re-INVITE is repeated after 491. Default 10. */
  readonly glareRetries: number;
}

/** A request outside of dialogs: REGISTER, OPTIONS, MESSAGE, … */
export interface RequestOptions extends MessageParts {
  readonly method: string;
  readonly requestUri: Uri;
  readonly to: Uri | NameAddr;
  readonly from: NameAddr;
  readonly route?: readonly NameAddr[] | undefined;
  readonly credentials?: CredentialSource | undefined;
  readonly hops?: readonly Hop[] | undefined;
  /** For a series such as the REGISTERs of one contact (RFC 3261 §10.2.4); by default a random one. */
  readonly callId?: string | undefined;
  /** By default 1; after a challenge one more is used, see `OutgoingRequest.cseq`. */
  readonly cseq?: number | undefined;
}

/** Our request outside of dialogs, on its way. */
export interface OutgoingRequest {
  readonly callId: string;
  /** The CSeq number last used: the next of a series is higher. */
  readonly cseq: number;
}

/** Live objects by kind: all zero when everything has ended. */
export interface DialogCounts {
  /** Early, confirmed, and waiting for the answer to their BYE. */
  readonly dialogs: number;
  /** Incoming and outgoing INVITEs whose transaction lives, re-INVITEs too. */
  readonly invites: number;
  /** Our other requests without a final answer. */
  readonly requests: number;
  readonly clientTransactions: number;
  readonly serverTransactions: number;
}

/** Dialogs over transactions (RFC 3261 §12 to §15): one for each user agent, without IO. */
export declare class DialogLayer {
  readonly transactions: TransactionLayer;
  constructor(options: DialogLayerOptions);
  /** Takes a message from the transport. */
  receive(inbound: Inbound): void;
  /** Sends an INVITE that may make dialogs. */
  invite(options: InviteOptions, user: OutgoingInviteUser): OutgoingInvite;
  /** Sends a request outside of dialogs; a challenge is answered where there are credentials. */
  request(options: RequestOptions, user: RequestUser): OutgoingRequest;
  /** The value of our Contact for messages over this hop. */
  contact(hop: Hop): string;
  counts(): DialogCounts;
  /** Drops everything at once, without a BYE; each owner is told. */
  close(): void;
}
