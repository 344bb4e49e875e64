import type { HeaderFields } from '@strowger/dialog-core';
import type { NameAddr } from '@strowger/sip-message';
import type { CallOptions } from './call-options.ts';

/** How a session is transferred. */
export interface TransferOptions {
  /** Who asks, for Referred-By (RFC 3892). Default: our side of the session; `false` for nobody. */
  readonly referredBy?: NameAddr | false;
  /** Further header fields of the REFER. */
  readonly headers?: HeaderFields;
  /** Hangs up once the peer has reached the target, and the other session too. Default `true`. */
  readonly hangUp?: boolean;
  /**
   * Whether we call the target ourselves, and stay between the two with their media through a relay
   * of our backend: never, where the peer refuses the REFER, or always. Default `never`.
   */
  readonly bridge?: 'never' | 'whenRefused' | 'always';
  /** How the target is called for that: route, hops, credentials, … From is ours by default. */
  readonly call?: Partial<CallOptions>;
}

/** A step of a transfer. */
export type TransferStep =
  /** The peer accepted the REFER. */
  | { readonly type: 'accepted' }
  /** What the peer hears of the target: a status from 100 to 699. */
  | { readonly type: 'progress'; readonly status: number }
  /** The peer is not referred: we call the target ourselves. */
  | { readonly type: 'bridging' };

/** How a transfer ended; exactly one for each. */
export type TransferOutcome =
  /** The other party talks to the target. `bridged`: through us. */
  | { readonly kind: 'transferred'; readonly bridged: boolean }
  /** The peer refused the REFER. */
  | { readonly kind: 'refused'; readonly status: number }
  /** The target was not reached, with this status; the session goes on. */
  | { readonly kind: 'failed'; readonly status: number }
  /** The peer accepted, and does not tell what became of it. */
  | { readonly kind: 'unknown'; readonly lastStatus?: number };
