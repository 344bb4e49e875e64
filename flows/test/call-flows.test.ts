import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type RfcSection, SECTIONS } from '../src/sections.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Which test files name which section: `RFC 3665 §3.8`. */
function testsBySection(): Map<string, string[]> {
  const files = ['flows/test', 'e2e'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.test.ts'))
      .toSorted()
      .map((name) => `${folder}/${name}`),
  );
  const found = new Map<string, string[]>();
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    const named = new Set(
      [...text.matchAll(/(?:flow|it)\(\s*'(RFC \d{4} §[\d.]*\d)/gu)].map(
        ([, section = '']) => section,
      ),
    );
    for (const section of named) found.set(section, [...(found.get(section) ?? []), file]);
  }
  return found;
}

const nameOf = ({ rfc, section }: RfcSection): string => `RFC ${rfc} §${section}`;

const links = (files: readonly string[] = []): string =>
  files.map((file) => `[\`${file}\`](../${file})`).join(', ');

function table(tests: Map<string, string[]>): string {
  const rows = SECTIONS.map(
    (one) => `| ${nameOf(one)} | ${one.title} | ${links(tests.get(nameOf(one)))} |`,
  );
  return [
    '# Call flows',
    '',
    'The figures of RFC 3665, RFC 5359 and RFC 5407 as tests: what goes over the wire, hop by hop, and',
    'that nothing is left at the end. `pnpm test --project flows` runs those of the simulator.',
    '',
    'This page is generated: `pnpm vitest run --project flows call-flows -u`.',
    '',
    '| section | title | tests |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

it('every flow of the RFCs has a test', () => {
  const tests = testsBySection();
  expect(SECTIONS.map(nameOf).filter((name) => !tests.has(name))).toEqual([]);
});

it('no test names a flow that the RFC does not have', () => {
  const known = new Set(SECTIONS.map(nameOf));
  const flows = [...testsBySection().keys()].filter((name) => /RFC (3665|5359|5407)/u.test(name));
  expect(flows.filter((name) => !known.has(name))).toEqual([]);
});

it('docs/call-flows.md says which test shows which flow', async () => {
  await expect(table(testsBySection())).toMatchFileSnapshot(join(root, 'docs/call-flows.md'));
});
