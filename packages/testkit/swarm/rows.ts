import {
  dialogTable,
  inviteClientTable,
  inviteServerTable,
  reinviteClientTable,
} from '@strowger/dialog-core';
import { rowsOf } from '@strowger/runtime';
import { sessionTable } from '@strowger/session-core';
import {
  inviteClient,
  inviteServer,
  nonInviteClient,
  nonInviteServer,
} from '@strowger/transaction-core';

/** The tables whose rows are counted. */
const TABLES: Readonly<Record<string, object>> = {
  'transaction-core inviteClient': inviteClient,
  'transaction-core inviteServer': inviteServer,
  'transaction-core nonInviteClient': nonInviteClient,
  'transaction-core nonInviteServer': nonInviteServer,
  'dialog-core dialog': dialogTable,
  'dialog-core inviteClient': inviteClientTable,
  'dialog-core inviteServer': inviteServerTable,
  'dialog-core reinviteClient': reinviteClientTable,
  'session-core session': sessionTable,
};

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
    return Object.entries(TABLES).flatMap(([table, rows]) =>
      rowsOf(rows)
        .map((row) => `${table}: ${row.join(' ')}`)
        .filter((row) => !this.taken.has(row)),
    );
  }
}
