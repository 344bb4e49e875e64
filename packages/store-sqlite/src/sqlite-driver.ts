import { createRequire } from 'node:module';
import { StrowgerError } from '@strowger/runtime';

/** What is bound to a `?`. */
export type SqlValue = string | number | null;

/** A prepared statement: as much of it as `node:sqlite` and libsql have in common. */
export interface SqlStatement {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

/** An open database, synchronous: SQLite answers from this thread. */
export interface SqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

/** `node`: the SQLite in Node.js itself (from 22.13); `libsql`: the npm package of that name. */
export type SqliteDriver = 'node' | 'libsql';

/** The SQLite in Node.js where there is one, else libsql. */
export function defaultDriver(): SqliteDriver {
  return nodeSqlite() === undefined ? 'libsql' : 'node';
}

/** Opens a database file. Throws `STORE_UNAVAILABLE` where the driver cannot be loaded. */
export function openDatabase(path: string, driver: SqliteDriver): SqlDatabase {
  const Database = driver === 'node' ? nodeSqlite() : libsql();
  if (Database !== undefined) return new Database(path);
  throw new StrowgerError(
    'STORE_UNAVAILABLE',
    `no SQLite: the driver "${driver}" cannot be loaded`,
  );
}

type DatabaseClass = new (path: string) => SqlDatabase;

function nodeSqlite(): DatabaseClass | undefined {
  // unknown to the oldest Node.js that is supported, and to its type definitions
  const builtin = process.getBuiltinModule('node:sqlite') as unknown;
  return (builtin as { DatabaseSync: DatabaseClass } | undefined)?.DatabaseSync;
}

function libsql(): DatabaseClass | undefined {
  try {
    // a CommonJS module whose own types would ask for those of better-sqlite3
    return createRequire(import.meta.url)('libsql') as DatabaseClass;
  } catch {
    return undefined; // no binary for this platform
  }
}
