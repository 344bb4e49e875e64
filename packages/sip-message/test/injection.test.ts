import { describe, expect, it } from 'vitest';
import {
  Challenge,
  composeMultipart,
  createResponse,
  Credentials,
  Headers,
  NameAddr,
  OtherUri,
  Params,
  parseMessage,
  SipFragment,
  SipRequest,
  SipResponse,
  SipUri,
  serializeMessage,
  TelUri,
  uri,
  Via,
} from '../src/index.ts';
import { optionsWith } from './check-inputs.ts';

const target = uri('sip:b@b.example');
const digest = { username: 'u', realm: 'r', nonce: 'n', uri: 'sip:b', response: '0' };

function received(): SipRequest {
  const outcome = parseMessage(optionsWith({}));
  if (!outcome.ok || outcome.value.kind === 'response') throw new Error('refused');
  return outcome.value;
}

function withReason(reason: string): Uint8Array {
  const response = createResponse(received(), 200);
  response.reason = reason;
  return serializeMessage(response);
}

function withMethod(method: string): Uint8Array {
  const request = received().clone();
  request.method = method;
  return serializeMessage(request);
}

/** Every door through which a value enters a message. */
const DOORS: [string, (bad: string) => unknown][] = [
  ['the value of a header', (bad) => new Headers([['Subject', bad]])],
  ['set', (bad) => new Headers().set('X', bad)],
  ['append', (bad) => new Headers().append('X', [`a`, bad])],
  ['prepend', (bad) => new Headers().prepend('X', bad)],
  ['the name of a header', (bad) => new Headers([[bad, 'x']])],
  ['a typed value', (bad) => new Headers([['Event', { value: bad, params: '' }]])],
  ['a CSeq', (bad) => new Headers([['CSeq', { number: 1, method: bad }]])],
  [
    'a media type',
    (bad) => new Headers([['Content-Type', { type: bad, subtype: 'x', params: '' }]]),
  ],
  [
    'a dialog reference',
    (bad) => new Headers([['Replaces', { callId: bad, toTag: '', fromTag: '' }]]),
  ],
  ['an Identity', (bad) => new Headers([['Identity', { token: 'x', info: bad }]])],
  ['a parameter', (bad) => new Params([['x', bad]])],
  ['the name of a parameter', (bad) => new Params([[bad]])],
  ['the name of a URI parameter', (bad) => new SipUri({ host: 'h', params: [[bad]] })],
  ['a tag', (bad) => new NameAddr({ uri: target }).withTag(bad)],
  ['the tag of a response', (bad) => createResponse(received(), 200, { toTag: bad })],
  ['the host of a URI', (bad) => new SipUri({ host: bad })],
  ['a telephone number', (bad) => new TelUri({ number: `1${bad}` })],
  ['another URI', (bad) => new OtherUri({ scheme: 'urn', opaque: bad })],
  ['the scheme of another URI', (bad) => new OtherUri({ scheme: bad, opaque: 'x' })],
  ['a URI of the program', (bad) => uri(`sip:a@b${bad}`)],
  ['the host of a Via', (bad) => new Via({ transport: 'UDP', host: bad })],
  ['the transport of a Via', (bad) => new Via({ transport: bad, host: 'h' })],
  ['a method', (bad) => new SipRequest({ method: bad, uri: target })],
  ['a method that is assigned', withMethod],
  ['a reason phrase', (bad) => new SipResponse({ status: 200, reason: bad })],
  ['a reason phrase that is assigned', withReason],
  ['the reason of a response', (bad) => createResponse(received(), 200, { reason: bad })],
  ['a realm', (bad) => new Challenge({ realm: bad, nonce: 'n' })],
  ['a nonce', (bad) => new Challenge({ realm: 'r', nonce: bad })],
  ['an algorithm', (bad) => new Challenge({ realm: 'r', nonce: 'n', algorithm: bad })],
  ['qop', (bad) => new Challenge({ realm: 'r', nonce: 'n', qop: [bad] })],
  ['opaque', (bad) => new Challenge({ realm: 'r', nonce: 'n', opaque: bad })],
  ['a user name', (bad) => new Credentials({ ...digest, username: bad })],
  ['a digest-uri', (bad) => new Credentials({ ...digest, uri: bad })],
  ['a cnonce', (bad) => new Credentials({ ...digest, cnonce: bad })],
  [
    'the header of a part',
    (bad) => composeMultipart([{ headers: [['Content-ID', bad]], body: '' }]),
  ],
  ['a boundary', (bad) => composeMultipart([{ body: '' }], { boundary: bad })],
  ['the header of a fragment', (bad) => new SipFragment({ headers: [['X', bad]] })],
  ['the reason of a fragment', (bad) => new SipFragment({ start: { status: 200, reason: bad } })],
  ['the method of a fragment', (bad) => new SipFragment({ start: { method: bad, uri: target } })],
];

describe('CR, LF and NUL', () => {
  it.each(DOORS)('are refused where they enter: %s', (_, enter) => {
    for (const bad of ['\r', '\n', '\0', 'a\r\nVia: SIP/2.0/UDP x', 'a\nb', 'a\0b']) {
      expect(() => enter(bad), JSON.stringify(bad)).toThrow();
    }
    expect(() => enter('\u2028')).not.toThrow(/CR, LF or NUL/);
  });

  it('are refused in a display name, but for a NUL, which a peer can send and becomes a space', () => {
    for (const bad of ['\r', '\n', 'a\r\nb']) {
      expect(() => new NameAddr({ displayName: bad, uri: target })).toThrow(/CR, LF or NUL/);
    }
    expect(String(new NameAddr({ displayName: 'a\0b', uri: target }))).toBe(`"a b" <${target}>`);
  });

  it('are escaped in the parts of a URI, and so are no line', () => {
    const bad = 'a\r\n\0';
    const built = new SipUri({
      user: bad,
      password: bad,
      host: 'h',
      params: [['x', bad]],
      headers: [[bad, bad]],
    });
    expect(String(built)).not.toMatch(/[\r\n\0]/);
    expect(built.user).toBe(bad);
    expect(built.headers).toEqual([[bad, bad]]);
    expect(String(new TelUri({ number: '1', params: [['x', bad]] }))).not.toMatch(/[\r\n\0]/);
  });

  it('are found whatever else a constructor is given that only readers have', () => {
    const bad = 'h\r\nX-Injected: y';
    const spans = { text: '', nameFrom: 0, nameEnd: 0, paramsFrom: 0, paramsEnd: 0 } as never;
    expect(() => new Via({ transport: 'UDP', host: bad }, spans)).toThrow(/Via/);
    expect(() => new NameAddr({ displayName: bad, uri: target }, spans)).toThrow(/CR, LF or NUL/);
  });
});
