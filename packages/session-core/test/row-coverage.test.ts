import { rowsOf } from '@strowger/runtime';
import { canTransition, sessionTable, sessionTransitions } from '@strowger/session-core';
import { afterAll, describe, expect, it } from 'vitest';
import './basic-call.test.ts';
import './call-setup.test.ts';
import './dialog-media.test.ts';
import './in-dialog.test.ts';
import './invites.test.ts';
import './renegotiation.test.ts';
import './rare-rows.test.ts';
import './relay.test.ts';
import './reliable.test.ts';
import './transfer.test.ts';
import { drivenRows, shownTransitions } from './two-phones.ts';

describe('the session table', () => {
  afterAll(() => {
    const missing = rowsOf(sessionTable)
      .map(([state, input]) => `${state} ${input}`)
      .filter((row) => !drivenRows.has(row));
    expect(missing, 'rows that no story drives').toEqual([]);
    for (const shown of shownTransitions) {
      const [from, to] = shown.split(' ');
      // both are states: they were told as such
      expect(canTransition(from as 'dialing', to as 'ringing'), shown).toBe(true);
    }
  });

  it('lets nothing follow the end', () => {
    expect(sessionTransitions.terminated).toEqual([]);
  });
});
