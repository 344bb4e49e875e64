import { rowsOf } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { inviteClient, inviteServer, nonInviteClient, nonInviteServer } from '../src/index.ts';
import { driven } from './two-elements.ts';
import './stories/transaction-timing.ts';
import './stories/cancel.ts';
import './stories/failover.ts';
import './stories/matching.ts';
import './stories/endings.ts';

describe('the four tables', () => {
  it('have no row that none of these stories has driven', () => {
    const tables = { inviteClient, inviteServer, nonInviteClient, nonInviteServer };
    const rows = Object.entries(tables).flatMap(([machine, table]) =>
      rowsOf(table).map(([state, input]) => `${machine} ${state} ${input}`),
    );
    expect(rows.filter((row) => !driven.has(row))).toEqual([]);
  });
});
