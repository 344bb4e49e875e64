import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { parseMessage, StreamFramer } from '../src/index.ts';
import { conformanceCases } from './conformance.ts';
import { corpusMessages } from './corpus.ts';

const BASE =
  'Via: SIP/2.0/TCP a\r\nFrom: <sip:a@a>\r\nTo: <sip:b@b>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE';
const message = (...lines: string[]) =>
  Buffer.from(`MESSAGE sip:b SIP/2.0\r\n${[BASE, ...lines].join('\r\n')}\r\n\r\nhello`, 'latin1');

/** Values that others have read as 5, or as something that made them read beyond the message. */
const BAD: readonly (readonly string[])[] = [
  '-1',
  '-5',
  'five',
  '+5',
  '0x5',
  '0x10',
  '5.0',
  '1e3',
  '5e0',
  '5 5',
  '5,5',
  '"5"',
  '5;',
  '',
  '4294967301',
  '4294967328',
  `1${'0'.repeat(30)}`,
  '18446744073709551621',
  '5\x0b',
  '\xb2',
].map((value) => [`Content-Length: ${value}`]);
const TWICE: readonly (readonly string[])[] = [
  ['Content-Length: 5', 'Content-Length: 4'],
  ['Content-Length: 5', 'l: 4'],
  ['l: 0', 'Content-Length: 5'],
  ['Content-Length: 5', 'Content-Length: 5'],
  ['l: 5', 'Content-Length: 5'],
];

/** What the framer tells of the chunks: how many bytes each message has, and the refusals. */
function frame(chunks: readonly Uint8Array[]): (number | string)[] {
  const told: (number | string)[] = [];
  const framer = new StreamFramer({
    onMessage: (bytes) => told.push(bytes.length),
    onRefused: ({ status, code }) => told.push(`${status} ${code}`),
  });
  for (const chunk of chunks) framer.push(chunk);
  return told;
}

describe('P03: Content-Length (RFC 3261 §20.14)', () => {
  it.each([...BAD, ...TWICE].map((lines) => [lines.join(' and '), lines] as const))(
    'is refused with 400 in a datagram and on a stream: %j',
    (_, lines) => {
      const bytes = message(...lines);
      const outcomes = [parseMessage(bytes), parseMessage(bytes, { framed: true })];
      expect(outcomes.map((one) => one.ok || one.refusal.status)).toEqual([400, 400]);
      const told = frame([bytes]);
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/^400 /);
    },
  );

  it.each(['5', '05', ' \t5 ', '\r\n 5'])('is five: %j', (value) => {
    const bytes = message(`Content-Length:${value}`);
    const parsed = parseMessage(bytes, { framed: true });
    expect(parsed.ok && parsed.value.text()).toBe('hello');
    expect(frame([bytes])).toEqual([bytes.length]);
  });

  it('beyond the bytes is refused in a datagram and waited for on a stream', () => {
    const bytes = message('l: 6');
    const outcome = parseMessage(bytes);
    expect(outcome.ok || outcome.refusal.status).toBe(400);
    expect(frame([bytes])).toEqual([]);
    expect(frame([bytes, Buffer.from('!')])).toEqual([bytes.length + 1]);
  });

  it('of the largest number that is one is refused before its body is there', () => {
    expect(frame([message('l: 4294967295')])[0]).toMatch(/^513 /);
  });
});

describe('P12: two messages on a stream', () => {
  const inner = 'INVITE sip:x SIP/2.0\r\n\r\n';
  const first = Buffer.from(
    `MESSAGE sip:b SIP/2.0\r\n${BASE}\r\nl: ${inner.length}\r\n\r\n${inner}`,
    'latin1',
  );
  const second = message('Content-Length: 5');
  const stream = Buffer.concat([first, Buffer.from('\r\n\r\n'), second]);

  it('are two at every split, and a body is never one of them', () => {
    for (let at = 0; at <= stream.length; at++) {
      const told = frame([stream.subarray(0, at), stream.subarray(at)]);
      expect(told, `split at ${at}`).toEqual([first.length, second.length]);
    }
  });

  it('are one in a datagram', () => {
    const outcome = parseMessage(Buffer.concat([second, second]));
    expect(outcome.ok && outcome.value.text()).toBe('hello');
  });
});

describe('a corpus byte by byte', () => {
  it('gives the same messages as all at once', () => {
    const suites = ['rfc4475', 'nist_torture'].flatMap(conformanceCases);
    const corpus = [...corpusMessages(), ...suites].map(({ bytes }) => bytes);
    for (const bytes of corpus) {
      const twice = Buffer.concat([bytes, Buffer.from('\r\n\r\n'), bytes]);
      const single = Array.from(twice, (_, at) => twice.subarray(at, at + 1));
      expect(frame(single)).toEqual(frame([twice]));
    }
  });

  it('and split anywhere is refused alike, where it is refused', () => {
    for (const { bytes } of ['rfc4475', 'nist_torture'].flatMap(conformanceCases)) {
      const whole = frame([bytes]);
      for (let at = 0; at <= bytes.length; at++) {
        const told = frame([bytes.subarray(0, at), bytes.subarray(at)]);
        if (told.join() !== whole.join()) expect(told, `split at ${at}`).toEqual(whole);
      }
    }
  });
});
