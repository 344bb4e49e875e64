import { rowsOf } from '@strowger/runtime';
import {
  dialogTable,
  inviteClientTable,
  inviteServerTable,
  offerAnswerTable,
  reinviteClientTable,
  sessionTimerTable,
  updateClientTable,
} from '@strowger/dialog-core';
import { afterAll, describe, expect, it } from 'vitest';
import './cancel.test.ts';
import './expires.test.ts';
import './forking.test.ts';
import './offer-placements.test.ts';
import './random-calls.test.ts';
import './reinvite.test.ts';
import './reliable.test.ts';
import './session-timer.test.ts';
import './snapshot.test.ts';
import './update.test.ts';
import { drivenRows } from './phone.ts';

/** Rows that only a layer closed at that very moment, or a lost connection, drives. */
const RARE = [
  'inviteClient locating cancel',
  'inviteClient locating close',
  'inviteClient locating transportFailed',
  'inviteClient calling transportFailed',
  'inviteClient cancelling transportFailed',
  'inviteClient cancelling close',
  'inviteServer holding transportFailed',
  'reinviteClient withdrawing transportFailed',
  'reinviteClient withdrawing dialogEnded',
  'reinviteClient withdrawing close',
  'reinviteClient glare close',
  'reinviteClient orphaned timeout',
  'reinviteClient orphaned transportFailed',
  'reinviteClient orphaned close',
];

describe('the tables of dialogs', () => {
  afterAll(() => {
    const tables = {
      dialog: dialogTable,
      inviteClient: inviteClientTable,
      inviteServer: inviteServerTable,
      reinviteClient: reinviteClientTable,
      updateClient: updateClientTable,
      offerAnswer: offerAnswerTable,
      sessionTimer: sessionTimerTable,
    };
    const rows = Object.entries(tables).flatMap(([machine, table]) =>
      rowsOf(table).map((row) => `${machine} ${row.join(' ')}`),
    );
    const missing = rows.filter((row) => !drivenRows.has(row) && !RARE.includes(row));
    expect(missing, 'rows that no story drives').toEqual([]);
  });

  it('let nothing follow the end', () => {
    expect([dialogTable.terminated, updateClientTable.finished]).toEqual([{}, {}]);
  });
});
