import { describe, expect, it } from 'vitest';
import { ConfigError, ConfigFile, isMisuse, logLevel } from './index.ts';

describe('a configuration file', () => {
  const file = new ConfigFile('a: 1\nlist:\n  - { x: 1 }\n  - y: 2\n', 'x.yaml');

  it.each([
    [['a'], 'x.yaml:1'],
    [['list'], 'x.yaml:3'],
    [['list', 1, 'y'], 'x.yaml:4'],
    [['list', 1, 'missing'], 'x.yaml:4'],
    [['nowhere'], 'x.yaml:1'],
  ])('knows where %j stands', (path, at) => {
    expect(file.at({ path })).toBe(at);
  });

  it('knows where a key stands that nobody knows', () => {
    expect(file.at({ path: ['list', 0], keys: ['x'] })).toBe('x.yaml:3');
  });

  it('that is no YAML is told by line', () => {
    const wrong = (): ConfigFile => new ConfigFile('a: 1\na: 2\nb: [', 'x.yaml');
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(/^x\.yaml:2: .*unique[^]*\nx\.yaml:3: /);
  });
});

it('the level of the log is one that there is', () => {
  expect(logLevel({}, 'warn')).toBe('warn');
  expect(logLevel({ LOG_LEVEL: 'silent' }, 'warn')).toBe('silent');
  expect(() => logLevel({ LOG_LEVEL: 'loud' }, 'warn')).toThrow(
    'LOG_LEVEL: "loud" is not allowed; allowed: trace, debug, info, warn, error, fatal, silent',
  );
});

it('knows who is to blame', () => {
  expect(isMisuse(new ConfigError(['a']))).toBe(true);
  expect(isMisuse(Object.assign(new Error('no file'), { code: 'ENOENT' }))).toBe(true);
  expect(isMisuse(Object.assign(new Error('port'), { code: 'EADDRINUSE' }))).toBe(false);
  expect(isMisuse('anything')).toBe(false);
});
