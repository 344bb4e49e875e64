export type { CallEnder, CallLegRecord, CallOutcome, CallRecord } from './call-record.ts';
export type { CdrStore } from './cdr-store.ts';
export type { CredentialEntry, CredentialStore, Ha1Set } from './credential-store.ts';
export type { Binding, BindingSet, LocationStore } from './location-store.ts';
export {
  MemoryCdrStore,
  MemoryCredentialStore,
  MemoryLocationStore,
  memoryStores,
  type Stores,
} from './memory-stores.ts';
