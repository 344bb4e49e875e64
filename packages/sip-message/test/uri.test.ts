import { describe, expect, it } from 'vitest';
import { NameAddr, parseUri, SipUri, uri } from '../src/index.ts';

const EQUAL: [string, string][] = [
  ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
  ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
  ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
  ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
  [
    'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
    'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
  ],
  [
    'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
    'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
  ],
  ['tel:+1-201-555-0123', 'tel:+12015550123'],
  ['tel:7042;phone-context=example.com', 'tel:7042;phone-context=EXAMPLE.com'],
  // RFC 3966 §4: separators and case do not count, nor does the order of parameters.
  ['tel:+358-555-1234567;postd=pp22', 'tel:+3585551234567;POSTD=PP22'],
  ['tel:863-1234;phone-context=+1-914-555', 'tel:8631234;phone-context=+1914555'],
  ['tel:+1(212)555.0101;ext=1-2;isub=1', 'TEL:+12125550101;isub=1;ext=12'],
  ['tel:*a#;phone-context=x', 'tel:*A#;phone-context=x'],
  ['tel:+1;x=%41', 'tel:+1;x=a'],
  ['sip:a@h;n%61me=x;%6C%72', 'sip:a@h;name=x;lr'],
  // RFC 5954 §4.2.
  ['sip:bob@[::ffff:192.0.2.128]', 'sip:bob@[::ffff:c000:280]'],
  ['sip:bob@[2001:db8::9:1]', 'sip:bob@[2001:db8::9:01]'],
  ['sip:bob@[0:0:0:0:0:FFFF:129.144.52.38]:5060', 'sip:bob@[::ffff:129.144.52.38]:5060'],
];

const DIFFERENT: [string, string][] = [
  ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
  ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
  ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
  ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
  ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
  ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
  ['sip:carol@chicago.com;security=off', 'sip:carol@chicago.com;security=on'],
  ['sip:bob@biloxi.com', 'sips:bob@biloxi.com'],
  ['sip:a%3Bb@biloxi.com', 'sip:a;b@biloxi.com'],
  ['sip:null-%00-null@h', 'sip:null-%00%00-null@h'],
  ['sip:bob:secret@h', 'sip:bob@h'],
  ['tel:+12015550123', 'sip:+12015550123@h;user=phone'],
  ['tel:12015550123;phone-context=x', 'tel:+12015550123;phone-context=x'],
  ['tel:+1;ext=1', 'tel:+1'],
  ['tel:+1;ext=1', 'tel:+1;ext=2'],
  ['tel:7042;phone-context=a', 'tel:7042;phone-context=b'],
  ['sip:bob@[2001:db8::9:1]', 'sip:bob@[2001:db8::9:2]'],
  ['sip:bob@[::1]', 'sip:bob@[::1]:5060'],
  ['urn:service:sos', 'urn:service:fire'],
];

describe('URI equality (RFC 3261 §19.1.4, RFC 3966 §4)', () => {
  it.each(EQUAL)('%s equals %s', (a, b) => {
    expect(uri(a).equals(uri(b))).toBe(true);
    expect(uri(b).equals(uri(a))).toBe(true);
  });

  it.each(DIFFERENT)('%s differs from %s', (a, b) => {
    expect(uri(a).equals(uri(b))).toBe(false);
    expect(uri(b).equals(uri(a))).toBe(false);
  });
});

describe('SipUri', () => {
  it('gives its parts without escapes and prints what came (RFC 3261 §19.1.1, §19.1.2)', () => {
    const text = 'sips:al%69ce;day=tues:se%20cret@[2001:DB8::1]:5061;lr;name=value%2541?h=%41';
    const parsed = uri(text);
    if (!(parsed instanceof SipUri)) throw new Error('no SIP URI');
    expect(parsed.user).toBe('alice;day=tues');
    expect(parsed.password).toBe('se cret');
    expect(parsed.host).toBe('2001:db8::1');
    expect(parsed.port).toBe(5061);
    expect(parsed.params.get('lr')).toBe('');
    expect(parsed.params.get('name')).toBe('value%41');
    expect(parsed.headers).toEqual([['h', 'A']]);
    expect(parsed.toString()).toBe(text);
    expect(parsed.with({ port: undefined, headers: [], password: undefined }).toString()).toBe(
      'sips:alice;day=tues@[2001:db8::1];lr;name=value%2541',
    );
  });

  it('prints parameters that were changed', () => {
    const parsed = uri('sip:a@h;lr');
    if (!(parsed instanceof SipUri)) throw new Error('no SIP URI');
    parsed.params.set('maddr', '192.0.2.1').delete('lr');
    expect(parsed.toString()).toBe('sip:a@h;maddr=192.0.2.1');
  });

  it('refuses to be built of what cannot be sent', () => {
    for (const host of ['', 'a b', 'a@b', 'x;y', '1:2', 'a\r\nb']) {
      expect(() => new SipUri({ host })).toThrow(/host/);
    }
    expect(() => new SipUri({ host: 'h', port: 65_536 })).toThrow(/port/);
    expect(String(new SipUri({ user: 'a\r\nb@c%', host: 'h' }))).toBe('sip:a%0D%0Ab%40c%25@h');
  });
});

describe('parseUri (RFC 3261 §19.1.1)', () => {
  it.each([
    '',
    'sip',
    ':x',
    'sip:',
    'sip:@h',
    'sip:a@',
    'sip:a b@h',
    'sip:a@h:',
    'sip:a@h:65536',
    'sip:a@h:5x',
    'sip:a@h;',
    'sip:a@h;=x',
    'sip:a@h?',
    'sip:a@h?x',
    'sip:a%4@h',
    'sip:a@[::1',
    'sip:a@[1]',
    'sip:a@[1:2:3]',
    'sip:a@[::1::]',
    'sip:a@[1:2:3:4:5:6:7:8:9]',
    'sip:a@[1:2:3:4:5:6:7::8:9]',
    'sip:a@[12345::]',
    'sip:a@[2001:db8:::192.0.2.1]',
    'sip:a@[::1.2.3]',
    'sip:a@[::1.2.3.256]',
    'sip:a@[::1.2.3.4:5]',
    'sip:a@[:1:2:3:4:5:6:7:8]',
    'sip:a@[fe80::1%eth0]',
    'sip:a@2001:db8::1',
    'sip:a@h ',
    '<sip:a@h>',
    'tel:',
    'tel:abcxyz',
    'http:a b',
  ])('refuses %j', (text) => {
    const outcome = parseUri(text);
    expect(outcome.ok || outcome.refusal.code).toBe('BAD_URI');
  });
});

describe('NameAddr', () => {
  it('keeps URI parameters and header parameters apart', () => {
    const bare = NameAddr.parse('sip:a@h;tag=1');
    const bracketed = NameAddr.parse('<sip:a@h;tag=1>');
    expect(bare.ok && bare.value.tag).toBe('1');
    expect(bracketed.ok && bracketed.value.tag).toBeUndefined();
  });

  it('wants brackets around a URI with a question mark (RFC 3261 §20)', () => {
    expect(NameAddr.parse('sip:a@h?x=y').ok).toBe(false);
    expect(NameAddr.parse('<sip:a@h?x=y>').ok).toBe(true);
  });

  it('gives a copy with another tag', () => {
    const parsed = NameAddr.parse('"A" <sip:a@h>;x;tag=1');
    if (!parsed.ok) throw new Error('refused');
    expect(String(parsed.value.withTag('2'))).toBe('"A" <sip:a@h>;x;tag=2');
    expect(String(parsed.value.withTag(undefined))).toBe('"A" <sip:a@h>;x');
    expect(parsed.value.tag).toBe('1');
  });
});
