import type { CallRecord } from './call-record.ts';

/** Where call detail records are kept. */
export interface CdrStore {
  /**
   * Keeps a record for good before it resolves. Resolves with false, and changes nothing, when a
   * record of this id is there: writing again after a doubt is harmless.
   */
  append(record: CallRecord): Promise<boolean>;
  find(id: string): Promise<CallRecord | undefined>;
  /** The records that were written last, latest first. */
  recent(limit: number): Promise<readonly CallRecord[]>;
  /** How many records there are. */
  count(): Promise<number>;
}
