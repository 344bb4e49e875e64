import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Head } from '../src/head.ts';
import { DEFAULT_LIMITS, type Limits } from '../src/limits.ts';
import { locateAnyHead } from '../src/locate-head.ts';
import { parseMessage } from '../src/index.ts';
import { scanHead } from '../src/scan-head.ts';
import { corpusMessages } from './corpus.ts';

const INTERESTING = [
  ...'\r\n\0\t ;,<>"\\%:@=&/?~',
  'ÿ',
  '\r\n ',
  '\r\n\r\n',
  'sips:',
  'SIP/2.0',
  ':99999',
  '00',
  'v:',
  't: x\r\n',
  ' :',
  ';tag',
  ';TAG=',
  'Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n',
  'CSeq: 2147483648 A\r\n',
  'Max-Forwards: 256\r\n',
];
const corpus = corpusMessages();

const mutated = fc
  .record({
    which: fc.nat(corpus.length - 1),
    edits: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(9),
        put: fc.oneof(
          fc.constant(''),
          fc.constantFrom(...INTERESTING),
          fc.string({ maxLength: 4 }),
        ),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ which, edits }) => {
    let text = corpus[which]?.bytes.toString('latin1') ?? '';
    for (const { at, cut, put } of edits) {
      const place = Math.floor(at * text.length);
      text = text.slice(0, place) + put + text.slice(place + cut);
    }
    return Buffer.from(text, 'latin1');
  });

/** All that was located, with what is left to be looked for. */
function located(head: Head) {
  const { size, bodyFrom, startLineFrom, viaParams, fromParams, toParams } = head;
  const { callId, cseq, maxForwards, contentLength, isAscii, hasFolds } = head;
  const fields = Array.from({ length: size + 1 }, (_, at) => [head.id(at), head.startOf(at)]);
  const keys = { viaParams, fromParams, toParams, callId, cseq, maxForwards, contentLength };
  return { fields, bodyFrom, startLineFrom, ...keys, isAscii, hasFolds };
}

/** What the two ways make of it; the scan may leave it to the other. */
function isScannedAlike(bytes: Buffer, limits: Limits = DEFAULT_LIMITS): boolean {
  const scanned = scanHead(bytes, limits);
  if (scanned === undefined) return false;
  const other = locateAnyHead(bytes, limits);
  if (!(other instanceof Head)) throw new Error(`scanned though refused: ${other.message}`);
  expect(located(scanned)).toEqual(located(other));
  expect(other.text.startsWith(scanned.text)).toBe(true);
  return true;
}

describe('a scanned head', () => {
  it.each(corpus)('is what the whole way locates: $name', ({ bytes }) => {
    expect(isScannedAlike(bytes)).toBe(true);
  });

  it('is what the whole way locates, whatever was done to a message', () => {
    let scanned = 0;
    const runs = fc.property(mutated, (bytes) => {
      if (isScannedAlike(bytes)) scanned++;
    });
    fc.assert(runs, { numRuns: 4000 });
    expect(scanned).toBeGreaterThan(400);
  });

  it('is none where a message is cut anywhere within its head', () => {
    for (const { bytes } of corpus) {
      const { bodyFrom } = locateAnyHead(bytes, DEFAULT_LIMITS) as Head;
      for (let end = 0; end < bodyFrom; end++) {
        expect(scanHead(bytes.subarray(0, end), DEFAULT_LIMITS)).toBeUndefined();
      }
    }
  });

  it.each([
    ['headers', 3],
    ['headerBytes', 20],
    ['headBytes', 200],
  ] as const)('is none beyond %s', (name, bound) => {
    const [invite] = corpus;
    if (invite === undefined) throw new Error('no corpus');
    expect(scanHead(invite.bytes, { ...DEFAULT_LIMITS, [name]: bound })).toBeUndefined();
  });

  it('knows a message whose body is longer than what it looks at', () => {
    const [invite] = corpus;
    const long = Buffer.concat([invite?.bytes ?? Buffer.alloc(0), Buffer.alloc(40_000, 'x')]);
    expect(isScannedAlike(long)).toBe(true);
  });

  it.each([
    ['branch', 'Via: SIP/2.0/UDP h;a=1;branch=z9hG4bK-x;rport', 'z9hG4bK-x'],
    ['branch', 'v: SIP/2.0/UDP h:5060;BRANCH=1, SIP/2.0/UDP i;branch=2', '1'],
    ['branch', 'Via: SIP/2.0/UDP h;received=1', undefined],
    // two names that fall on one bit, and a quoted value: left to the whole way
    ['branch', 'Via: SIP/2.0/UDP h;b=1;B2=2;c1=3;branch=x', 'x'],
    ['branch', 'Via: SIP/2.0/UDP h;x="y";branch=x', 'x'],
  ] as const)('tells the %s of %s', (name, via, expected) => {
    expect(parsed(via)[name]).toBe(expected);
  });

  it.each([
    ['f: <sip:a@h>;tag=1;x', '1'],
    ['From: "A" <sip:a@h>;x;Tag=t', 't'],
    ['From: <sip:a@h;tag=2>', undefined],
    ['From: <sip:a@h>;tag', ''],
    ['From: <sip:a@h>;x="y";tag=q', 'q'],
    ['From: sip:a@h;tag=bare', 'bare'],
  ])('tells the tag of %s', (from, expected) => {
    expect(parsed(from).fromTag).toBe(expected);
  });
});

function parsed(field: string) {
  const isVia = field.startsWith('V') || field.startsWith('v');
  const lines = [
    'OPTIONS sip:b@h SIP/2.0',
    ...(isVia ? [] : ['Via: SIP/2.0/UDP h;branch=z9hG4bK1']),
  ];
  const from = isVia ? ['From: <sip:a@h>;tag=1'] : [];
  const rest = ['To: <sip:b@h>', 'Call-ID: c', 'CSeq: 1 OPTIONS', '', ''];
  const result = parseMessage(Buffer.from([...lines, field, ...from, ...rest].join('\r\n')));
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}
