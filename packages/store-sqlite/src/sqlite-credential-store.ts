import type { CredentialEntry, CredentialStore } from '@strowger/call-engine';
import type { SqlDatabase, SqlStatement } from './sqlite-driver.ts';

/** Users and their HA1 values in SQLite. */
export class SqliteCredentialStore implements CredentialStore {
  private readonly select: SqlStatement;
  private readonly upsert: SqlStatement;
  private readonly delete: SqlStatement;
  private readonly page: SqlStatement;

  /** @param database with the schema of `migrate`. */
  constructor(database: SqlDatabase) {
    this.select = database.prepare(
      'SELECT entry FROM credentials WHERE realm = ? AND username = ?',
    );
    this.upsert = database.prepare(
      `INSERT INTO credentials (realm, username, entry) VALUES (?, ?, ?)
       ON CONFLICT (realm, username) DO UPDATE SET entry = excluded.entry`,
    );
    this.delete = database.prepare('DELETE FROM credentials WHERE realm = ? AND username = ?');
    this.page = database.prepare(
      'SELECT entry FROM credentials WHERE realm = ? AND username > ? ORDER BY username LIMIT ?',
    );
  }

  async find(realm: string, username: string): Promise<CredentialEntry | undefined> {
    const row = this.select.get(realm, username) as Row | undefined; // the column selected
    return row === undefined ? undefined : entryOf(row);
  }

  async put(entry: CredentialEntry): Promise<void> {
    this.upsert.run(entry.realm, entry.username, JSON.stringify(entry));
  }

  async remove(realm: string, username: string): Promise<boolean> {
    return Number(this.delete.run(realm, username).changes) > 0;
  }

  async list(
    realm: string,
    { after = '', limit }: { readonly after?: string; readonly limit: number },
  ): Promise<readonly CredentialEntry[]> {
    return (this.page.all(realm, after, limit) as Row[]).map(entryOf); // the column selected
  }
}

interface Row {
  readonly entry: string;
}

function entryOf(row: Row): CredentialEntry {
  return JSON.parse(row.entry) as CredentialEntry; // written by `put` from an entry
}
