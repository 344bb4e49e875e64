import { StrowgerError } from '@strowger/runtime';
import type { CallRecord } from './call-record.ts';
import type { CdrStore } from './cdr-store.ts';
import type { CredentialEntry, CredentialStore } from './credential-store.ts';
import type { Binding, BindingSet, LocationStore } from './location-store.ts';

/** The three stores that an engine needs. */
export interface Stores {
  readonly location: LocationStore;
  readonly credentials: CredentialStore;
  readonly cdrs: CdrStore;
}

/** Stores in this process's memory: everything is gone with the process. */
export function memoryStores(): Stores {
  return {
    location: new MemoryLocationStore(),
    credentials: new MemoryCredentialStore(),
    cdrs: new MemoryCdrStore(),
  };
}

const NO_BINDINGS: BindingSet = { version: 0, bindings: [] };

/** Bindings in memory. */
export class MemoryLocationStore implements LocationStore {
  private readonly sets = new Map<string, BindingSet>();
  private readonly limit: number;
  private lastVersion = 0;

  /** @param limit addresses of record that may have bindings at once. */
  constructor(limit = 100_000) {
    this.limit = limit;
  }

  async read(addressOfRecord: string): Promise<BindingSet> {
    return this.sets.get(addressOfRecord) ?? NO_BINDINGS;
  }

  async replace(
    addressOfRecord: string,
    version: number,
    bindings: readonly Binding[],
  ): Promise<boolean> {
    const present = this.sets.get(addressOfRecord);
    if ((present?.version ?? 0) !== version) return false;
    if (bindings.length === 0) {
      this.sets.delete(addressOfRecord);
      return true;
    }
    if (present === undefined) refuseWhenFull(this.sets.size, this.limit, 'addresses of record');
    this.sets.set(addressOfRecord, { version: ++this.lastVersion, bindings: [...bindings] });
    return true;
  }

  async expired(wall: number, limit: number): Promise<readonly string[]> {
    const found: string[] = [];
    for (const [addressOfRecord, { bindings }] of this.sets) {
      if (found.length >= limit) break;
      if (bindings.some((binding) => binding.expiresAt <= wall)) found.push(addressOfRecord);
    }
    return found;
  }

  async count(): Promise<number> {
    return this.sets.size;
  }
}

/** Credentials in memory. */
export class MemoryCredentialStore implements CredentialStore {
  private readonly realms = new Map<string, Map<string, CredentialEntry>>();
  private readonly limit: number;
  private size = 0;

  /** @param limit users of all realms together. */
  constructor(limit = 100_000) {
    this.limit = limit;
  }

  async find(realm: string, username: string): Promise<CredentialEntry | undefined> {
    return this.realms.get(realm)?.get(username);
  }

  async put(entry: CredentialEntry): Promise<void> {
    const users = this.realms.get(entry.realm) ?? new Map<string, CredentialEntry>();
    if (!users.has(entry.username)) {
      refuseWhenFull(this.size, this.limit, 'users');
      this.size++;
    }
    this.realms.set(entry.realm, users.set(entry.username, entry));
  }

  async remove(realm: string, username: string): Promise<boolean> {
    const removed = this.realms.get(realm)?.delete(username) ?? false;
    if (removed) this.size--;
    return removed;
  }

  async list(
    realm: string,
    { after, limit }: { readonly after?: string; readonly limit: number },
  ): Promise<readonly CredentialEntry[]> {
    return [...(this.realms.get(realm)?.values() ?? [])]
      .filter((entry) => after === undefined || entry.username > after)
      .sort((one, other) => (one.username < other.username ? -1 : 1))
      .slice(0, limit);
  }
}

/** Call detail records in memory: the latest only, the oldest make room. */
export class MemoryCdrStore implements CdrStore {
  private readonly records = new Map<string, CallRecord>();
  private readonly limit: number;

  /** @param limit records that are kept. */
  constructor(limit = 10_000) {
    this.limit = limit;
  }

  async append(record: CallRecord): Promise<boolean> {
    if (this.records.has(record.id)) return false;
    this.records.set(record.id, record);
    for (const oldest of this.records.keys()) {
      if (this.records.size <= this.limit) break;
      this.records.delete(oldest);
    }
    return true;
  }

  async find(id: string): Promise<CallRecord | undefined> {
    return this.records.get(id);
  }

  async recent(limit: number): Promise<readonly CallRecord[]> {
    return limit <= 0 ? [] : [...this.records.values()].slice(-limit).reverse();
  }

  async count(): Promise<number> {
    return this.records.size;
  }
}

function refuseWhenFull(size: number, limit: number, what: string): void {
  if (size >= limit) throw new StrowgerError('STORE_FULL', `there is room for ${limit} ${what}`);
}
