import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubtfulHeaders } from '../src/doubtful-headers.ts';
import { headerKind } from '../src/header-kinds.ts';
import { headerId, headerKeyOf } from '../src/header-names.ts';
import {
  NameAddr,
  Params,
  parseMessage,
  type SipMessage,
  SipUri,
  validateMessage,
  Via,
} from '../src/index.ts';
import { plainSipUri } from '../src/plain-uri.ts';
import { Reader } from '../src/reader.ts';
import { Fault } from '../src/refusal.ts';
import { readUri } from '../src/uri.ts';
import { conformanceCases } from './conformance.ts';
import { corpusMessages } from './corpus.ts';

const NAMES = ['via', 'from', 'call-id', 'cseq', 'max-forwards', 'content-length', 'contact'];
const MORE = [
  'content-type',
  'content-disposition',
  'allow',
  'date',
  'event',
  'priority',
  'accept',
  'session-expires',
  'recv-info',
  'p-asserted-identity',
];

/** Values to begin with, and what is put into them. */
const VALUES = [
  'SIP/2.0/UDP h.example:5060;branch=z9hG4bK1;rport;received=192.0.2.1',
  '"A b" <sip:a+b@h.example:5061;transport=tcp>;tag=1;x="q;tag=2"',
  'A b <sips:h.example;lr>;TAG=y;q',
  'a@b',
  '1 INVITE',
  '70',
  'application/sdp;level=1',
  'Sat, 13 Nov 2010 23:29:00 GMT',
  '1800;refresher=uac',
];
const PIECES = [
  ...'\t\r\n ;,<>"\\%:@=()[]?&*/+0aZ-._\0'.split(''),
  ';tag=',
  ';branch=',
  'sip:',
  '\r\n ',
  '65536',
  '4294967296',
  '\xe9',
  '1234567890123456',
];

const value = fc
  .record({
    seed: fc.constantFrom(...VALUES),
    edits: fc.array(
      fc.record({ at: fc.nat(70), cut: fc.nat(4), put: fc.constantFrom('', ...PIECES) }),
      { maxLength: 3 },
    ),
  })
  .map(({ seed, edits }) =>
    edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), seed),
  );

/** Where the plain form would not be worth its code. */
const READ_ALWAYS: Readonly<Record<string, string>> = {
  'register.sip': 'authorization',
  'bye.sip': 'reason',
};

function octetsOf(text: string): Uint8Array {
  return Buffer.from(`${text}\r\n`, 'latin1');
}

describe('what is plain', () => {
  it.each([...NAMES, ...MORE])('is well-formed by the whole grammar: %s', (name) => {
    const kind = headerKind(headerId(name));
    if (kind?.plain === undefined) throw new Error('the header has no plain form');
    const property = fc.property(value, (text) => {
      const end = kind.plain?.(octetsOf(text), 0) ?? -1;
      if (end < 0) return;
      const reader = new Reader(text.slice(0, end), '');
      expect(kind.read(reader)).not.toBeInstanceOf(Fault);
      expect(reader.pos).toBe(end);
    });
    fc.assert(property, { numRuns: 1500 });
  });

  it('is well-formed by the whole grammar: URIs', () => {
    const uris = value.map((text) => text.slice(text.indexOf('sip')));
    const property = fc.property(uris, (text) => {
      const end = plainSipUri(octetsOf(text), 0);
      const follows = text.charAt(end);
      if (end >= 0 && (follows === '>' || follows === ' ' || end === text.length)) {
        expect(readUri(text, 0, end)).not.toBeInstanceOf(Fault);
      }
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('are all headers of the messages of every day', () => {
    for (const { name, bytes } of corpusMessages()) {
      const message = parsed(bytes);
      if (message === undefined) throw new Error(`${name} is refused`);
      const names = doubtfulHeaders(message.headers.received, () => true).map(headerKeyOf);
      expect(`${name} ${names}`).toBe(`${name} ${READ_ALWAYS[name] ?? ''}`);
    }
  });
});

describe('keys and validation', () => {
  const fields = fc.record({
    via: fc.oneof(value, fc.constant(VALUES[0])),
    from: fc.oneof(value, fc.constant(VALUES[1])),
    to: fc.oneof(value, fc.constant(VALUES[2])),
    other: fc.tuple(fc.constantFrom(...NAMES, ...MORE, 'v', 't', 'To ', 'l', 'x-a'), value),
  });

  it('are those of the whole grammar, whatever the headers are', () => {
    const property = fc.property(fields, ({ via, from, to, other }) => {
      const lines = [
        `Via: ${via}`,
        `f: ${from}`,
        `TO:${to}`,
        'Call-ID: a@b',
        'CSeq: 1 INVITE',
        `${other[0]}: ${other[1]}`,
      ];
      const text = `INVITE sip:a@b;x SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`;
      expectAgreement(Buffer.from(text, 'latin1'));
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('are those of the whole grammar where space follows the last comma', () => {
    const lines = ['Via: SIP/2.0/UDP h;branch=z9hG4bK1', 'f: <sip:a@h>;tag=1', 'To: <sip:b@h>'];
    for (const allowed of ['INVITE, ', 'INVITE,\t ', 'INVITE,', 'INVITE , ,']) {
      const all = [...lines, 'Call-ID: a@b', 'CSeq: 1 INVITE', `Allow: ${allowed}`];
      const text = `INVITE sip:a@b;x SIP/2.0\r\n${all.join('\r\n')}\r\n\r\n`;
      expectAgreement(Buffer.from(text));
      expect(validateMessage(parsed(Buffer.from(text)) ?? expect.fail('it is read'))).toMatchObject(
        {
          code: 'BAD_TOKEN',
        },
      );
    }
  });

  it('are those of the whole grammar where a port has zeros in front', () => {
    const lines = ['f: <sip:a@h>;tag=1', 'To: <sip:b@h>', 'Call-ID: a@b', 'CSeq: 1 INVITE'];
    for (const host of ['h.example:05060', '[2001:db8::1]:05060', '[2001:db8::0]:5060']) {
      const via = `Via: SIP/2.0/UDP ${host};branch=z9hG4bK1`;
      const text = `INVITE sip:a@b;x SIP/2.0\r\n${[via, ...lines].join('\r\n')}\r\n\r\n`;
      expectAgreement(Buffer.from(text));
      expect(parsed(Buffer.from(text))?.sentBy).toMatch(/:5060$/);
    }
  });

  it('are those of the whole grammar in every message that we have', () => {
    const files = [...conformanceCases('rfc4475'), ...conformanceCases('nist_torture')];
    for (const { bytes } of [...corpusMessages(), ...files]) expectAgreement(bytes);
  });
});

/** The message read at its places and the same with every header read anew say the same. */
function expectAgreement(bytes: Uint8Array): void {
  const message = parsed(bytes);
  const same = parsed(bytes);
  if (message === undefined || same === undefined) return;
  const { branch, sentBy, fromTag, toTag, callId, cseq } = message;
  forgetPlaces(same);
  expect({ branch, sentBy, fromTag, toTag, callId, cseq }).toEqual({
    branch: same.via.branch,
    sentBy: same.sentBy,
    fromTag: same.from.tag,
    toTag: same.to.tag,
    callId: same.callId,
    cseq: same.cseq,
  });
  expect(validateMessage(message)).toEqual(validateMessage(same));
  for (const name of message.headers.names()) {
    const other = shown(same.headers.get(name));
    expect(`${name} ${shown(message.headers.get(name))}`).toBe(`${name} ${other}`);
  }
  if (message.kind === 'request') expect(() => message.uri.toString()).not.toThrow();
}

/** All that a value says, so that two that were read differently can be compared. */
function shown(of: unknown): string {
  if (Array.isArray(of)) return `[${of.map(shown).join(' | ')}]`;
  if (of instanceof NameAddr) {
    return `${of.displayName} <${shown(of.uri)}> ${shown(of.params)}`;
  }
  if (of instanceof Via) {
    return `${of.transport} ${of.host} ${of.port} ${shown(of.params)} ${of}`;
  }
  if (of instanceof SipUri) {
    const { scheme, user, password, host, port, params } = of;
    return [scheme, user, password, host, port, shown(params), of].join(' ');
  }
  if (of instanceof Params) return JSON.stringify([...of]);
  if (typeof of !== 'object' || of === null) return String(of);
  return Object.entries(of)
    .map(([name, part]) => `${name}=${shown(part)}`)
    .join(' ');
}

/** All of it is read by the whole grammar then. */
function forgetPlaces({ headers }: SipMessage): void {
  // a field that is put there and taken away again
  headers.append('x-another', 'x').remove('x-another');
  const places = { viaParams: -1, fromParams: -1, toParams: -1, callId: -1, cseq: -1 };
  // plain readers are for US-ASCII only
  Object.assign(headers.received, places, { maxForwards: -1, contentLength: -1, ascii: false });
}

function parsed(bytes: Uint8Array): SipMessage | undefined {
  const outcome = parseMessage(bytes);
  return outcome.ok ? outcome.value : undefined;
}
