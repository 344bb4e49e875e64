import { NameAddr } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';

/** One contact that is registered for an address of record (RFC 3261 §10.3). Plain data. */
export interface Binding {
  /** The contact's URI as the phone wrote it: where its requests are addressed to. */
  readonly contact: string;
  /** Preference from 0 to 1 (RFC 3261 §20.10). */
  readonly q: number;
  /** Wall time in milliseconds since 1970 from which on it is void. */
  readonly expiresAt: number;
  /** Call-ID and CSeq of the REGISTER that wrote it: what is older is refused. */
  readonly callId: string;
  readonly cseq: number;
  /** `+sip.instance`, where the phone tells one (RFC 5626 §4.1). */
  readonly instance?: string;
  /** Which of the phone's flows it is: a flow that comes in its place replaces it (RFC 5626 §6). */
  readonly regId?: number;
  readonly userAgent?: string;
  /**
   * Where the REGISTER came from, where calls have to go there instead of to the contact: over its
   * connection, or through the NAT that it passed.
   */
  readonly received?: Hop;
  /** The proxies on the way to it, ours first: `Path` of the REGISTER (RFC 3327 §5.3). */
  readonly path?: readonly string[];
  /** Wall time in milliseconds since 1970 of the REGISTER that wrote it. */
  readonly updatedAt: number;
}

/** The bindings of one address of record as they stood at one moment. */
export interface BindingSet {
  /** 0 for an address of record that has none; a number is never used twice in one store. */
  readonly version: number;
  /** In the order in which they were written; expired ones may still be among them. */
  readonly bindings: readonly Binding[];
}

/**
 * Who is where: the location service of RFC 3261 §10. A REGISTER is read, decided, and written as
 * one: `replace` refuses when anybody wrote in between, and the registrar decides again.
 */
export interface LocationStore {
  read(addressOfRecord: string): Promise<BindingSet>;
  /**
   * Puts `bindings` in the place of the whole set; none removes the address of record. Resolves
   * with false, and changes nothing, when the set's version is not `version` any more. Rejects with
   * `STORE_FULL` where the store has a limit.
   */
  replace(addressOfRecord: string, version: number, bindings: readonly Binding[]): Promise<boolean>;
  /** Up to `limit` addresses of record with a binding that expired at `wall` or before. */
  expired(wall: number, limit: number): Promise<readonly string[]>;
  /** How many addresses of record have bindings. */
  count(): Promise<number>;
}

/** The way to a contact, as the Route of requests to it (RFC 3327 §5.3.2). */
export function pathOf({ path = [] }: Binding): NameAddr[] {
  return path.flatMap((text) => {
    const parsed = NameAddr.parse(text);
    return parsed.ok ? [parsed.value] : [];
  });
}
