import type { DigestAlgorithm } from '@strowger/sip-message';

/** HA1 values by algorithm (RFC 7616 §3.4.2): as secret as a password, for one realm. */
export type Ha1Set = Readonly<Partial<Record<DigestAlgorithm, string>>>;

/** What is known of one user. The password is never among it. */
export interface CredentialEntry {
  readonly realm: string;
  readonly username: string;
  readonly ha1: Ha1Set;
  /** What is offered to this user; default: what the listener offers. */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** Shown to those whom the user calls; default: what the phone says. */
  readonly displayName?: string;
}

/** The users of a realm and their digest credentials. */
export interface CredentialStore {
  find(realm: string, username: string): Promise<CredentialEntry | undefined>;
  /** Adds a user or replaces one. Rejects with `STORE_FULL` where the store has a limit. */
  put(entry: CredentialEntry): Promise<void>;
  /** Resolves with whether there was such a user. */
  remove(realm: string, username: string): Promise<boolean>;
  /** Users in the order of their names, from the first after `after`, `limit` at most. */
  list(
    realm: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<readonly CredentialEntry[]>;
}
