import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** What a call is titled that makes a test or a suite of them; by the name that is called. */
const KINDS = {
  it: 'test',
  test: 'test',
  flow: 'test',
  describe: 'suite',
  describeWithPeers: 'suite',
};

/** Folders that hold tests of what is built. */
const FOLDERS = ['packages', 'apps', 'flows', 'e2e', 'fuzz', 'examples'];

/**
 * A test as its file has it: the title, suites outermost first, and what is said about it, which are
 * the titles of the suites and its own, the comments before each of them, the comments inside the test,
 * and the table of an `each`.
 *
 * @typedef {{ file: string, title: string, said: string[] }} Test
 */

/** The files of all tests, as absolute paths. */
export function testFiles(root) {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.test.ts') && !/node_modules|dist\//.test(name))
      .map((name) => join(root, folder, name))
      .toSorted(),
  );
}

/**
 * The tests of these files, with those that a file has from others beside it (`./stories/cancel.ts`).
 *
 * @returns {Test[]}
 */
export function testsIn(files, root) {
  return files.flatMap((path) => {
    const source = sourceOf(path);
    const from = { file: relative(root, path), titles: [], said: [] };
    return [source, ...storiesOf(source)].flatMap((one) => testsOf(one, from));
  });
}

function sourceOf(path) {
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
}

/** What a file of tests imports by path from below its own folder, but for other files of tests. */
function storiesOf(source) {
  return source.statements
    .filter((one) => ts.isImportDeclaration(one))
    .map(({ moduleSpecifier }) => moduleSpecifier.text)
    .filter((path) => /^\.\/.+\.ts$/.test(path) && !path.endsWith('.test.ts'))
    .map((path) => sourceOf(join(dirname(source.fileName), path)));
}

function testsOf(node, { file, titles, said }) {
  const title = titleOf(node);
  if (title === undefined) {
    return childrenOf(node).flatMap((one) => testsOf(one, { file, titles, said }));
  }
  const own = [tableOf(node), ...commentsOf(leadingText(node))];
  const inside = { file, titles: [...titles, title.text], said: [...said, ...own] };
  if (title.kind === 'suite') return childrenOf(node).flatMap((one) => testsOf(one, inside));
  const whole = inside.titles.join(': ');
  return [{ file, title: whole, said: [whole, ...inside.said, ...commentsOf(node.getText())] }];
}

/** The table of an `each`, its comments too, where it stands in the call or as a constant of the file. */
function tableOf(node) {
  const each = node.expression;
  if (!ts.isCallExpression(each)) return '';
  const [table] = each.arguments;
  if (table === undefined || !ts.isIdentifier(table)) return each.getText();
  const constant = table
    .getSourceFile()
    .statements.filter((one) => ts.isVariableStatement(one))
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find(({ name }) => name.getText() === table.text);
  return constant?.getText() ?? '';
}

/** What a call to `it`, `describe` or the like is titled; undefined for anything else. */
export function titleOf(node) {
  if (!ts.isCallExpression(node)) return undefined;
  const called = node.expression.getText().split(/[.(]/)[0];
  const texts = node.arguments
    .slice(0, 2)
    .filter((one) => ts.isStringLiteralLike(one) || ts.isTemplateExpression(one));
  if (!Object.hasOwn(KINDS, called) || texts.length === 0) return undefined;
  return { kind: KINDS[called], text: texts.map(textOf).join(': ') };
}

function textOf(node) {
  return ts.isStringLiteralLike(node) ? node.text : node.getText().slice(1, -1);
}

/** Whether a title of the sources, with what vitest and JavaScript put into it, is this one. */
export function fits(pattern, text) {
  const parts = pattern.split(/%[sdifjoO#$]|\$\{[^}]*\}|\$[A-Za-z][\w.]*/u).map(escaped);
  return new RegExp(`^${parts.join('.*')}$`, 'su').test(text);
}

function escaped(text) {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&');
}

/** What stands before a statement: its comments. */
function leadingText(node) {
  return node.getFullText().slice(0, node.getLeadingTriviaWidth());
}

/** The comments of a text, those of lines that follow each other as one. */
function commentsOf(text) {
  const joined = text.replaceAll(/\n\s*(?:\/\/|\*(?!\/)) ?/g, (line) =>
    line.includes('//') ? `\n${line.trim()}` : ' ',
  );
  const comments = joined.match(/\/\*[\s\S]*?\*\/|(?:\/\/[^\n]*\n?)+/g) ?? [];
  return comments.map((one) => one.replaceAll(/\n?\/\/ ?/g, ' '));
}

export function childrenOf(node) {
  const children = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  return children;
}
