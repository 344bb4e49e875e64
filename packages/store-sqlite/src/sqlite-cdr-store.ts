import type { CallRecord, CdrStore } from '@strowger/call-engine';
import type { SqlDatabase, SqlStatement } from './sqlite-driver.ts';

/** Call detail records in SQLite: what reports ask for as columns, the whole record as JSON. */
export class SqliteCdrStore implements CdrStore {
  private readonly insert: SqlStatement;
  private readonly select: SqlStatement;
  private readonly selectRecent: SqlStatement;
  private readonly countAll: SqlStatement;

  /** @param database with the schema of `migrate`. */
  constructor(database: SqlDatabase) {
    this.insert = database.prepare(
      `INSERT INTO call_records (id, caller, callee, dialled, started_at, ended_at, billable_ms,
         outcome, record)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    );
    this.select = database.prepare('SELECT record FROM call_records WHERE id = ?');
    this.selectRecent = database.prepare(
      'SELECT record FROM call_records ORDER BY sequence DESC LIMIT ?',
    );
    this.countAll = database.prepare('SELECT count(*) AS count FROM call_records');
  }

  async append(record: CallRecord): Promise<boolean> {
    const { changes } = this.insert.run(
      record.id,
      record.caller,
      record.callee ?? null,
      record.dialled,
      record.startedAt,
      record.endedAt,
      record.billableMs,
      record.outcome,
      JSON.stringify(record),
    );
    return Number(changes) > 0;
  }

  async find(id: string): Promise<CallRecord | undefined> {
    const row = this.select.get(id) as Row | undefined; // the column selected
    return row === undefined ? undefined : recordOf(row);
  }

  async recent(limit: number): Promise<readonly CallRecord[]> {
    return (this.selectRecent.all(Math.max(0, limit)) as Row[]).map(recordOf);
  }

  async count(): Promise<number> {
    return (this.countAll.get() as { count: number }).count; // one row, always
  }
}

interface Row {
  readonly record: string;
}

function recordOf(row: Row): CallRecord {
  return JSON.parse(row.record) as CallRecord; // written by `append` from a record
}
