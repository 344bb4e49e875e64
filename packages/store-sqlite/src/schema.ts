import { StrowgerError } from '@strowger/runtime';
import type { SqlDatabase } from './sqlite-driver.ts';

/**
 * Every step that the schema ever took, oldest first; `PRAGMA user_version` says how many a file
 * has taken. A step that was released is never changed: what follows is appended.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE binding_sets (
     address_of_record TEXT PRIMARY KEY,
     version INTEGER NOT NULL,
     next_expiry INTEGER NOT NULL,
     bindings TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX binding_sets_by_expiry ON binding_sets (next_expiry);
   CREATE TABLE last_version (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL);
   INSERT INTO last_version VALUES (1, 0);
   CREATE TABLE credentials (
     realm TEXT NOT NULL,
     username TEXT NOT NULL,
     entry TEXT NOT NULL,
     PRIMARY KEY (realm, username)
   ) WITHOUT ROWID;
   CREATE TABLE call_records (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     caller TEXT NOT NULL,
     callee TEXT,
     dialled TEXT NOT NULL,
     started_at INTEGER NOT NULL,
     ended_at INTEGER NOT NULL,
     billable_ms INTEGER NOT NULL,
     outcome TEXT NOT NULL,
     record TEXT NOT NULL
   );
   CREATE INDEX call_records_by_start ON call_records (started_at);`,
];

/**
 * Brings a file up to the present schema, all or nothing. Throws `STORE_TOO_NEW` for a file that a
 * later version of this package wrote.
 */
export function migrate(database: SqlDatabase, migrations: readonly string[] = MIGRATIONS): void {
  if (schemaVersion(database) === migrations.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    const from = schemaVersion(database); // another process may have been faster
    if (from > migrations.length) {
      throw new StrowgerError(
        'STORE_TOO_NEW',
        `the file has schema ${from}; this version knows ${migrations.length}`,
      );
    }
    for (const migration of migrations.slice(from)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** How many migrations the file has taken. */
export function schemaVersion(database: SqlDatabase): number {
  // a pragma's row has one column, named after it
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}
