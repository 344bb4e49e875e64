import { readFileSync } from 'node:fs';
import * as dialogCore from '@strowger/dialog-core';
import { expect, it } from 'vitest';
import { stateDiagrams, tablesOf } from '../swarm/state-diagrams.ts';

it('finds the tables that a package exports', () => {
  const names = tablesOf(dialogCore).map(([name]) => name);
  expect(names).toContain('dialogTable');
  expect(names).toContain('inviteServerTable');
});

it('docs/state-machines.md is what the tables say (else: pnpm diagrams)', () => {
  const page = new URL('../../../docs/state-machines.md', import.meta.url);
  expect(readFileSync(page, 'utf8')).toBe(stateDiagrams());
});
