import { rowsOf } from '@strowger/runtime';
import {
  notifierTable,
  publicationTable,
  subscriberTable,
  subscribeTable,
} from '@strowger/dialog-core';
import { afterAll, describe, expect, it } from 'vitest';
import './events-closed.test.ts';
import './publish.test.ts';
import './random-subscriptions.test.ts';
import './refer.test.ts';
import './subscriptions.test.ts';
import { drivenRows } from './phone.ts';

/** Rows that a layer drives only where it closes between two steps of one moment. */
const RARE = ['subscriber refreshing lost', 'publication publishing close'];

describe('the tables of subscriptions', () => {
  afterAll(() => {
    const tables = {
      subscribe: subscribeTable,
      subscriber: subscriberTable,
      notifier: notifierTable,
      publication: publicationTable,
    };
    const rows = Object.entries(tables).flatMap(([machine, table]) =>
      rowsOf(table).map((row) => `${machine} ${row.join(' ')}`),
    );
    const missing = rows.filter((row) => !drivenRows.has(row) && !RARE.includes(row));
    expect(missing, 'rows that no story drives').toEqual([]);
  });

  it('let nothing follow the end', () => {
    expect([subscribeTable.over, subscriberTable.terminated]).toEqual([{}, {}]);
    expect([notifierTable.terminated, publicationTable.over]).toEqual([{}, {}]);
  });
});
