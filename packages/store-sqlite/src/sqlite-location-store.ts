import type { Binding, BindingSet, LocationStore } from '@strowger/call-engine';
import type { SqlDatabase, SqlStatement } from './sqlite-driver.ts';

/** Bindings in SQLite: one row for each address of record, so that a REGISTER is one write. */
export class SqliteLocationStore implements LocationStore {
  private readonly database: SqlDatabase;
  private readonly select: SqlStatement;
  private readonly upsert: SqlStatement;
  private readonly remove: SqlStatement;
  private readonly nextVersion: SqlStatement;
  private readonly selectExpired: SqlStatement;
  private readonly countAll: SqlStatement;

  /** @param database with the schema of `migrate`. */
  constructor(database: SqlDatabase) {
    this.database = database;
    this.select = database.prepare(
      'SELECT version, bindings FROM binding_sets WHERE address_of_record = ?',
    );
    this.upsert = database.prepare(
      `INSERT INTO binding_sets (address_of_record, version, next_expiry, bindings)
       VALUES (?, (SELECT value FROM last_version), ?, ?)
       ON CONFLICT (address_of_record) DO UPDATE SET version = excluded.version,
         next_expiry = excluded.next_expiry, bindings = excluded.bindings`,
    );
    this.remove = database.prepare('DELETE FROM binding_sets WHERE address_of_record = ?');
    this.nextVersion = database.prepare('UPDATE last_version SET value = value + 1');
    this.selectExpired = database.prepare(
      `SELECT address_of_record FROM binding_sets WHERE next_expiry <= ?
       ORDER BY next_expiry LIMIT ?`,
    );
    this.countAll = database.prepare('SELECT count(*) AS count FROM binding_sets');
  }

  async read(addressOfRecord: string): Promise<BindingSet> {
    const row = this.select.get(addressOfRecord) as Row | undefined; // the columns selected
    if (row === undefined) return { version: 0, bindings: [] };
    // written by `replace` from bindings
    return { version: row.version, bindings: JSON.parse(row.bindings) as Binding[] };
  }

  async replace(
    addressOfRecord: string,
    version: number,
    bindings: readonly Binding[],
  ): Promise<boolean> {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const row = this.select.get(addressOfRecord) as Row | undefined; // the columns selected
      const isCurrent = (row?.version ?? 0) === version;
      if (isCurrent) this.write(addressOfRecord, bindings);
      this.database.exec('COMMIT');
      return isCurrent;
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
  }

  private write(addressOfRecord: string, bindings: readonly Binding[]): void {
    if (bindings.length === 0) {
      this.remove.run(addressOfRecord);
      return;
    }
    const nextExpiry = Math.min(...bindings.map(({ expiresAt }) => expiresAt));
    this.nextVersion.run();
    this.upsert.run(addressOfRecord, nextExpiry, JSON.stringify(bindings));
  }

  async expired(wall: number, limit: number): Promise<readonly string[]> {
    const rows = this.selectExpired.all(wall, limit) as { address_of_record: string }[];
    return rows.map((row) => row.address_of_record);
  }

  async count(): Promise<number> {
    return (this.countAll.get() as { count: number }).count; // one row, always
  }
}

interface Row {
  readonly version: number;
  readonly bindings: string;
}
