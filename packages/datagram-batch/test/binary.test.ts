import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { canBatchDatagrams } from '../src/index.ts';
import { loadNative } from '../src/native.ts';

const folder = new URL('../native/', import.meta.url);
const hashOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(new URL(name, folder)))
    .digest('hex');

it('is the one that was checked in', () => {
  const recorded = readFileSync(new URL('linux-x64.sha256', folder), 'latin1');
  expect(recorded).toBe(`${hashOf('linux-x64.node')}  linux-x64.node\n`);
});

it('was made of the source beside it', () => {
  const binaries = readdirSync(folder).filter((name) => name.endsWith('.node'));
  const source = hashOf('datagrams.c');
  for (const name of binaries) {
    expect(readFileSync(new URL(name, folder), 'latin1')).toContain(source);
  }
  expect(loadNative().source).toBe(source);
});

it('says whether it can be had here', () => {
  expect(canBatchDatagrams()).toBe(true);
  const { platform } = process;
  Object.defineProperty(process, 'platform', { value: 'plan9' });
  try {
    expect(canBatchDatagrams()).toBe(false);
    expect(loadNative).toThrow(expect.objectContaining({ code: 'DATAGRAMS_UNSUPPORTED' }));
  } finally {
    Object.defineProperty(process, 'platform', { value: platform });
  }
});
