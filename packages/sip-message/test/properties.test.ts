import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Headers,
  NameAddr,
  Params,
  parseMessage,
  parseUri,
  SipRequest,
  SipUri,
  serializeMessage,
  StreamFramer,
  validateMessage,
  Via,
} from '../src/index.ts';

const FIELDS = [
  'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1;received=2001:db8::1, SIP / 2.0 / TCP [::1]:5060',
  'From: "A \\"x\\"" <sip:a@a.example;lr>;tag=1',
  't : sip:b@b.example;tag=2;x="é"',
  'Call-ID: c@d',
  'CSeq: 1 MESSAGE',
  'Contact: <sip:x@y>;q=0.3, "y" <tel:+1>',
  'Subject: one\r\n two',
  '__proto__: x',
  'constructor: {"a": 1}',
  'Warning: 399 a.example "w"',
  'Retry-After: 18 (in (a) meeting);duration=3',
  'Authorization: Digest username="a", realm="r", nonce="n", uri="sip:b", response="0"',
  'Date: Sat, 13 Nov 2010 23:29:00 GMT',
  'Accept: application/sdp;level=1, */*',
  'l: 5',
];
const SEED = `MESSAGE sip:b@b.example;transport=tcp SIP/2.0\r\n${FIELDS.join('\r\n')}\r\n\r\nhello`;
const INTERESTING = [
  ...'\r\n\0\t ;,<>"\\%:@=()[]?&*/',
  'ÿ',
  'é',
  '\r\n ',
  '\r\n\r\n',
  '%00',
  'sip:',
];

/** The seed with some parts cut out and some things put in. */
const mutated = fc
  .array(
    fc.record({
      at: fc.nat(SEED.length),
      cut: fc.nat(12),
      put: fc.oneof(fc.constantFrom(...INTERESTING), fc.string({ maxLength: 6 })),
    }),
    { maxLength: 5 },
  )
  .map((edits) => edits.reduce(edit, SEED));

function edit(text: string, { at, cut, put }: { at: number; cut: number; put: string }): string {
  return text.slice(0, at) + put + text.slice(at + cut);
}

/** Parses, and asks for everything. */
function exercise(bytes: Uint8Array): void {
  const outcome = parseMessage(bytes);
  if (!outcome.ok) {
    expect(outcome.refusal.status).toBeGreaterThanOrEqual(400);
    expect(outcome.refusal.at).toBeLessThanOrEqual(bytes.length);
    return;
  }
  const { headers } = outcome.value;
  validateMessage(outcome.value);
  for (const name of headers.names()) String(headers.get(name));
  const again = parseMessage(serializeMessage(outcome.value), { framed: true });
  if (!again.ok) throw new Error(again.refusal.message);
}

describe('what a peer sends', () => {
  it('never throws: any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), exercise));
  });

  it('never throws: messages with faults', () => {
    const property = fc.property(mutated, (text) => exercise(Buffer.from(text, 'latin1')));
    fc.assert(property, { numRuns: 2000 });
  });

  it('never throws: URIs and addresses', () => {
    const text = fc.string({ unit: fc.constantFrom(...INTERESTING, 'a', '1', 'sips:', 'tel:+') });
    const property = fc.property(text, (value) => {
      parseUri(value);
      parseUri(`sip:${value}`);
      NameAddr.parse(value);
      Via.parse(`SIP/2.0/UDP ${value}`);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('goes out as it came in', () => {
    const property = fc.property(mutated, (text) => {
      const bytes = Buffer.from(text, 'latin1');
      const outcome = parseMessage(bytes, { framed: true });
      if (!outcome.ok) return;
      const sent = Buffer.from(serializeMessage(outcome.value)).toString('latin1');
      expect(sent).toBe(text.slice(leadingCrlf(text)));
    });
    fc.assert(property, { numRuns: 2000 });
    expect(parseMessage(Buffer.from(SEED, 'latin1'), { framed: true }).ok).toBe(true);
  });

  it('is cut by the framer where the parser sees its end', () => {
    const property = fc.property(mutated, fc.nat(), (text, split) => {
      const bytes = Buffer.from(text, 'latin1');
      const messages: string[] = [];
      const framer = new StreamFramer({
        onMessage: (message) => messages.push(Buffer.from(message).toString('latin1')),
        onRefused: () => messages.push('refused'),
      });
      framer.push(bytes.subarray(0, split % (bytes.length + 1)));
      framer.push(bytes.subarray(split % (bytes.length + 1)));
      const alone = parseMessage(bytes, { framed: true });
      if (alone.ok) expect(messages).toEqual([text.slice(leadingCrlf(text))]);
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe('what is built', () => {
  const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const clean = words.filter((text) => !/[\r\n\0]/.test(text));

  it('is the same when it is parsed again', () => {
    const property = fc.property(clean, clean, clean, (user, displayName, value) => {
      const uri = new SipUri({ user, host: 'h.example', params: [['p', value]] });
      const params = new Params([['x', value]]);
      const address = new NameAddr({ displayName, uri, params });
      const again = NameAddr.parse(address.toString());
      if (!again.ok) throw new Error(again.refusal.message);
      expect(again.value.displayName).toBe(displayName);
      expect(again.value.params.get('X')).toBe(value);
      if (again.value.uri.scheme !== 'sip') throw new Error('another scheme');
      expect(again.value.uri.equals(uri)).toBe(true);
      expect('user' in again.value.uri && again.value.uri.user).toBe(user);
    });
    fc.assert(property);
  });

  it('refuses CR, LF and NUL where a value enters', () => {
    const headers = new Headers();
    for (const bad of ['\r', '\n', '\0', '\r\nVia: x']) {
      expect(() => headers.set('Subject', `a${bad}b`)).toThrow(/CR, LF or NUL/);
      expect(() => new Params().set('a', bad)).toThrow(/CR, LF or NUL/);
      const uri = new SipUri({ user: `a${bad}`, host: 'h' });
      expect(String(uri)).not.toContain(bad);
      expect(() => new SipRequest({ method: `A${bad}`, uri })).toThrow(/token/);
    }
    expect(() => headers.set('a\r\nb', '')).toThrow(/header name/);
  });
});

function leadingCrlf(text: string): number {
  let at = 0;
  while (text.startsWith('\r\n', at)) at += 2;
  return at;
}
