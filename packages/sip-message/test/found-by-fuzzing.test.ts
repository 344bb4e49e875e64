import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  createResponse,
  Headers,
  NameAddr,
  parseMessage,
  parseUri,
  serializeMessage,
  type SipMessage,
  uri,
  Via,
} from '../src/index.ts';

const BASE = ['From: <sip:a@a>', 'To: <sip:b@b>', 'Call-ID: c', 'CSeq: 1 OPTIONS'];

function options(...lines: string[]): SipMessage {
  const text = ['OPTIONS sip:b SIP/2.0', ...BASE, ...lines, '', ''].join('\r\n');
  const outcome = parseMessage(Buffer.from(text, 'latin1'));
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}

function firstContact(headers: Headers): NameAddr | undefined {
  const [first] = headers.get('contact') ?? [];
  return first instanceof NameAddr ? first : undefined;
}

describe('credentials of a scheme other than Digest', () => {
  it('end where their header field ends', () => {
    const { headers } = options('Via: SIP/2.0/UDP a', 'Authorization: Basic QWxh ==', 'X-Next: 1');
    const [credentials] = headers.get('authorization') ?? [];
    expect(String(credentials)).toBe('Basic QWxh ==');
  });
});

describe('the topmost Via', () => {
  it('stays readable when a lower one was found broken', () => {
    const message = options('Via: SIP/2.0/UDP a.example ;branch=z9hG4bK1', 'Via:');
    expect(message.headers.get('via')).toBeUndefined();
    expect(message.via.host).toBe('a.example');
    expect(message.branch).toBe('z9hG4bK1');
  });

  it('may have space behind its last slash (RFC 3261 §25.1)', () => {
    const outcome = Via.parse('SIP/2.0/ UDP a.example');
    expect(outcome.ok && outcome.value.transport).toBe('UDP');
  });
});

describe('Authentication-Info', () => {
  it('is set as it is read', () => {
    const { headers } = options(
      'Via: SIP/2.0/UDP a',
      'Authentication-Info: nextnonce="x", nc=00000001',
    );
    const read = headers.get('authentication-info');
    expect(read?.get('nextnonce')).toBe('x');
    const own = new Headers([['Authentication-Info', read ?? '']]);
    expect(own.raw('authentication-info')).toEqual(['nextnonce="x", nc=00000001']);
    expect(own.get('authentication-info')?.get('nc')).toBe('00000001');
  });
});

describe('space before the first parameter', () => {
  it('is none of its own once they are changed', () => {
    const spaced = options('Via: SIP/2.0/UDP a', 'Contact: <sip:c> ;x ; y').headers;
    const contact = firstContact(spaced);
    expect([...(contact?.params ?? [])]).toEqual([
      ['x', undefined],
      ['y', undefined],
    ]);
    expect(contact?.params.size).toBe(2);
    expect(String(contact)).toBe('<sip:c> ;x ; y');
    contact?.params.set('z');
    expect(String(contact)).toBe('<sip:c>;x;y;z');
    const via = Via.parse('SIP/2.0/UDP a ;branch=z9hG4bK1');
    if (via.ok) via.value.params.set('received', '192.0.2.1');
    expect(via.ok && String(via.value)).toBe('SIP/2.0/UDP a;branch=z9hG4bK1;received=192.0.2.1');
  });

  it('does not spoil the answer that a tag is added to', () => {
    const lines = ['From: <sip:a@a>', 'To: <sip:b@b> ;user', 'Call-ID: c', 'CSeq: 1 OPTIONS'];
    const text = ['OPTIONS sip:b SIP/2.0', 'Via: SIP/2.0/UDP a', ...lines, '', ''].join('\r\n');
    const outcome = parseMessage(Buffer.from(text, 'latin1'));
    if (!outcome.ok || outcome.value.kind !== 'request') throw new Error('refused');
    const answer = createResponse(outcome.value, 200, { toTag: 't' });
    expect(String(answer.to)).toBe('<sip:b@b>;user;tag=t');
    expect(parseMessage(serializeMessage(answer)).ok).toBe(true);
  });
});

describe('a parameter without a value', () => {
  it('ends where it is, not behind the space that follows', () => {
    const { headers } = options('Via: SIP/2.0/UDP a', 'Contact: <sip:c>;q= ,<sip:d>');
    expect([...(headers.get('contact') ?? [])].map(String)).toEqual(['<sip:c>;q=', '<sip:d>']);
    expect(firstContact(headers)?.params.get('q')).toBe('');
  });
});

describe('URIs', () => {
  it('of telephones keep the case of their scheme', () => {
    expect(String(uri('TEL:+1-201'))).toBe('TEL:+1-201');
    expect(uri('TEL:+1-201').equals(uri('tel:+1201'))).toBe(true);
  });

  it('with a parameter twice equal themselves', () => {
    const outcome = parseUri('sip:a;transport=tcp;transport');
    expect(outcome.ok && outcome.value.equals(outcome.value)).toBe(true);
  });
});
