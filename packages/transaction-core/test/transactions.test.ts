import { rowsOf } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { inviteClient, inviteServer, nonInviteClient, nonInviteServer } from '../src/index.ts';
import { driven } from './two-elements.ts';
import { timingStories } from './stories/transaction-timing.ts';
import { cancelStories } from './stories/cancel.ts';
import { failoverStories } from './stories/failover.ts';
import { reportStories } from './stories/reports.ts';
import { matchingStories } from './stories/matching.ts';
import { endingStories } from './stories/endings.ts';
import { troubleStories } from './stories/trouble.ts';

timingStories();
cancelStories();
failoverStories();
reportStories();
matchingStories();
endingStories();
troubleStories();

describe('the four tables', () => {
  it('have no row that none of these stories has driven', () => {
    const tables = { inviteClient, inviteServer, nonInviteClient, nonInviteServer };
    const rows = Object.entries(tables).flatMap(([machine, table]) =>
      rowsOf(table).map(([state, input]) => `${machine} ${state} ${input}`),
    );
    expect(rows.filter((row) => !driven.has(row))).toEqual([]);
  });
});
