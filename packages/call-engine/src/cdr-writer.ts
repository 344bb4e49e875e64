import type { Runtime } from '@strowger/runtime';
import type { CallRecord } from './call-record.ts';
import type { CdrStore } from './cdr-store.ts';

/** Milliseconds before each further attempt to write a record. */
const RETRY_AFTER_MS = [200, 1000, 5000, 20_000];

/** Writes records once, and tries again where the store fails: the store knows what it has by id. */
export class CdrWriter {
  private readonly runtime: Runtime;
  private readonly store: CdrStore;

  constructor(runtime: Runtime, store: CdrStore) {
    this.runtime = runtime;
    this.store = store;
  }

  /**
   * Resolves when the record is kept. Where the store fails for good the whole record is logged as
   * an error, so that it is not lost; never rejects.
   */
  async write(record: CallRecord): Promise<void> {
    const { logger } = this.runtime;
    for (const retryAfterMs of [...RETRY_AFTER_MS, undefined]) {
      try {
        await this.store.append(record);
        return;
      } catch (error) {
        if (retryAfterMs === undefined) {
          logger.error({ err: error, record }, 'call detail record could not be written');
          return;
        }
        logger.warn({ err: error, id: record.id }, 'call detail record waits for its store');
        await this.pause(retryAfterMs);
      }
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.runtime.clock.arm(ms, resolve));
  }
}
