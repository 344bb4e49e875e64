import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DnsQuestion, encodeQuestion, isDnsName, readReply } from './dns-message.ts';

const question: DnsQuestion = { type: 'srv', name: '_sip._udp.a.example' };

/** A response that starts as it should, and then goes on with anything. */
function response(tail: Uint8Array, counts: readonly [number, number, number]): Uint8Array {
  const bytes = Buffer.from(encodeQuestion(question, { id: 7, edns: false }));
  bytes.writeUInt16BE(0x8180, 2);
  counts.forEach((count, index) => bytes.writeUInt16BE(count, 6 + 2 * index));
  return Buffer.concat([bytes, tail]);
}

describe('a message of a name server', () => {
  it('never throws, whatever it holds', () => {
    const count = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        fc.tuple(count, count, count),
        (tail, counts) => {
          expect(readReply(tail, question, 7).kind).toBeTypeOf('string');
          expect(['foreign', 'answer']).toContain(
            readReply(response(tail, counts), question, 7).kind,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is read no further than its first 128 records', () => {
    // two bytes point at the question's name, the record is an SRV of 7 bytes
    const one = Buffer.from([
      0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 8, 0, 1, 0, 0, 0x13, 0xc4, 0xc0, 12,
    ]);
    const reply = readReply(
      response(Buffer.concat(Array(3000).fill(one)), [3000, 0, 0]),
      question,
      7,
    );
    expect(reply.kind === 'answer' && reply.answer.records.length).toBe(128);
  });

  it.each([
    ['a.example', true],
    ['_sip._udp.a.example', true],
    ['', false],
    ['a..b', false],
    ['.1', false],
    [`${'x'.repeat(64)}.example`, false],
    ['a b.example', false],
  ])('is asked for the name "%s": %s', (name, isName) => {
    expect(isDnsName(name)).toBe(isName);
  });
});
