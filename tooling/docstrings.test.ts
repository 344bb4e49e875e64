import { join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root, type Workspace, workspaces } from './workspace.ts';

/**
 * Every name that a package exports says in a sentence what it is or promises. Members are left to
 * the eye: many a field's name says all.
 */
const packages = workspaces('packages');
const ARBITRARIES = join(root, 'packages/testkit/src/arbitraries/index.ts');
const checker = programOf([...packages.map(({ path }) => join(path, 'src/index.ts')), ARBITRARIES]);

describe('what a package exports', () => {
  it.each(packages.map((one): [string, Workspace] => [one.manifest.name, one]))(
    'has a doc comment: %s',
    (_, { path }) => {
      expect(undocumented(join(path, 'src/index.ts'))).toEqual([]);
    },
  );

  it('has a doc comment: @strowger/testkit/arbitraries', () => {
    expect(undocumented(ARBITRARIES)).toEqual([]);
  });
});

function programOf(files: string[]): { source: ts.Program; types: ts.TypeChecker } {
  const source = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    customConditions: ['@strowger/source'],
    noEmit: true,
    skipLibCheck: true,
    types: [],
  });
  return { source, types: source.getTypeChecker() };
}

/** Exports of an entry without a doc comment, each with the place where it is declared. */
function undocumented(entry: string): string[] {
  const { source, types } = checker;
  const file = source.getSourceFile(entry);
  const module = file === undefined ? undefined : types.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${entry} is no module`);
  return types.getExportsOfModule(module).flatMap((exported) => {
    const alias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = alias ? types.getAliasedSymbol(exported) : exported;
    const documented = symbol.getDocumentationComment(types).length > 0;
    return documented ? [] : [`${exported.name} (${placeOf(symbol)})`];
  });
}

function placeOf({ declarations: [declaration] = [] }: ts.Symbol): string {
  if (declaration === undefined) return 'nowhere';
  const file = declaration.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
  return `${relative(root, file.fileName)}:${line + 1}`;
}
