import { describe, expect, it } from 'vitest';
import { littleEndian, samplesOf } from './pcm-bytes.ts';
import { readPcm } from './pcm-messages.ts';

describe('what a program asks for', () => {
  it.each([
    ['{"type":"mark","name":"a"}', { type: 'mark', name: 'a' }],
    ['{"type":"clear"}', { type: 'clear' }],
    ['{"type":"digits","digits":"12#"}', { type: 'digits', digits: '12#' }],
    ['{"type":"hangUp","reason":"x"}', { type: 'hangUp' }],
  ])('%s', (text, request) => {
    expect(readPcm(text)).toEqual(request);
  });

  it.each(['{}', '1', 'null', '{"type":"mark"}', '{"type":"digits","digits":"x"}', 'clear'])(
    'is never %s',
    (text) => {
      expect(readPcm(text).type).toBe('bad');
    },
  );
});

it('samples go out and come in as they are', () => {
  const samples = Int16Array.of(0, 1, -1, 32_767, -32_768);
  expect(littleEndian(samples).toString('hex')).toBe('00000100ffffff7f0080');
  expect(samplesOf(littleEndian(samples))).toEqual(samples);
});
