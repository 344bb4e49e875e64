import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A section of a standard, or the standard as a whole.
 *
 * @typedef {{ rfc: number, section?: string }} Citation
 */

/**
 * The sections that a text names: `RFC 3261 §16.4, §16.12` are two, `RFC 5806, 7044` are two standards.
 *
 * @returns {Citation[]}
 */
export function citationsOf(text) {
  const found = [];
  let bare = [];
  let rfc;
  for (const [, numbers, section] of text.matchAll(
    /RFCs? ?(\d{3,5}(?:(?:, | and )\d{4,5}\b)*)|§ ?([\d.]*\d)/g,
  )) {
    if (numbers !== undefined) {
      found.push(...bare);
      bare = numbers.match(/\d+/g).map((number) => ({ rfc: Number(number) }));
      rfc = bare.at(-1).rfc;
    } else if (rfc !== undefined) {
      found.push(...bare.slice(0, -1), { rfc, section });
      bare = [];
    }
  }
  return unique([...found, ...bare]);
}

/**
 * What tests name, each with the test.
 *
 * @param {import('./tests.mjs').Test[]} tests
 */
export function citationsIn(tests) {
  return tests.flatMap(({ file, title, said }) =>
    unique(said.flatMap(citationsOf)).map((citation) => ({ ...citation, file, title })),
  );
}

/** What the docstrings and comments of packages and apps name. */
export function citationsOfCode(root) {
  const files = ['packages', 'apps'].flatMap((kind) =>
    readdirSync(join(root, kind)).flatMap((name) => sourcesIn(join(root, kind, name, 'src'))),
  );
  return unique(
    files.flatMap((file) => {
      const text = readFileSync(file, 'utf8').replaceAll(/\n\s*(?:\*|\/\/) ?/g, ' ');
      return text.split('\n').flatMap(citationsOf);
    }),
  );
}

function sourcesIn(folder) {
  let names = [];
  try {
    names = readdirSync(folder, { recursive: true }).map(String);
  } catch {
    return []; // an app of scripts alone
  }
  return names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

function unique(citations) {
  return [...new Map(citations.map((one) => [JSON.stringify(one), one])).values()];
}
