import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  createResponse,
  type Headers,
  type Parsed,
  parseMessage,
  type SipMessage,
  SipRequest,
  serializeMessage,
  uri,
  Via,
  NameAddr,
  validateMessage,
} from '../src/index.ts';

const INVITE = [
  'INVITE sip:bob@biloxi.example.com SIP/2.0',
  'Via: SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74bf9;rport, SIP/2.0/UDP x',
  'Max-Forwards: 70',
  'f: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl',
  'To: "Bob \\"B\\"" <sip:bob@biloxi.example.com>',
  'Call-ID: 3848276298220188511@atlanta.example.com',
  'CSeq: 1 INVITE',
  'Subject: one',
  '  two',
  'l: 4',
  '',
  'body',
].join('\r\n');

function accepted<T>(outcome: Parsed<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(`${outcome.refusal.code} at ${outcome.refusal.at}: ${outcome.refusal.message}`);
}

function parse(text: string): SipMessage {
  return accepted(parseMessage(Buffer.from(text, 'utf8')));
}

function request(text: string): SipRequest {
  const message = parse(text);
  if (message.kind === 'response') throw new Error('a response');
  return message;
}

describe('parseMessage', () => {
  it('gives the typed mandatory headers of a request (RFC 3261 §8.1.1)', () => {
    const message = request(INVITE);
    expect(message.method).toBe('INVITE');
    expect(message.uri.toString()).toBe('sip:bob@biloxi.example.com');
    expect(message.via.branch).toBe('z9hG4bK74bf9');
    expect(message.via.rport).toBe('');
    expect(message.via.port).toBe(5060);
    expect(message.headers.get('Via')?.[1]?.host).toBe('x');
    expect(message.from.tag).toBe('9fxced76sl');
    expect(message.from.displayName).toBe('Alice');
    expect(message.to.displayName).toBe('Bob "B"');
    expect(message.to.tag).toBeUndefined();
    expect(message.cseq).toEqual({ number: 1, method: 'INVITE' });
    expect(message.headers.get('subject')).toBe('one two');
    expect(message.text()).toBe('body');
    expect(validateMessage(message)).toBeUndefined();
  });

  it('is undone by serializeMessage, byte for byte', () => {
    expect(Buffer.from(serializeMessage(parse(INVITE))).toString()).toBe(INVITE);
  });

  it('leaves untouched fields as they came when another is set', () => {
    const message = request(INVITE).clone();
    message.headers.set('max-forwards', 69);
    message.headers.prepend('via', new Via({ transport: 'udp', host: '::1', port: 5062 }));
    const text = Buffer.from(serializeMessage(message)).toString();
    expect(text).toBe(
      INVITE.replace('Forwards: 70', 'Forwards: 69').replace(
        'Via:',
        'Via: SIP/2.0/UDP [::1]:5062\r\nVia:',
      ),
    );
  });
});

describe('createResponse', () => {
  it('copies what RFC 3261 §8.2.6 demands and adds the tag', () => {
    const response = createResponse(request(INVITE), 180, { toTag: 'abc' });
    expect(response.reason).toBe('Ringing');
    expect(response.to.tag).toBe('abc');
    expect(response.headers.get('via')?.length).toBe(2);
    expect(parse(Buffer.from(serializeMessage(response)).toString()).callId).toBe(
      '3848276298220188511@atlanta.example.com',
    );
  });
});

describe('SipRequest', () => {
  it('is built from typed values', () => {
    const built = new SipRequest({
      method: 'OPTIONS',
      uri: uri('sips:bob@[2001:db8::1]:5061;transport=tcp'),
      headers: [
        ['Via', new Via({ transport: 'TCP', host: 'a.example', params: [['branch', 'z9hG4bKx']] })],
        ['From', new NameAddr({ uri: uri('sip:a@a.example'), params: [['tag', '1']] })],
        ['To', new NameAddr({ uri: uri('tel:+1-201-555-0123') })],
        ['Call-ID', 'x@y'],
        ['CSeq', { number: 7, method: 'OPTIONS' }],
        ['Supported', ['timer', '100rel']],
      ],
      body: 'é',
    });
    const again = request(Buffer.from(serializeMessage(built)).toString());
    expect(again.cseq.number).toBe(7);
    expect(again.headers.get('supported')).toEqual(['timer', '100rel']);
    expect(again.headers.get('content-length')).toBe(2);
    expect(again.uri.toString()).toBe('sips:bob@[2001:db8::1]:5061;transport=tcp');
  });
});

describe('what was read of a header', () => {
  const contacts = (headers: Headers): string[] => [...(headers.get('contact') ?? [])].map(String);

  it('stays what it was when others are changed, and is read again when it was', () => {
    const fields = 'Contact: <sip:a@h>\r\nContact: <sip:b@h>\r\nSubject: one';
    const { headers } = request(INVITE.replace('Subject: one', fields));
    const first = headers.get('contact');
    expect(contacts(headers)).toEqual(['<sip:a@h>', '<sip:b@h>']);
    headers.prepend('Via', 'SIP/2.0/UDP y;branch=z9hG4bKy');
    headers.remove('Max-Forwards');
    expect(headers.get('contact')).toBe(first);
    headers.removeFirst('Contact');
    expect(contacts(headers)).toEqual(['<sip:b@h>']);
    headers.append('Contact', '<sip:c@h>');
    expect(contacts(headers)).toEqual(['<sip:b@h>', '<sip:c@h>']);
    headers.set('Contact', '<sip:d@h>');
    expect(contacts(headers)).toEqual(['<sip:d@h>']);
    headers.prepend('Contact', '<sip:e@h>');
    expect(contacts(headers)).toEqual(['<sip:e@h>', '<sip:d@h>']);
    headers.remove('Contact');
    expect(headers.get('contact')).toBe(undefined);
  });
});
