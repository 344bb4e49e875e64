import { closeSync, openSync } from 'node:fs';
import type { CdrStore, CredentialStore, LocationStore, Stores } from '@strowger/call-engine';
import { StrowgerError } from '@strowger/runtime';
import { migrate } from './schema.ts';
import { SqliteCdrStore } from './sqlite-cdr-store.ts';
import { SqliteCredentialStore } from './sqlite-credential-store.ts';
import {
  defaultDriver,
  openDatabase,
  type SqlDatabase,
  type SqliteDriver,
} from './sqlite-driver.ts';
import { SqliteLocationStore } from './sqlite-location-store.ts';

/** How a database is opened. */
export interface SqliteStoresOptions {
  /** The file, made when it is not there (readable by its owner alone); `:memory:` for none. */
  readonly path: string;
  /** Default: the SQLite in Node.js where there is one, else libsql. */
  readonly driver?: SqliteDriver;
  /**
   * `normal` (default): what was written survives the death of the process; a power cut may cost
   * the last moments, never the file. `full`: survives a power cut too, at an fsync for each write.
   */
  readonly durability?: 'normal' | 'full';
}

/**
 * The engine's stores in one SQLite file, in WAL mode, with prepared statements. Several processes
 * on one machine may share it.
 */
export class SqliteStores implements Stores {
  readonly location: LocationStore;
  readonly credentials: CredentialStore;
  readonly cdrs: CdrStore;
  private readonly database: SqlDatabase;
  private isOpen = true;

  /**
   * Opens the file and brings its schema up to date. Throws `STORE_FAILED` when it cannot,
   * `STORE_TOO_NEW` for a file of a later version, `STORE_UNAVAILABLE` where there is no SQLite.
   */
  static open(options: SqliteStoresOptions): SqliteStores {
    const { path, driver = defaultDriver(), durability = 'normal' } = options;
    try {
      if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
      const database = openDatabase(path, driver);
      database.exec('PRAGMA busy_timeout = 5000');
      database.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
      if (path !== ':memory:') database.prepare('PRAGMA journal_mode = WAL').get();
      migrate(database);
      return new SqliteStores(database);
    } catch (error) {
      if (StrowgerError.isInstance(error)) throw error;
      throw new StrowgerError('STORE_FAILED', `cannot open the store ${path}`, { cause: error });
    }
  }

  private constructor(database: SqlDatabase) {
    this.database = database;
    this.location = new SqliteLocationStore(database);
    this.credentials = new SqliteCredentialStore(database);
    this.cdrs = new SqliteCdrStore(database);
  }

  /** Closes the file. Idempotent. */
  close(): void {
    if (this.isOpen) this.database.close();
    this.isOpen = false;
  }
}
