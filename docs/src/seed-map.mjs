import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many lines of each kind the seed's checklist has. */
const COUNTS = { T: 34, F: 59, E: 18, D: 26, A: 16, B: 14, U: 9, C: 9 };
const TS_COUNT = 27;

/** Reads the lines of `SEED`. */
export function readSeed(text) {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [id, name, exports, tests = ''] = line.split(' | ');
      const open = exports.startsWith('open: ') ? exports.slice(6) : undefined;
      const names = open === undefined ? exports.split(' ') : [];
      return { id, name, open, exports: names, tests: tests.split(' ').filter(Boolean) };
    });
}

/** What is wrong with the map: an id without export or test, one that is not there, a lost test. */
export function problemsOf({ entries, tests, root }) {
  const ids = new Set(entries.map(({ id }) => id));
  const problems = Object.entries(COUNTS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, at) => `${letter}-${String(at + 1).padStart(2, '0')}`)
      .filter((id) => !ids.has(id))
      .map((id) => `${id} is not in the map`),
  );
  const files = new Sources(root);
  for (const { id, open, exports, tests: shown } of entries) {
    if (open !== undefined) continue;
    if (shown.length === 0) problems.push(`${id} has no test`);
    for (const one of exports) {
      if (files.find(one) === undefined) problems.push(`${id}: ${one} is not exported`);
    }
    for (const key of shown) {
      const [file, words] = tests[key] ?? [];
      if (file === undefined) problems.push(`${id}: there is no test ${key}`);
      else if (!existsSync(join(root, file))) problems.push(`${id}: ${file} is gone`);
      else if (!readFileSync(join(root, file), 'utf8').includes(words)) {
        problems.push(`${id}: ${file} has no "${words}"`);
      }
    }
  }
  return problems;
}

/** The files of tests by the ids of the seed's own tests, `TS-01` to `TS-27`. */
export function seedTests(root) {
  const found = new Map();
  for (const file of testFiles(root)) {
    for (const [id] of readFileSync(join(root, file), 'utf8').matchAll(/TS-\d\d/g)) {
      found.set(id, new Set([...(found.get(id) ?? []), file]));
    }
  }
  return Array.from({ length: TS_COUNT }, (_, at) => `TS-${String(at + 1).padStart(2, '0')}`).map(
    (id) => ({ id, files: [...(found.get(id) ?? [])].sort((a, b) => (a < b ? -1 : 1)) }),
  );
}

/** The page. */
export function seedMap({ entries, tests, openTests, testPages, root }) {
  const files = new Sources(root);
  const rows = entries.map(({ id, name, open, exports, tests: shown }) => {
    if (open !== undefined) return `| ${id} | ${name} | **open**: ${open} | | |`;
    const names = exports.map((one) => `\`${one.split(':')[1]}\``).join(', ');
    const places = [...new Set(exports.map((one) => `\`${files.find(one)}\``))].join(', ');
    const by = [...new Set(shown.map((key) => `\`${tests[key]?.[0]}\``))].join(', ');
    return `| ${id} | ${name} | ${names} | ${places} | ${by} |`;
  });
  const own = seedTests(root).map(({ id, files: places }) => {
    const open = openTests[id];
    const page = testPages[id] === undefined ? [] : [`[who did what](${testPages[id]})`];
    const where = [...page, ...places.map((one) => `\`${one}\``)].join(', ');
    return `| ${id} | ${open === undefined ? where : `**open**: ${open}`} |`;
  });
  return [
    '# What the first description names',
    '',
    'Written by `node scripts/seed-map.mjs` from `docs/src/seed-ids.mjs`; a test fails where a line has',
    'no export or no test, or names one that is not there.',
    '',
    `${entries.filter(({ open }) => open === undefined).length} of ${entries.length} lines are built.`,
    '',
    '| id | its name | ours | file | shown by |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '## Its tests',
    '',
    '| id | file |',
    '| --- | --- |',
    ...own,
    '',
  ].join('\n');
}

/** Finds where something is declared: `package:Name` or `package:Name.member`. */
class Sources {
  constructor(root) {
    this.root = root;
    this.texts = new Map();
  }

  find(reference) {
    const [pack, path] = reference.split(':');
    const [name, member] = path.split('.');
    if (!this.exports(pack, 'index.ts', name)) return undefined;
    for (const [file, text] of this.of(pack)) {
      const at = declarationOf(text, name);
      if (at >= 0 && (member === undefined || hasMember(text.slice(at), member))) return file;
    }
    return undefined;
  }

  /** Whether the package exports this name, from this file or through what it passes on whole. */
  exports(pack, file, name) {
    const [, text = ''] =
      this.of(pack).find(([path]) => path === `packages/${pack}/src/${file}`) ?? [];
    if (new RegExp(`\\b${name}\\b`).test(text)) return true;
    const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
    return [...text.matchAll(/^export (?:type )?\* from '\.\/(.+)';$/gm)].some(([, next]) =>
      this.exports(pack, `${folder}${next}`, name),
    );
  }

  of(pack) {
    if (!this.texts.has(pack)) {
      const folder = `packages/${pack}/src`;
      const names = readdirSync(join(this.root, folder), { recursive: true })
        .map((file) => `${folder}/${file}`)
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .sort((a, b) => (a < b ? -1 : 1));
      this.texts.set(
        pack,
        names.map((file) => [file, readFileSync(join(this.root, file), 'utf8')]),
      );
    }
    return this.texts.get(pack);
  }
}

const KINDS = [
  'class',
  'abstract class',
  'function',
  'async function',
  'const',
  'interface',
  'type',
];

function declarationOf(text, name) {
  for (const kind of KINDS) {
    for (const after of [' ', '(', '<', ':']) {
      const at = text.indexOf(`export ${kind} ${name}${after}`);
      if (at >= 0) return at;
    }
  }
  return -1;
}

/** Whether the declaration that the text begins with has this member. */
function hasMember(text, member) {
  const lines = text.split('\n');
  const end = lines.findIndex(
    (line, at) => line.startsWith('}') || (at === 0 && line.endsWith(';')),
  );
  return lines
    .slice(0, end)
    .some((line) =>
      ['', 'get ', 'async ', 'readonly ', 'abstract ', 'override '].some((word) =>
        ['(', ':', '<', '?'].some((after) => line.startsWith(`  ${word}${member}${after}`)),
      ),
    );
}

function testFiles(root) {
  const folders = [
    'e2e',
    ...readdirSync(join(root, 'packages')).flatMap((name) => [
      `packages/${name}/src`,
      `packages/${name}/test`,
    ]),
  ];
  return folders.flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true })
          .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
          .map((file) => `${folder}/${file}`)
      : [],
  );
}
