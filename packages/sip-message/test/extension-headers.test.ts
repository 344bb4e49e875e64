import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  Headers,
  type HeaderInput,
  type HeaderTypes,
  NameAddr,
  parseMessage,
  type SipMessage,
  serializeMessage,
  validateMessage,
} from '../src/index.ts';

const UUID = 'ab30317f1a784dc48ff824d0d3715d86';
const UUID_2 = '47755a9de7794ba387653f2099600ef2';

/** Name, value as a peer sends it, what is read. */
const READ: [keyof HeaderTypes, string, unknown][] = [
  // RFC 3891 §6.1
  [
    'replaces',
    '98732@sip.example.com\t;from-tag=r33th4x0r ;to-tag=ff87ff;early-only',
    { callId: '98732@sip.example.com', toTag: 'ff87ff', fromTag: 'r33th4x0r', isEarlyOnly: true },
  ],
  ['replaces', 'a@b;to-tag=0;from-tag=0', { callId: 'a@b', toTag: '0', fromTag: '0' }],
  [
    'join', // RFC 3911 §7.1
    '12adf2f34456gs5;to-tag=12345;from-tag=54321',
    { callId: '12adf2f34456gs5', toTag: '12345', fromTag: '54321' },
  ],
  [
    'target-dialog', // RFC 4538 §4
    'fa77as7dad8-sd98ajzz@host.example.com;local-tag=kkaz-;remote-tag=6544',
    { callId: 'fa77as7dad8-sd98ajzz@host.example.com', localTag: 'kkaz-', remoteTag: '6544' },
  ],
  // RFC 3262 §7.2, §7.1
  ['rack', '776656 1 INVITE', { rseq: 776_656, cseq: 1, method: 'INVITE' }],
  ['rseq', '988789', 988_789],
  // RFC 4028 §4, §5
  ['session-expires', '4000;refresher=UAC', { seconds: 4000, refresher: 'uac' }],
  ['session-expires', '1800 ; x=y', { seconds: 1800 }],
  ['min-se', '60;x', 60],
  // RFC 4488 §4
  ['refer-sub', 'FALSE', false],
  ['refer-sub', 'true;x=1', true],
  // RFC 3903 §11.3.1, §11.3.2
  ['sip-etag', 'dx200xyz', 'dx200xyz'],
  ['sip-if-match', 'dx200xyz', 'dx200xyz'],
  // RFC 3323 §4.2
  ['privacy', 'header; session ;critical', ['header', 'session', 'critical']],
  ['privacy', 'id, user', ['id', 'user']],
  // RFC 7989 §5
  ['session-id', `${UUID};remote=${UUID_2}`, { local: UUID, remote: UUID_2 }],
  ['session-id', UUID.toUpperCase(), { local: UUID }],
  // RFC 5626 §4.4
  ['flow-timer', '126', 126],
  // RFC 5393 §5.3.1
  ['max-breadth', '60', 60],
  // RFC 3841 §9.1
  ['request-disposition', 'proxy, recurse', ['proxy', 'recurse']],
  [
    'resource-priority', // RFC 4412 §3.1
    'dsn.flash, ets.0',
    [
      { namespace: 'dsn', priority: 'flash' },
      { namespace: 'ets', priority: '0' },
    ],
  ],
  // RFC 4412 §3.2
  ['accept-resource-priority', '', []],
  // RFC 6086 §7.3
  ['recv-info', '', []],
  [
    'identity', // RFC 8224 §4
    'eyJhbGciOiJFUzI1NiJ9..c2ln_-A=;info=<https://cert.example/a.cer>;alg=ES256;ppt="shaken"',
    [
      {
        token: 'eyJhbGciOiJFUzI1NiJ9..c2ln_-A=',
        info: 'https://cert.example/a.cer',
        algorithm: 'ES256',
        ppt: 'shaken',
      },
    ],
  ],
  ['identity', '"a+/=" ', [{ token: 'a+/=' }]],
];

/** What is malformed. */
const MALFORMED: [keyof HeaderTypes, string][] = [
  ['replaces', ''],
  ['replaces', 'a@b'],
  ['replaces', 'a@b;to-tag=1'],
  ['replaces', 'a@b;to-tag=1;from-tag='],
  ['replaces', 'a@b;to-tag=1;to-tag=2;from-tag=3'],
  ['replaces', 'a@b;to-tag=1;from-tag=2, c;to-tag=1;from-tag=2'],
  ['join', 'a;local-tag=1;remote-tag=2'],
  ['target-dialog', 'a;to-tag=1;from-tag=2'],
  ['rack', '1 INVITE'],
  ['rack', '1 2'],
  ['rack', '4294967296 1 INVITE'],
  ['rseq', '-1'],
  ['rseq', '1;x'],
  ['session-expires', 'soon'],
  ['session-expires', '90;refresher=uac;refresher=uas'],
  ['min-se', ''],
  ['refer-sub', 'maybe'],
  ['sip-etag', 'a b'],
  ['privacy', 'id;'],
  ['session-id', 'abc'],
  ['session-id', `${UUID};remote=x`],
  ['flow-timer', '1 s'],
  ['accept-contact', 'sip:a@b'],
  ['resource-priority', 'dsn'],
  ['resource-priority', 'dsn.a.b'],
  ['identity', ';info=<x>'],
  ['identity', 'abc;info=<x'],
  ['identity', 'abc;alg'],
  ['p-asserted-identity', '<sip:a@b'],
  ['path', '<sip:a@b>,'],
  ['event', ';id=1'],
  ['subscription-state', ''],
  ['subscription-state', 'terminated;reason=reason='],
  ['subscription-state', 'terminated;reason=reason=a=b'],
  ['subscription-state', 'terminated;reason=a=b'],
  ['security-client', 'tls;q'.replace('tls', '')],
  ['answer-mode', '@'],
  ['info-package', ''],
];

describe('headers of extensions', () => {
  it.each(READ)('%s: %s', (name, value, expected) => {
    const headers = new Headers([[name, value]]);
    expect(headers.get(name)).toEqual(expected);
  });

  it.each(READ)('can be set to what was read: %s: %s', (name, value, expected) => {
    const read = new Headers([[name, value]]).get(name);
    if (Array.isArray(read) && read.length === 0) return;
    const again = new Headers([[name, read as HeaderInput]]);
    expect(again.get(name)).toEqual(expected);
    expect(
      again
        .clone()
        .set(name, read as HeaderInput)
        .get(name),
    ).toEqual(expected);
  });

  it.each(MALFORMED)('are undefined where they are malformed: %s: %s', (name, value) => {
    const message = invite(`${name}: ${value}`);
    expect(message.headers.get(name)).toBeUndefined();
    expect(message.headers.has(name)).toBe(true);
    const refusal = validateMessage(message, 'all');
    expect(refusal).toMatchObject({ status: 400 });
    expect(refusal?.section).toMatch(/^RFC \d+ §|^draft/);
  });

  // RFC 7044 §5, RFC 3325 §9.1, §9.2, RFC 5806 §4.1, RFC 3515 §2.1, RFC 3892 §3, RFC 3327 §4,
  // RFC 3608 §5
  it('give addresses with their parameters', () => {
    const headers = new Headers([
      ['History-Info', '<sip:bob@a.example?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1, <tel:+1>'],
      ['P-Preferred-Identity', '"A" <sip:a@a.example>'],
      ['P-Asserted-Identity', '<sip:a@a.example>, <tel:+15550100>'],
      ['Diversion', '<sip:x@y>;reason=user-busy;counter=2'],
      ['Refer-To', '<sip:dave@denver.example.org?Replaces=12345%40a%3Bto-tag%3D1%3Bfrom-tag%3D2>'],
      ['b', '<sip:ref@a.example>;cid="2UWQFN309shb3@a.example"'],
      ['Path', '<sip:P3.EXAMPLEHOME.COM;lr>,<sip:P1.EXAMPLEVISITED.COM;lr>'],
      ['Service-Route', '<sip:HSP.HOME.EXAMPLE.COM;lr>'],
    ]);
    expect(headers.get('history-info')?.[0]?.params.get('index')).toBe('1.1');
    expect(headers.get('p-preferred-identity')?.map(({ uri }) => String(uri))).toEqual([
      'sip:a@a.example',
    ]);
    expect(headers.get('p-asserted-identity')?.map(({ uri }) => String(uri))).toEqual([
      'sip:a@a.example',
      'tel:+15550100',
    ]);
    expect(headers.get('diversion')?.[0]?.params.get('reason')).toBe('user-busy');
    expect(headers.get('referred-by')?.params.get('cid')).toBe('2UWQFN309shb3@a.example');
    expect(headers.get('path')?.length).toBe(2);
    expect(headers.get('service-route')?.map(({ uri }) => String(uri))).toEqual([
      'sip:HSP.HOME.EXAMPLE.COM;lr',
    ]);
    const target = headers.get('refer-to')?.uri;
    const replaces = target !== undefined && 'headers' in target ? target.headers[0]?.[1] : '';
    expect(new Headers([['Replaces', replaces ?? '']]).get('replaces')).toEqual({
      callId: '12345@a',
      toTag: '1',
      fromTag: '2',
    });
  });

  // RFC 3841 §9.2, RFC 5373 §3, RFC 6665 §8.2.1, §8.2.3, RFC 3329 §2.2, RFC 6086 §7.2, §7.3
  it('give tokens with their parameters', () => {
    const headers = new Headers([
      ['a', '*;audio;+sip.instance="<urn:uuid:1>";require;explicit'],
      ['Reject-Contact', '*;actor="msg-taker";video'],
      ['Answer-Mode', 'Auto;require'],
      ['Event', 'refer;id=93809824'],
      ['Subscription-State', 'terminated;reason=noresource;retry-after=5'],
      ['Security-Verify', 'ipsec-ike;q=0.1, tls;q=0.2'],
      ['Recv-Info', 'foo, bar;x=1'],
      ['Info-Package', 'foo'],
    ]);
    expect(headers.get('accept-contact')?.[0]?.params.get('+sip.instance')).toBe('<urn:uuid:1>');
    expect(headers.get('reject-contact')?.[0]?.value).toBe('*');
    expect(headers.get('answer-mode')?.params.has('require')).toBe(true);
    expect(headers.get('event')?.params.get('id')).toBe('93809824');
    expect(headers.get('subscription-state')?.params.get('reason')).toBe('noresource');
    expect(headers.get('security-verify')?.map(({ value }) => value)).toEqual(['ipsec-ike', 'tls']);
    expect(headers.get('recv-info')?.[1]?.params.get('x')).toBe('1');
    expect(headers.get('info-package')?.value).toBe('foo');
  });

  it('have the reason that linphone gives twice when a transfer is over', () => {
    const line = 'Subscription-State: terminated;reason=reason=noresource';
    const notify = request('NOTIFY', 'Event: refer', line);
    expect(validateMessage(notify)).toBeUndefined();
    const state = notify.headers.get('subscription-state');
    expect(state?.value).toBe('terminated');
    expect(state?.params.get('reason')).toBe('noresource');
    expect(Buffer.from(serializeMessage(notify)).toString()).toContain(line);
  });

  // RFC 7315 §4.1, §4.2
  it('name the addresses that a network has given to a user', () => {
    const headers = new Headers([
      ['P-Associated-URI', '<sip:alice@home.example>, <tel:+15550100>'],
      ['P-Called-Party-ID', '<sip:alice-business@example.com>;npi=e164'],
    ]);
    expect(headers.get('p-associated-uri')?.map(({ uri }) => String(uri))).toEqual([
      'sip:alice@home.example',
      'tel:+15550100',
    ]);
    expect(String(headers.get('p-called-party-id')?.uri)).toBe('sip:alice-business@example.com');
    expect(headers.get('p-called-party-id')?.params.get('npi')).toBe('e164');
    expect(new Headers([['P-Associated-URI', '']]).get('p-associated-uri')).toEqual([]);
  });

  it('are raw where nothing of ours reads them', () => {
    const { headers } = invite(
      'Geolocation: <cid:a@b>, <http://c>',
      'Feature-Caps: *;+g.3gpp.srvcc',
    );
    expect(headers.get('geolocation')).toEqual(['<cid:a@b>, <http://c>']);
    expect(headers.get('feature-caps')).toEqual(['*;+g.3gpp.srvcc']);
  });

  it('go into a message as typed values', () => {
    const message = invite().clone();
    const address = new NameAddr({ uri: message.from.uri });
    message.headers
      .set('Session-Expires', { seconds: 90, refresher: 'uas' })
      .set('Replaces', { callId: 'x@y', toTag: '1', fromTag: '2', isEarlyOnly: true })
      .set('RAck', { rseq: 1, cseq: 2, method: 'INVITE' })
      .set('Privacy', ['id', 'critical'])
      .set('Refer-Sub', false)
      .set('Identity', { token: 'a.b.c', info: 'https://c', algorithm: 'ES256', ppt: 'shaken' })
      .set('P-Asserted-Identity', [address])
      .append('P-Asserted-Identity', address);
    const text = Buffer.from(serializeMessage(message)).toString();
    expect(text).toContain('\r\nSession-Expires: 90;refresher=uas\r\n');
    expect(text).toContain('\r\nReplaces: x@y;to-tag=1;from-tag=2;early-only\r\n');
    expect(text).toContain('\r\nRAck: 1 2 INVITE\r\n');
    expect(text).toContain('\r\nPrivacy: id;critical\r\n');
    expect(text).toContain('\r\nRefer-Sub: false\r\n');
    expect(text).toContain('\r\nIdentity: a.b.c;info=<https://c>;alg=ES256;ppt="shaken"\r\n');
    expect(text.split('P-Asserted-Identity: <sip:a@a.example>\r\n').length).toBe(3);
  });

  it('cannot be set to an object that has no spelling', () => {
    expect(() => new Headers().set('Subject', { a: 1 })).toThrow(/shape/);
    expect(() => new Headers().set('Rack', { a: 1 })).toThrow(/shape/);
  });
});

describe('validateMessage and malformed extensions', () => {
  it.each([
    'Session-Expires: soon',
    'P-Asserted-Identity: <sip:a@b',
    'Diversion: "x',
    'Session-ID: 1',
    'History-Info: <',
    'RAck: x',
    'Event:',
    'Subscription-State: ;',
  ])('lets a call pass that is not about them: %s', (line) => {
    expect(validateMessage(invite(line))).toBeUndefined();
    expect(validateMessage(invite(line), 'all')).toBeDefined();
  });

  it.each([
    ['INVITE', 'Replaces: x'],
    ['INVITE', 'Replaces: a;to-tag=1;from-tag=2\r\nReplaces: b;to-tag=1;from-tag=2'],
    ['INVITE', 'Join: x'],
    ['REFER', 'Refer-To: <sip:'],
    ['REFER', 'Refer-To: <sip:a@b>\r\nr: <sip:c@d>'],
    ['PRACK', 'RAck: 1'],
    ['SUBSCRIBE', 'Event: ;'],
    ['NOTIFY', 'Subscription-State: ;'],
    ['PUBLISH', 'SIP-If-Match: ,'],
    ['REGISTER', 'Path: <sip:a'],
  ])('refuses a %s that cannot be understood without them: %s', (method, line) => {
    expect(validateMessage(request(method, line))).toMatchObject({ status: 400 });
  });
});

function invite(...lines: string[]): SipMessage {
  return request('INVITE', ...lines);
}

function request(method: string, ...lines: string[]): SipMessage {
  const text = [
    `${method} sip:b@b.example SIP/2.0`,
    'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1',
    'From: <sip:a@a.example>;tag=1',
    'To: <sip:b@b.example>',
    'Call-ID: c',
    `CSeq: 1 ${method}`,
    ...lines,
    '',
    '',
  ].join('\r\n');
  const outcome = parseMessage(Buffer.from(text));
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}
