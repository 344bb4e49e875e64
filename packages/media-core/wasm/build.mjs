// Assembles the WebAssembly of this package: `node packages/media-core/wasm/build.mjs`. Each NAME.wat
// becomes a module of TypeScript with its bytes in base64 and their hash, which is checked in;
// test/wasm.test.ts assembles it again and compares.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

/** What is assembled, and where it goes. */
export const BINARIES = [
  { source: 'hmac-sha1.wat', target: '../src/srtp/hmac-sha1-binary.ts', name: 'HMAC_SHA1_BINARY' },
  { source: 'audio.wat', target: '../src/audio/audio-binary.ts', name: 'AUDIO_BINARY' },
];

/** The module that belongs to a source, as text. */
export async function assemble({ source, name }) {
  const { parseWat } = await wabt();
  const text = readFileSync(new URL(source, import.meta.url), 'utf8');
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

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const binary of BINARIES) {
    writeFileSync(new URL(binary.target, import.meta.url), await assemble(binary));
  }
}
