import type { Hop, Inbound } from '@strowger/transaction-core';
import type { DialogId } from './dialog.ts';
import type { RouteSet } from './route-set.ts';
import type { SettledOfferState } from './offer-answer-table.ts';

/** The version that `Dialog.snapshot` writes; `DialogLayer.restore` reads all up to this one. */
export const SNAPSHOT_VERSION = 1;

/**
 * A dialog as plain JSON (RFC 3261 §12, RFC 3264, RFC 4028): everything that another process needs
 * to go on with it, and nothing else. What is absent is as its comment says.
 */
export interface DialogSnapshot extends DialogId {
  readonly version: typeof SNAPSHOT_VERSION;
  /** Who sent the INVITE that made it: `uac` when it was ours. */
  readonly role: 'uac' | 'uas';
  /** From or To of our side, with tag, as it is written on the wire. */
  readonly local: string;
  readonly remote: string;
  /** The peer's Contact: a URI. */
  readonly remoteTarget: string;
  /** Route entries, first hop first; absent: none. */
  readonly routeSet?: RouteSet;
  /** Our Contact: what the peer addresses its requests to. */
  readonly localContact: string;
  /** CSeq number of our last request, 0 before the first. */
  readonly localSeq: number;
  /** CSeq number of the peer's last request, -1 before the first. */
  readonly remoteSeq: number;
  /** Where requests are pinned to; absent: they follow route set and target. */
  readonly hop?: Hop;
  /** Whether the peer takes UPDATE; absent: not known to. */
  readonly allowsUpdate?: true;
  /** Offer and answer without what was under way: a process that dies rolls it back. */
  readonly offer: SettledOfferState['name'];
  /** Absent: no session timer. */
  readonly timer?: TimerSnapshot;
  /** The ACKs to INVITEs of ours whose 2xx may still come, the last first; absent: none. */
  readonly acks?: readonly AckSnapshot[];
  /** The peer's INVITE that has no ACK; absent: none. */
  readonly invite?: InviteSnapshot;
}

/** The session timer (RFC 4028 §10). */
export interface TimerSnapshot {
  readonly role: 'refresher' | 'watching';
  /** The interval that was agreed, in seconds. */
  readonly seconds: number;
  /** Wall time of the last refresh, in milliseconds since 1970. */
  readonly agreedAt: number;
  /** The peer's Min-SE in seconds; absent: none. */
  readonly minSeconds?: number;
}

/** An ACK that was sent, is owed, or will be owed when our re-INVITE gets its 2xx. */
export interface AckSnapshot {
  /** CSeq number of the INVITE. */
  readonly cseq: number;
  /** The credentials of the INVITE (RFC 3261 §13.2.2.4); absent: none. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** The answer that it carries, one character for each byte; absent: none. */
  readonly body?: { readonly type: string; readonly content: string };
  /** A 2xx waits for it; absent: it was sent, or none came. */
  readonly isOwed?: true;
}

/** An INVITE of the peer: without a final answer, or with a 2xx that has no ACK. */
export interface InviteSnapshot {
  /** Enough of it for its transaction, one character for each byte. */
  readonly request: string;
  readonly hop: Hop;
  readonly local: Inbound['local'];
  /** Our 2xx, one character for each byte; absent: it was not answered. */
  readonly response?: string;
  /** The 2xx brought an offer, whose answer the ACK has to bring; absent: not so. */
  readonly isOffer?: true;
  /** Our BYE waits for the ACK (RFC 3261 §15); absent: not so. */
  readonly isEnding?: true;
}
