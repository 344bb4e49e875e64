import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

/** Within the package, so that its imports are found. */
const folder = mkdtempSync(fileURLToPath(new URL('../.test-', import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true }));

it('the README shows a property that holds', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, shown = ''] = /^```js\n([\s\S]*?)^```/m.exec(readme) ?? [];
  expect(shown).toContain('fc.assert(');
  const file = join(folder, 'readme.mjs');
  writeFileSync(file, shown);
  await import(file);
  writeFileSync(join(folder, 'wrong.mjs'), shown.replace('mutated(wireMessages())', 'nobody'));
  await expect(import(join(folder, 'wrong.mjs'))).rejects.toThrow('nobody is not defined');
});
