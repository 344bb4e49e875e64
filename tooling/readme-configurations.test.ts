import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENVIRONMENT, readConfig } from '../apps/pbx/src/config.ts';
import { configSchema } from '../apps/pbx/src/config-schema.ts';
import {
  ENVIRONMENT as GATEWAY_ENVIRONMENT,
  readConfig as readGatewayConfig,
} from '../apps/voice-gateway/src/config.ts';
import { configSchema as gatewayKeys } from '../apps/voice-gateway/src/config-schema.ts';
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

describe.each(['apps/voice-gateway/README.md', 'docs/guide/voice-agent.md'])('%s', (file) => {
  it('shows a configuration of the voice gateway that is right', () => {
    const text = readFileSync(join(root, file), 'utf8');
    const [, yaml = ''] = /^```yaml\n([\s\S]*?)^```/m.exec(text) ?? [];
    expect(readGatewayConfig(yaml).sip.uri).toBe('sip:agent@pbx.example');
  });
});

describe("the voice gateway's README", () => {
  const text = readFileSync(join(root, 'apps/voice-gateway/README.md'), 'utf8');

  it('explains every key', () => {
    for (const key of Object.keys(gatewayKeys.shape)) {
      expect(text, key).toMatch(new RegExp(`^\\| \`${key}[\`.]`, 'm'));
    }
    for (const variable of Object.keys(GATEWAY_ENVIRONMENT)) {
      expect(text).toContain(`\`${variable}\``);
    }
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
