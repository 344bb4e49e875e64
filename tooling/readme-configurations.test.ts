import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENVIRONMENT, readConfig } from '../apps/pbx/src/config.ts';
import { configSchema } from '../apps/pbx/src/config-schema.ts';
import { root } from './workspace.ts';

const FILES = [
  'README.md',
  'apps/pbx/README.md',
  'docs/guide/five-minutes.md',
  'docs/guide/web-phone.md',
];

describe.each(FILES)('%s', (file) => {
  it('shows configurations that are right', () => {
    const text = readFileSync(join(root, file), 'utf8');
    const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml]) => yaml ?? '');
    expect(blocks.length).toBeGreaterThan(0);
    for (const yaml of blocks) expect(readConfig(yaml).domain).toBe('pbx.example');
  });
});

describe("the PBX's README", () => {
  const text = readFileSync(join(root, 'apps/pbx/README.md'), 'utf8');

  it.each(Object.keys(configSchema.shape))('explains the key %s', (key) => {
    expect(text).toMatch(new RegExp(`^\\| \`${key}[\`.]`, 'm'));
  });

  it.each(Object.keys(ENVIRONMENT))('names the variable %s', (name) => {
    expect(text).toContain(`\`${name}\``);
  });
});
