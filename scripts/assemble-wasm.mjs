// Assembles WebAssembly into modules of TypeScript: for the `wasm/build.mjs` of a package, which gives
// its own `wabt`. Each NAME.wat becomes its bytes in base64 and their hash, which is checked in;
// test/wasm.test.ts of the package assembles it again and compares.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** The module that belongs to a source in `folder`, as text. */
export async function assemble({ wabt, folder }, { source, name }) {
  const { parseWat } = await wabt();
  const text = readFileSync(new URL(source, folder), 'utf8');
  const features = { simd: true, bulk_memory: true };
  const parsed = parseWat(source, text, features);
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  const base64 = Buffer.from(buffer).toString('base64');
  const lines = base64.match(/.{1,96}/g) ?? [];
  return [
    `// Assembled from wasm/${source} by wasm/build.mjs; do not edit.`,
    `// SHA-256 ${createHash('sha256').update(buffer).digest('hex')}`,
    '',
    `/** The WebAssembly module of wasm/${source}, in base64. */`,
    `export const ${name} =`,
    ...lines.map((line, at) => `  '${line}'${at === lines.length - 1 ? ';' : ' +'}`),
    '',
  ].join('\n');
}

/** Writes the modules of all binaries. */
export async function assembleAll(where, binaries) {
  for (const binary of binaries) {
    writeFileSync(new URL(binary.target, where.folder), await assemble(where, binary));
  }
}
