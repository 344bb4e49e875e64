import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mapLinks } from '../docs/src/links.mjs';
import { root } from './workspace.ts';

const guides = readdirSync(join(root, 'docs/guide')).map((name) => `docs/guide/${name}`);

describe('the documentation', () => {
  it.each(guides)('%s shows programs that are run, and no others', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    expect(text).not.toMatch(/^```(ts|js|typescript|javascript)/m);
    const shown = [...text.matchAll(/^<<< (\S+)$/gm)].map(([, path]) => path ?? '');
    expect(shown.filter((path) => !existsSync(join(root, file, '..', path)))).toEqual([]);
    expect(shown.filter((path) => !path.startsWith('../../examples/'))).toEqual([]);
  });

  it('has every guide and every page in the side bar', () => {
    const sidebar = readFileSync(join(root, 'docs/.vitepress/config.mjs'), 'utf8');
    const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    const links = [...guides, ...pages.filter((name) => name !== 'index.md')].map(
      (name) => `'/${name.replace(/^docs\//, '').replace(/\.md$/, '')}'`,
    );
    expect(links.filter((link) => !sidebar.includes(link))).toEqual([]);
  });

  it("names everything that siplab exports in siplab's README", () => {
    const index = readFileSync(join(root, 'apps/siplab/src/index.ts'), 'utf8');
    const readme = readFileSync(join(root, 'apps/siplab/README.md'), 'utf8');
    const lists = [...index.matchAll(/\{([^}]*)\}/g)].map(([, list]) => list ?? '');
    const names = lists
      .flatMap((list) => list.split(','))
      .map((one) => one.trim().split(' ').at(-1));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it('leads links to pages of the site', () => {
    const pages = new Map([
      ['packages/a/README.md', 'packages/a.md'],
      ['packages/b/README.md', 'packages/b.md'],
    ]);
    const place = { file: 'packages/a/README.md', page: 'packages/a.md', pages };
    expect(mapLinks('see [b](../b), [c](../b/src/c.ts), [top](#top)', place)).toBe(
      'see [b](./b.md), c, [top](#top)',
    );
  });
});
