import type { LingeringServer } from './lingering.ts';
import type { ServerTransaction } from './server-transaction.ts';

/** What a place is filed under. */
export type PlaceNames = Pick<
  ServerPlace,
  'key' | 'keyHash' | 'identity' | 'identityHash' | 'isFirst'
>;

/**
 * Where a request is filed in the tables of its layer, from its arrival to the end of what lingers:
 * whoever holds the place gets what comes, and can hand it on without another look at the tables.
 */
export class ServerPlace {
  /** What a retransmission, and the ACK to a failure, ask for (RFC 3261 §17.2.3). */
  readonly key: string;
  /** What copies of the request and its CANCEL ask for; empty where neither can come. */
  readonly identity: string;
  /** Whether another copy of it would be a merged one: not within a dialog (RFC 3261 §8.2.2.2). */
  readonly isFirst: boolean;
  /** Of both, as `ServerPlaces` has them. */
  readonly keyHash: number;
  readonly identityHash: number;
  /** Its number there; 0 while it is not. */
  number = 0;
  /** There once the request was taken. */
  holder: ServerTransaction | LingeringServer | undefined = undefined;

  constructor({ key, keyHash, identity, identityHash, isFirst }: PlaceNames) {
    this.key = key;
    this.keyHash = keyHash;
    this.identity = identity;
    this.identityHash = identityHash;
    this.isFirst = isFirst;
  }
}
