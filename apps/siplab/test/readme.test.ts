import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it('the README shows a scenario that is run', () => {
  const [, shown] = /^```ts\n([\s\S]*?)^```/m.exec(read('../README.md')) ?? [];
  expect(shown).toBe(read('../scenarios/hold.ts'));
});
