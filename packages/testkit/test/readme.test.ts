import { readFileSync } from 'node:fs';
import * as message from '@strowger/sip-message';
import * as arbitraries from '@strowger/testkit/arbitraries';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';

const MODULES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '@strowger/sip-message': message,
  '@strowger/testkit/arbitraries': arbitraries,
  'fast-check': { fc },
};

it('the README shows a property that holds', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, shown = ''] = /^```js\n([\s\S]*?)^```/m.exec(readme) ?? [];
  const imports = [...shown.matchAll(/^import (?:\* as )?(.+) from '(.+)';$/gm)];
  const known = imports.flatMap(([, names = '', module = '']) =>
    names
      .replaceAll(/[{}\s]/g, '')
      .split(',')
      .map((name): [string, unknown] => [name, MODULES[module]?.[name]]),
  );
  expect(known.filter(([, value]) => value === undefined)).toEqual([]);
  const program = shown.replaceAll(/^import .*$/gm, '');
  // our own text: it is run as its reader would
  const run = new Function(...known.map(([name]) => name), program);
  run(...known.map(([, value]) => value));
  expect(program).toContain('fc.assert(');
});
