import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';

/** Bytes that parsers trip over. */
const NASTY = [
  ...'\r\n\0\t ;,<>"\\%:@=()[]{}?&*/',
  '\r\n ',
  '\r\n\r\n',
  '\r\n\r\n\r\n',
  '\n\n',
  '\x0b',
  '\x7f',
  '\xa0',
  '\xff',
  '\xc0\xaf',
  '\xed\xa0\x80',
  '%00',
  '%0d%0a',
  '%',
  'sip:',
  'SIP/2.0',
  '-1',
  '4294967328',
  '1000000000000000000000000000000',
  '0x10',
  '__proto__',
  'Content-Length: 5\r\n',
  'l:5\r\n',
  'z9hG4bK',
].map((text) => Buffer.from(text, 'latin1'));

interface Edit {
  readonly at: number;
  readonly cut: number;
  readonly put: Uint8Array;
  readonly times: number;
}

/** What these bytes become by up to five faults: something cut out, put in, repeated, or swapped. */
export function mutated(source: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const put = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Uint8Array>(...NASTY) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }) },
  );
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.oneof(fc.constant(0), fc.nat(12), fc.nat(80)),
    put,
    times: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(40) }),
  });
  const edits = fc.array(edit, { minLength: 1, maxLength: 5 });
  return fc.tuple(source, edits).map(([bytes, list]) => list.reduce(apply, bytes));
}

/** The bytes in pieces, cut at any places, empty pieces included: how a stream may deliver them. */
export function chunked(bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> {
  return fc.array(fc.nat(bytes.length), { maxLength: 12 }).map((places) => {
    const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length];
    return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
  });
}

function apply(bytes: Uint8Array, { at, cut, put, times }: Edit): Uint8Array {
  const from = Math.floor(at * bytes.length);
  const added = Array.from({ length: times }, () => put);
  return Buffer.concat([bytes.subarray(0, from), ...added, bytes.subarray(from + cut)]);
}
