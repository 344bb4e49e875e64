import { describe, expect, it } from 'vitest';
import { copied } from './copied.ts';

describe('a copy of a text', () => {
  it.each([
    ['plain', 'sip:alice@atlanta.example'],
    ['of other letters', 'Zoë, \u{1f4de}'],
    ['with octets that are no UTF-8', 'Jos\udce9'],
    ['of nothing', ''],
    ['longer than most', 'x'.repeat(5000)],
    ['longer than most, of other letters', 'ß'.repeat(5000)],
  ])('%s is the same', (_, text) => {
    expect(copied(text)).toBe(text);
  });
});
