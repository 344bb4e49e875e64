import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Binary {
  readonly source: string;
  readonly target: string;
  readonly name: string;
}

const folder = join(import.meta.dirname, '../wasm');
// a script without types: these are what it exports
const { BINARIES, assemble } = (await import(join(folder, 'build.mjs'))) as {
  BINARIES: readonly Binary[];
  assemble(binary: Binary): Promise<string>;
};

it.each(BINARIES)('the binary of $source is what its source gives', async (binary) => {
  expect(await assemble(binary)).toBe(readFileSync(join(folder, binary.target), 'utf8'));
});
