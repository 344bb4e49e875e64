import type { Endpoint } from '@strowger/runtime';
import type { Hop, Inbound } from '../hop.ts';
import type { TargetOutcome } from '../target-health.ts';

/** A name for our end, as `sentBy` gives it. */
export interface SentBy {
  readonly host: string;
  readonly port: number;
}

/** Hops with the name that our end has over each. */
export type NamedHop = readonly [Hop, SentBy];

/** What a thread could not do, across the border between threads. */
export interface PlainError {
  readonly code: string;
  readonly message: string;
}

/** What threads tell each other. */
export type ThreadMessage =
  /** A message of a call that the receiver owns. */
  | {
      readonly type: 'heard';
      readonly bytes: Uint8Array;
      readonly hop: Hop;
      readonly local: Endpoint;
      readonly sentBy: SentBy;
      readonly peer: Inbound['peer'];
    }
  /** Send this: the flow, or all sockets, are the receiver's. `id` names it in `failed`. */
  | {
      readonly type: 'send';
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly hop: Hop;
    }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError }
  | {
      readonly type: 'locate';
      readonly id: number;
      readonly target: string;
      readonly sizeBytes: number;
    }
  | { readonly type: 'located'; readonly id: number; readonly hops: readonly NamedHop[] }
  | {
      readonly type: 'report';
      readonly hop: Hop;
      readonly outcome: TargetOutcome;
      readonly retryAfterMs: number | undefined;
    }
  /** Whether somebody proved who they are over a flow of the receiver's, or failed to. */
  | { readonly type: 'known'; readonly hop: Hop; readonly isTrusted: boolean }
  /** A flow of the teller's can be used. */
  | { readonly type: 'opened'; readonly hop: Hop }
  /** A connection is gone. */
  | { readonly type: 'gone'; readonly hop: Hop };

/** What crosses a port at once: what one turn of the event loop gathered. */
export interface Batch {
  readonly messages: readonly ThreadMessage[];
  /** How many messages of the receiver's were taken since the last batch. */
  readonly taken: number;
}
