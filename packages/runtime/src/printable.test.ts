import { expect, it } from 'vitest';
import { jsonLine, printable } from './printable.ts';

it('leaves no character that controls a terminal, and every other as it is', () => {
  expect(printable('\u001b]0;title\u0007\u009b31m\r\n\u007f')).toBe(
    '\ufffd]0;title\ufffd\ufffd31m\ufffd\ufffd\ufffd',
  );
  expect(printable('Grüße 早 🙂')).toBe('Grüße 早 🙂');
});

it('writes JSON without them, which is read back as it was', () => {
  const said = { reason: 'a\u001b[2J\u007f\u009b1mb\n' };
  const line = jsonLine(said);
  expect(line).not.toMatch(/\p{Cc}/u);
  expect(line).toContain(String.raw`\u007f\u009b1mb\n`);
  expect(JSON.parse(line)).toEqual(said);
});
