import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { analyse } from 'scslre';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root, typescriptFiles } from './workspace.ts';

/**
 * No regular expression that could meet what a peer sends may move over its input more than once:
 * neither exponentially, nor quadratically from one starting point or from all of them. The analysis
 * is static (scslre), so it takes no time of the input's.
 */
const FOLDERS = ['sip-message', 'sip-transport', 'transaction-core', 'media-core'];

describe('the regular expressions', () => {
  it.each(FOLDERS)('of %s cannot backtrack', (folder) => {
    const files = typescriptFiles(join(root, 'packages', folder, 'src'));
    const found = files.filter((file) => !file.endsWith('.test.ts')).flatMap(flawsOf);
    expect(found).toEqual([]);
  });

  it('would be told where they can', () => {
    for (const bad of [/(a+)+$/, /^\s*(.*\s)*$/, /\s+$/]) {
      expect(flaws(bad.source, bad.flags), bad.source).not.toEqual([]);
    }
    expect(flaws('^[a-z]+:\\d+$', '')).toEqual([]);
  });
});

function flawsOf(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const place = () =>
      `${relative(root, file)}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const [pattern, flags] = [node.text.slice(1, end), node.text.slice(end + 1)];
      for (const flaw of flaws(pattern, flags)) found.push(`${place()} ${node.text}: ${flaw}`);
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'RegExp') {
      found.push(`${place()} is made of text that cannot be looked at`);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

function flaws(source: string, flags: string): string[] {
  const { reports } = analyse({ source, flags });
  return reports.map(({ type, exponential }) => `${type}${exponential ? ', exponential' : ''}`);
}
