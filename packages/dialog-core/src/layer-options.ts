import type { Runtime } from '@strowger/runtime';
import type {
  CredentialSource,
  MessageSender,
  TimerSettings,
  TransactionStep,
  TransactionTrouble,
} from '@strowger/transaction-core';
import type { DialogUser, ForeignRequests } from './dialog-user.ts';
import type { EventOptions } from './events/event-options.ts';
import type { DialogStep } from './layer-context.ts';
import type { LocalParty, PartyClue } from './local-party.ts';
import type { ReliableProvisionals } from './reliability.ts';
import type { SessionTimerOptions } from './session-expires.ts';

/** What a `DialogLayer` is made of. */
export interface DialogLayerOptions {
  readonly runtime: Runtime;
  readonly sender: MessageSender;
  readonly user: DialogUser;
  /** Who takes what is not for us; nobody by default. */
  readonly foreign?: ForeignRequests | undefined;
  readonly timers?: Partial<TimerSettings> | undefined;
  /** The user part of our Contact; none by default. */
  readonly contactUser?: string | undefined;
  /**
   * Who of us takes part in what is sent and received, where the layer serves several, as a phone with
   * several accounts does: what that one's Contact is, and its credentials. By default, and where it
   * gives nothing, there is one of us, with `contactUser` and `useGruu`.
   */
  readonly localParty?: ((clue: PartyClue) => LocalParty | undefined) | undefined;
  /** The value of User-Agent and Server; none by default. */
  readonly userAgent?: string | undefined;
  /**
   * The methods of Allow; by default INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK and UPDATE. A function is
   * asked for every message that says it.
   */
  readonly allow?: readonly string[] | (() => readonly string[]) | undefined;
  /** The option tags that the owner understands, for Supported and Require, besides the layer's. */
  readonly supported?: readonly string[] | undefined;
  /** Reliable provisional responses (RFC 3262); `supported` by default. */
  readonly reliableProvisionals?: ReliableProvisionals | undefined;
  /** Session timers (RFC 4028), where the peer supports them; `false` for none. */
  readonly sessionTimers?: Partial<SessionTimerOptions> | false | undefined;
  /** Event packages and subscriptions (RFC 6665). */
  readonly events?: Partial<EventOptions> | undefined;
  /** The Info Packages that the owner takes, for Recv-Info; an INFO of any other gets 469 (RFC 6086). */
  readonly infoPackages?: readonly string[] | undefined;
  /** The media types that the owner takes, for the Accept of OPTIONS; `application/sdp` by default. */
  readonly accept?: readonly string[] | undefined;
  readonly limits?: Partial<DialogLimits> | undefined;
  /** For requests that are given none of their own, those in dialogs that a peer began among them. */
  readonly credentials?: CredentialSource | undefined;
  /** Told of every step of every table: for logs, ladders and the coverage of tests. */
  readonly onStep?: ((step: DialogStep) => void) | undefined;
  /** The same for the tables of the transactions below. */
  readonly onTransactionStep?: ((step: TransactionStep) => void) | undefined;
  /** Told of retransmissions and time-outs of the transactions below, as they happen. */
  readonly onTransactionTrouble?: ((trouble: TransactionTrouble) => void) | undefined;
}

/** What may exist at the same time. */
export interface DialogLimits {
  /** Dialogs and INVITEs under way; above it a new call gets 503, and `invite` throws. Default 200,000. */
  readonly dialogs: number;
  /**
   * Forks of one INVITE: provisionals of further ones come without a dialog, their 2xx are ignored.
   * Default 32.
   */
  readonly earlyDialogs: number;
  /** How often a re-INVITE or UPDATE is repeated after 491 or 500. Default 10. */
  readonly glareRetries: number;
  /** How long a re-INVITE of ours may go without a final answer, in ms. Default 180,000. */
  readonly reinviteMs: number;
}

/** Live objects by kind: all zero when everything has ended. */
export interface DialogCounts {
  /** Early, confirmed, and waiting for the answer to their BYE. */
  readonly dialogs: number;
  /** Incoming and outgoing INVITEs whose transaction lives, re-INVITEs too. */
  readonly invites: number;
  /** Our other requests without a final answer. */
  readonly requests: number;
  /** Subscriptions of both sides, and requests of ours that may still make some. */
  readonly subscriptions: number;
  /** Publications of ours, and what others published here. */
  readonly publications: number;
  readonly clientTransactions: number;
  readonly serverTransactions: number;
}
