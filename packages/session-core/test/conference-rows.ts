import { rowsOf } from '@strowger/runtime';
import { conferenceTable } from '@strowger/session-core';

const driven = new Set<string>();

/** The rows of the conference's table, and which of them were driven. */
export const conferenceRows = {
  note: (state: string, input: string): void => void driven.add(`${state} ${input}`),
  missing: (): string[] =>
    rowsOf(conferenceTable)
      .map(([state, input]) => `${state} ${input}`)
      .filter((row) => !driven.has(row)),
};
