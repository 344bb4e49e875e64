import * as dialogCore from '@strowger/dialog-core';
import { rowsOf } from '@strowger/runtime';
import * as sessionCore from '@strowger/session-core';
import * as transactionCore from '@strowger/transaction-core';
import { tablesOf } from './state-diagrams.ts';

/** The tables whose rows are counted, as their steps call them. */
const TABLES: readonly (readonly [string, object])[] = [
  ...tablesOf(transactionCore).map(([name, table]) => [`transaction-core ${name}`, table] as const),
  ...tablesOf(dialogCore).map(
    ([name, table]) => [`dialog-core ${name.replace(/Table$/u, '')}`, table] as const,
  ),
  ['session-core session', sessionCore.sessionTable],
];

/** How often each row of each table was taken. */
export class Rows {
  readonly taken = new Map<string, number>();

  take(table: string, state: string, input: string): void {
    this.add([[`${table}: ${state} ${input}`, 1]]);
  }

  add(other: Iterable<readonly [string, number]>): void {
    for (const [key, count] of other) this.taken.set(key, (this.taken.get(key) ?? 0) + count);
  }

  /** The rows that exist and were not taken. */
  never(): string[] {
    return TABLES.flatMap(([table, rows]) =>
      rowsOf(rows)
        .map((row) => `${table}: ${row.join(' ')}`)
        .filter((row) => !this.taken.has(row)),
    );
  }
}
