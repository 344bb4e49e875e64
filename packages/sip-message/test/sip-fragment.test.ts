import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SipFragment, uri } from '../src/index.ts';

function fragment(text: string): SipFragment {
  const outcome = SipFragment.parse(Buffer.from(text, 'latin1'));
  if (outcome.ok) return outcome.value;
  throw new Error(`${outcome.refusal.code} at ${outcome.refusal.at}`);
}

function sent(given: SipFragment): string {
  return Buffer.from(given.toBytes()).toString('latin1');
}

describe('SipFragment (RFC 3420 §2.1)', () => {
  it('gives the status of the call that a REFER asked for', () => {
    for (const text of [
      'SIP/2.0 100 Trying',
      'SIP/2.0 100 Trying\r\n',
      'SIP/2.0 100 Trying\r\n\r\n',
    ]) {
      expect(fragment(text).status).toBe(100);
    }
    expect(fragment('SIP/2.0 503 ').start).toEqual({ status: 503, reason: '' });
  });

  // The examples of RFC 3420 §3.1, and §3.2 with and without its body.
  it.each([
    'INVITE sip:alice@atlanta.com SIP/2.0\r\n',
    'INVITE sip:alice@atlanta.com SIP/2.0\r\nTo: <sip:alice@atlanta.com>\r\nCSeq: 1 INVITE\r\n',
    'SIP/2.0 603 Declined\r\n',
    'From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\nContact: <sip:alice@pc33.atlanta.com>\r\n',
    'f : Alice\r\n  <sip:alice@atlanta.com>\r\n',
    'INVITE sip:bob@biloxi.com SIP/2.0\r\nCall-ID: 1\r\n\r\nv=0\r\n\r\nx',
    'Content-Type: application/sdp\r\n\r\nv=0',
    'MESSAGE tel:+1-2 SIP/2.0\r\n',
    '',
  ])('goes out as it came in: %j', (text) => {
    expect(sent(fragment(text))).toBe(text);
  });

  it('gives typed headers and the body', () => {
    const given = fragment('INVITE tel:+12 SIP/2.0\r\nf: <sip:a@a>;tag=1\r\n\r\n\r\nbody');
    expect(given.start).toMatchObject({ method: 'INVITE' });
    expect(given.headers.get('from')?.tag).toBe('1');
    expect(Buffer.from(given.body).toString()).toBe('\r\nbody');
    expect(given.status).toBeUndefined();
    expect(fragment('\r\nbody').body.length).toBe(4);
  });

  it('is built from values', () => {
    expect(sent(new SipFragment({ start: { status: 180 } }))).toBe('SIP/2.0 180 Ringing\r\n');
    const built = new SipFragment({
      start: { method: 'INVITE', uri: uri('sip:b@b.example') },
      headers: [['Subject', 'x']],
      body: 'é',
    });
    expect(Buffer.from(built.toBytes()).toString()).toBe(
      'INVITE sip:b@b.example SIP/2.0\r\nSubject: x\r\n\r\né',
    );
  });

  it('cannot be built with an injection', () => {
    const target = uri('sip:b');
    expect(() => new SipFragment({ start: { status: 200, reason: 'OK\r\nX: y' } })).toThrow(
      /CR, LF/,
    );
    expect(() => new SipFragment({ start: { method: 'A\r\n', uri: target } })).toThrow(
      /start line/,
    );
    expect(() => new SipFragment({ start: { status: 99 } })).toThrow(/start line/);
    expect(() => new SipFragment({ headers: [['Subject', 'a\nb']] })).toThrow(/CR, LF/);
  });

  it.each([
    ['SIP/2.0 200', 'accepted', 0],
    ['SIP/2.0 999 x', 'BAD_START_LINE', 8],
    ['SIP/2.0 200 O\nK', 'BAD_START_LINE', 13],
    ['SIP/2.0 200 OK\r\nno colon\r\n', 'BAD_HEADER_NAME', 19],
    ['SIP/2.0 200 OK\r\nA: b\r\nC: d\n\r\n', 'BARE_CR_OR_LF', 26],
    ['hello world', 'BAD_START_LINE', 0],
    ['INVITE sip:a@b@c SIP/2.0', 'BAD_URI', 14],
    ['INVITE sip:a SIP/3.0', 'BAD_VERSION', 13],
  ])('tells what is wrong and where: %j', (text, code, at) => {
    const outcome = SipFragment.parse(Buffer.from(text, 'latin1'));
    if (outcome.ok) expect(code).toBe('accepted');
    else expect(outcome.refusal).toMatchObject({ code, at });
  });

  it('is bounded', () => {
    const large = Buffer.from('x'.repeat(70_000));
    const outcome = SipFragment.parse(large);
    expect(outcome.ok || outcome.refusal.status).toBe(413);
    const lines = Buffer.from('X: y\r\n'.repeat(300));
    const many = SipFragment.parse(lines);
    expect(many.ok || many.refusal.code).toBe('TOO_MANY_HEADERS');
  });

  it('never throws', () => {
    const pieces = fc.constantFrom(
      'SIP/2.0 ',
      '200',
      ' ',
      '\r\n',
      '\n',
      '\0',
      ':',
      'A',
      'sip:a',
      'é',
    );
    const property = fc.property(fc.array(pieces, { maxLength: 14 }), (all) => {
      const outcome = SipFragment.parse(Buffer.from(all.join('')));
      if (outcome.ok) SipFragment.parse(outcome.value.toBytes());
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
