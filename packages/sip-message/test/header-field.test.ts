import { describe, expect, it } from 'vitest';
import {
  createResponse,
  headerField,
  Headers,
  NameAddr,
  parseMessage,
  serializeMessage,
  SipRequest,
  uri,
} from '../src/index.ts';

const ENTRIES: [string, string][] = [
  ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa'],
  ['Max-Forwards', '70'],
  ['From', '"Alice" <sip:alice@example.com>;tag=a'],
  ['To', '<sip:bob@example.com>'],
  ['call-id', 'x@example.com'],
  ['CSeq', '1 INVITE'],
  ['X-Other', 'a, b'],
];
const init = { method: 'INVITE', uri: uri('sip:bob@example.com') };
const ofEntries = (): SipRequest => new SipRequest({ ...init, headers: ENTRIES });
const ofFields = (): SipRequest => {
  const fields = ENTRIES.map(([name, value]) => headerField(name, value));
  return new SipRequest({ ...init, headers: Headers.withFields(fields) });
};
const wire = (request: SipRequest): string => Buffer.from(serializeMessage(request)).toString();

describe('fields that were checked once', () => {
  it('make the message that names and values make', () => {
    expect(wire(ofFields())).toBe(wire(ofEntries()));
  });

  it('stand in several messages, of which none changes another', () => {
    const fields = ENTRIES.map(([name, value]) => headerField(name, value));
    const one = new SipRequest({ ...init, headers: Headers.withFields(fields) });
    const other = new SipRequest({ ...init, headers: Headers.withFields(fields) });
    one.headers.set('To', '<sip:carol@example.com>;tag=c').remove('Via');
    expect(one.toTag).toBe('c');
    expect(other.toTag).toBeUndefined();
    expect(wire(other)).toBe(wire(ofEntries()));
  });

  it('are refused where they could become lines of their own, or have no name', () => {
    expect(() => headerField('Subject', 'a\r\nVia: b')).toThrow(/CR, LF/);
    expect(() => headerField('no name', 'a')).toThrow(/character/);
  });

  it('are added behind all others, and read anew', () => {
    const { headers } = ofFields();
    expect(headers.get('allow')).toBeUndefined();
    headers.addField(headerField('allow', 'INVITE, ACK'));
    expect(headers.get('allow')).toEqual(['INVITE', 'ACK']);
    headers.addField(headerField('Allow', 'BYE'));
    expect(headers.get('allow')).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(headers.raw('Allow')).toEqual(['INVITE, ACK', 'BYE']);
  });

  it('tell the tag that was put there', () => {
    const headers = Headers.withFields([headerField('From', '<sip:a@b>;tag=t', 't')]);
    const request = new SipRequest({ ...init, headers });
    expect(request.fromTag).toBe('t');
    expect(request.fromTag).toBe(request.from.tag);
  });
});

describe('the tag of an address that was set here', () => {
  it.each([
    '<sip:bob@example.com>',
    'sip:bob@example.com',
    '"Bob" <sip:bob@example.com>',
    '<sip:bob@example.com>;tag=1',
    '<sip:bob@example.com>;x=1;tag=2;y',
    'sip:bob@example.com;tag=3',
    '<sip:bob@example.com;tag=4>',
    '"<>" <sip:bob@example.com>;tag=5',
    '<sip:bob@example.com>;x=">"',
    '"a>" <sip:bob@example.com> ; tag=6',
  ])('of %s is that of the whole grammar, and of the answer too', (text) => {
    const request = ofEntries();
    request.headers.set('To', text);
    const { tag } = request.to;
    expect(ofSet(text).toTag).toBe(tag);
    const answer = createResponse(ofSet(text), 200, { toTag: 'ours' });
    expect(answer.toTag).toBe(tag ?? 'ours');
    expect(answer.to.tag).toBe(tag ?? 'ours');
    expect(String(answer.to.withTag(undefined))).toBe(String(request.to.withTag(undefined)));
    const parsed = parseMessage(serializeMessage(answer));
    expect(parsed.ok && parsed.value.toTag).toBe(tag ?? 'ours');
  });

  function ofSet(text: string): SipRequest {
    const request = ofEntries();
    request.headers.set('To', text);
    return request;
  }
});

it('reads a field once for all copies of its message', () => {
  const request = ofFields();
  const copy = request.clone();
  expect(copy.from).toBeInstanceOf(NameAddr);
  expect(request.from).toBe(copy.from);
  expect(request.via).toBe(copy.via);
  copy.headers.set('From', '<sip:carol@example.com>;tag=c');
  expect(request.from.tag).toBe('a');
});
