import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'strowger-codec-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('the README shows the module of a codec that can be loaded, and says nothing', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, shown = ''] = /^```js\n([\s\S]*?)^```/m.exec(readme) ?? [];
  const file = join(folder, 'x-lpc.mjs');
  writeFileSync(file, shown);
  const codec = await import(pathToFileURL(file).href);
  const format = { sampleRate: 8000, ptimeMs: 20, fmtp: undefined };
  const samples = new Int16Array(160);
  expect(codec.createEncoder(format).encode(samples, new Uint8Array(400))).toBe(0);
  const decoder = codec.createDecoder(format);
  expect(decoder.samplesIn(Uint8Array.of(1, 2, 3))).toBe(0);
  expect(decoder.decode(Uint8Array.of(1, 2, 3), samples)).toBe(0);
});
