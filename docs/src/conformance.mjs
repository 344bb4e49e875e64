import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Writes `conformance.md`: for every standard that the project names, the tests that show it. */
export function writeConformance(site) {
  const standards = JSON.parse(readFileSync(join(root, 'docs/standards.json'), 'utf8'));
  writeFileSync(join(site, 'conformance.md'), matrixOf(standards, citationsIn(testFiles())));
}

/**
 * The matrix as Markdown.
 *
 * @param {{ rfc: number, title: string }[]} standards
 * @param {{ rfc: number, section?: string, title: string, file: string }[]} citations
 */
export function matrixOf(standards, citations) {
  const rows = standards.map((standard) => ({
    ...standard,
    cited: citations.filter(({ rfc }) => rfc === standard.rfc),
  }));
  const missing = rows.filter(({ cited }) => cited.length === 0);
  const lines = [
    '# Conformance',
    '',
    'Made from the tests whenever this site is built: what their titles, and the comments before them,',
    'say that they show, by the section that they name. `npm test` builds the site in the run in which',
    'they pass. A standard of which something is built and that no test names is **missing** here.',
    '',
    `${standards.length} standards, ${standards.length - missing.length} with tests that name them, ` +
      `${missing.length} missing; ${citations.length} citations.`,
    '',
    '| RFC | title | tests |',
    '| --- | --- | --- |',
    ...rows.map(({ rfc, title, cited }) =>
      cited.length === 0
        ? `| ${rfc} | ${title} | **missing** |`
        : `| [${rfc}](#rfc-${rfc}) | ${title} | ${cited.length} |`,
    ),
    '',
    ...rows.filter(({ cited }) => cited.length > 0).flatMap(sectionsOf),
  ];
  return `${lines.join('\n')}\n`;
}

function sectionsOf({ rfc, title, cited }) {
  const bySection = groupBy(cited, ({ section }) => section ?? '');
  const sections = [...bySection.keys()].toSorted(bySectionNumber);
  return [
    `## RFC ${rfc}`,
    '',
    `${title}.`,
    '',
    '| section | shown by | in |',
    '| --- | --- | --- |',
    ...sections.flatMap((section) =>
      bySection
        .get(section)
        .map((one) => `| ${section && `§${section}`} | ${escaped(one.title)} | \`${one.file}\` |`),
    ),
    '',
  ];
}

/**
 * What the tests of these files cite: `RFC 3261 §17.1.1` in the title of a test or of a suite around
 * it, or in a comment before it. `RFC 3261 §16.4, §16.12` are two.
 */
export function citationsIn(files) {
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const titles = titlesIn(source, []);
    const cited = [...titles, ...commentedIn(text, titles)].flatMap(({ said, title }) =>
      citationsOf(said).map((citation) => ({ ...citation, title, file: relative(root, file) })),
    );
    return [...new Map(cited.map((one) => [JSON.stringify(one), one])).values()];
  });
}

/** The sections that a title names. */
export function citationsOf(title) {
  const found = [];
  let rfc;
  for (const [, number, section] of title.matchAll(/RFC ?(\d{3,5})|§ ?([\d.]*\d)/g)) {
    if (number !== undefined) {
      if (rfc?.isBare) found.push({ rfc: rfc.number });
      rfc = { number: Number(number), isBare: true };
    } else if (rfc !== undefined) {
      rfc.isBare = false;
      found.push({ rfc: rfc.number, section });
    }
  }
  if (rfc?.isBare) found.push({ rfc: rfc.number });
  return found;
}

/** `suite: test` of every test, suites outermost first, and where it begins. */
function titlesIn(node, around) {
  const title = titleOf(node);
  if (title?.kind === 'test') {
    const said = [...around, title.text].join(': ');
    return [{ said, title: said, at: node.getStart() }];
  }
  const suites = title === undefined ? around : [...around, title.text];
  return childrenOf(node).flatMap((child) => titlesIn(child, suites));
}

/** What comments say, each with the title of the test that follows it. */
function commentedIn(text, titles) {
  const comments = text.matchAll(/^ *(?:\/\/|\/\*\*?|\*) (.*)$/gm);
  return [...comments].flatMap(({ index, 1: said }) => {
    const next = titles.find(({ at }) => at > index);
    return next === undefined ? [] : [{ said, title: next.title }];
  });
}

function childrenOf(node) {
  const children = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  return children;
}

/** What a call to `it`, `describe` or the like is titled; undefined for anything else. */
export function titleOf(node) {
  if (!ts.isCallExpression(node)) return undefined;
  const called = node.expression.getText().split(/[.(]/)[0];
  const kind = {
    it: 'test',
    test: 'test',
    flow: 'test',
    describe: 'suite',
    describeWithPeers: 'suite',
  };
  const texts = node.arguments
    .slice(0, 2)
    .filter((one) => ts.isStringLiteralLike(one) || ts.isTemplateExpression(one));
  if (!Object.hasOwn(kind, called) || texts.length === 0) return undefined;
  return { kind: kind[called], text: texts.map((one) => one.getText().slice(1, -1)).join(': ') };
}

function testFiles() {
  const folders = ['packages', 'apps', 'flows', 'e2e', 'fuzz', 'tooling'];
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
      .map((name) => join(root, folder, name))
      .toSorted(),
  );
}

function bySectionNumber(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? -1) - (right[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Node 20 has no `Map.groupBy`. */
function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function escaped(text) {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll('{', '&#123;')
    .replaceAll('\n', ' ');
}
