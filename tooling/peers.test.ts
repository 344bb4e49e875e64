import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { marksIn, peersPage, problemsOf, withReports } from '../docs/src/peers.mjs';
import { root } from './workspace.ts';

const record = JSON.parse(readFileSync(join(root, 'e2e/shown.json'), 'utf8'));
const files = readdirSync(join(root, 'e2e'))
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join(root, 'e2e', name));
const marks = marksIn(files, root);

describe('the table of peers', () => {
  it('names tests that are there, and misses none that shows something', () => {
    expect(problemsOf(record, marks)).toEqual([]);
  });

  it('is written anew when something moves: node scripts/peers.mjs', () => {
    expect(readFileSync(join(root, 'docs/interoperability.md'), 'utf8')).toBe(peersPage(record));
  });

  it('shows something of each peer that it has to', () => {
    const text = peersPage(record);
    for (const peer of ['baresip', 'linphone', 'twinkle', 'sipp', 'JsSIP', 'SIP.js']) {
      expect(text).toContain(`\n## ${peer}\n`);
    }
  });
});

const run = { root: '/here', on: '2026-01-02', commit: 'abc', versions: { sipp: '3.6' } };
const passed = (title: string, shows?: object) => ({
  status: 'passed',
  ancestorTitles: ['sipp'],
  title,
  meta: shows === undefined ? {} : { shows },
});
const reported = (status: string, ...assertionResults: object[]) => ({
  testResults: [{ name: '/here/e2e/a.test.ts', status, assertionResults }],
});

describe('a record of what peers were shown doing', () => {
  const empty = { versions: {}, files: {} };
  const calls = passed('calls over udp', { sipp: ['Calls: places'] });
  const failed = { ...passed('rings', { sipp: ['Calls: takes'] }), status: 'failed' };

  it('has what tests showed that passed, and nothing of a file with one that did not', () => {
    const one = withReports(empty, [reported('passed', calls, passed('hears'))], run);
    expect(one).toEqual({
      versions: { sipp: '3.6' },
      files: {
        'e2e/a.test.ts': {
          on: '2026-01-02',
          commit: 'abc',
          tests: [{ title: 'sipp: calls over udp', shows: { sipp: ['Calls: places'] } }],
        },
      },
    });
    expect(() => withReports(one, [reported('failed', calls, failed)], run)).toThrow(
      'e2e/a.test.ts did not pass',
    );
    expect(withReports(one, [reported('passed', passed('hears'))], run).files).toEqual({});
  });

  it('and the tests need each other', () => {
    const one = withReports(empty, [reported('passed', calls)], run);
    const mark = {
      file: 'e2e/a.test.ts',
      title: 'sipp: calls over %s',
      isTest: true,
      peers: ['sipp'],
      features: ['Calls: places'],
    };
    expect(problemsOf(one, [mark])).toEqual([]);
    expect(problemsOf(one, [])).toEqual([
      'e2e/a.test.ts: sipp: calls over udp: no sipp, Calls: places',
    ]);
    expect(problemsOf(one, [mark, { ...mark, features: ['Calls: takes'] }])).toEqual([
      'e2e/a.test.ts: sipp: calls over %s: Calls: takes is not recorded',
    ]);
    expect(problemsOf(one, [mark, { ...mark, isTest: false }])).toEqual([
      'e2e/a.test.ts: sipp: calls over %s: shows(…) stands outside a test',
    ]);
  });
});
