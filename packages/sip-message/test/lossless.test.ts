import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  createResponse,
  parseMessage,
  type SipMessage,
  SipRequest,
  serializeMessage,
  Via,
} from '../src/index.ts';
import { conformanceCases } from './conformance.ts';
import { corpusMessages } from './corpus.ts';

/** Headers as nobody would write them: case, space, folds, compact forms, octets beyond UTF-8. */
const FOREIGN = [
  'x-LOWER-upper:no space',
  'X-Spaced \t:  \t two  spaces\t',
  'X-Folded: one,\r\n\ttwo ;\r\n   three',
  'X-Empty:',
  'X-Empty-Too:   ',
  'X-Octets: \xff\xc3\xa9\x80',
  'k:timer , 100rel',
  'X-Twice: 1',
  'sUBJECT: a\r\n b',
  'X-TWICE: 2',
  '__proto__: {}',
  'X-Odd!%*_+`\'~: ;;,,"',
];

const LINES = [
  'INVITE sip:bob@b.example;x=%41 SIP/2.0',
  'v :  SIP / 2.0 / UDP  a.example:5060 ;branch=z9hG4bK1;rport , SIP/2.0/TCP c',
  'VIA: SIP/2.0/UDP d',
  'Max-forwards: 0070',
  ...FOREIGN.slice(0, 6),
  'ROUTE: <sip:p1.example;lr> , <sip:p2.example;lr>',
  'Route: <sip:p3.example;lr>',
  'f:"A \\"x\\"" <sip:a@a.example>;TAG=1;y="z"',
  't: Bob<sip:b@b.example>',
  'i: c@d',
  'CSeq: 0001  INVITE',
  ...FOREIGN.slice(6),
  'l:  4',
];
const BODY = '\r\n\0\xff';
const WIRE = `${LINES.join('\r\n')}\r\n\r\n${BODY}`;

function parse(text: string): SipMessage {
  const outcome = parseMessage(Buffer.from(text, 'latin1'));
  if (outcome.ok) return outcome.value;
  throw new Error(`${outcome.refusal.message} at ${outcome.refusal.at}`);
}

function sent(message: SipMessage): string {
  return Buffer.from(serializeMessage(message)).toString('latin1');
}

/** The wire with some lines changed. */
function withLines(change: (line: string) => string | undefined): string {
  const lines = LINES.map(change).filter((line) => line !== undefined);
  return `${lines.join('\r\n')}\r\n\r\n${BODY}`;
}

describe('a message that nobody touched', () => {
  it('goes out byte for byte, before and after it was read', () => {
    const message = parse(WIRE);
    expect(sent(message)).toBe(WIRE);
    for (const name of message.headers.names()) message.headers.get(name);
    expect(sent(message)).toBe(WIRE);
    expect(sent(message.clone())).toBe(WIRE);
    expect(sent(message.clone().clone())).toBe(WIRE);
  });

  it('is every message of the corpus, and of every suite that is well framed', () => {
    const files = ['rfc4475', 'nist_torture'].flatMap((suite) => conformanceCases(suite));
    for (const { bytes } of [...corpusMessages(), ...files]) {
      const outcome = parseMessage(bytes, { framed: true });
      if (outcome.ok) expect(sent(outcome.value)).toBe(bytes.toString('latin1'));
    }
  });
});

describe('what a proxy changes', () => {
  it('is only what it changes (RFC 3261 §16.6)', () => {
    const forwarded = parse(WIRE).clone();
    forwarded.headers
      .set('Max-Forwards', (forwarded.headers.get('max-forwards') ?? 70) - 1)
      .prepend('Via', new Via({ transport: 'UDP', host: 'p.example', params: [['branch', 'x']] }));
    expect(forwarded.headers.removeFirst('Route')).toBe(true);
    const expected = withLines((line) => {
      if (line.startsWith('Max')) return 'Max-Forwards: 69';
      if (line.startsWith('ROUTE')) return 'ROUTE: <sip:p2.example;lr>';
      return line.startsWith('v :') ? `Via: SIP/2.0/UDP p.example;branch=x\r\n${line}` : line;
    });
    expect(sent(forwarded)).toBe(expected);
    expect(sent(parse(expected))).toBe(expected);
  });

  it('takes routes away one by one, and then the header', () => {
    const { headers } = parse(WIRE).clone();
    const left: number[] = [];
    while (headers.removeFirst('Route')) left.push(headers.get('route')?.length ?? 0);
    expect(left).toEqual([2, 1, 0]);
    expect(headers.has('route')).toBe(false);
  });

  it('is undone: the Via that was put there is taken away again', () => {
    const message = parse(WIRE).clone();
    message.headers.prepend('Via', new Via({ transport: 'UDP', host: 'p.example' }));
    message.headers.removeFirst('Via');
    expect(sent(message)).toBe(WIRE);
  });

  it('is copied in part, whatever the case, by any name of a header', () => {
    const { headers } = parse(WIRE);
    const some = headers.only(['VIA', 'subject', 'x-twice', '__PROTO__', 'supported', 'absent']);
    const wanted = ['v', 'VIA', 'k', 'X-Twice', 'sUBJECT', 'X-TWICE', '__proto__'];
    expect([...some.entries()].map(([name]) => name)).toEqual(wanted);
    expect(some.get('via')).toHaveLength(3);
    expect(some.has('from')).toBe(false);
    some.set('Subject', 'other');
    expect(headers.raw('Subject')).toEqual(['a b']);
  });

  it('does not change the message that was copied', () => {
    const message = parse(WIRE);
    const copy = message.clone();
    copy.headers.set('Subject', 'other').remove('X-Twice');
    copy.body = Buffer.from('1234');
    expect(sent(message)).toBe(WIRE);
  });
});

describe('what a B2BUA copies', () => {
  it('keeps order, case, folds taken out, and every octet of foreign headers', () => {
    const { headers, from, to } = parse(WIRE);
    const own = ['via', 'max-forwards', 'route', 'from', 'to', 'call-id', 'cseq', 'content-length'];
    const known = new Set(own);
    const request = new SipRequest({
      method: 'INVITE',
      uri: to.uri,
      headers: [
        ['Via', 'SIP/2.0/UDP b2b.example'],
        ['From', from.withTag('9')],
        ['To', to],
        ['Call-ID', 'z'],
        ['CSeq', { number: 1, method: 'INVITE' }],
        ...[...headers].filter(([name]) => !known.has(canonical(headers.names(), name))),
      ],
      body: 'x',
    });
    const text = sent(request);
    const at = (line: string) => text.indexOf(`\r\n${line}\r\n`);
    const copied = [
      'x-LOWER-upper: no space',
      'X-Spaced: two  spaces',
      'X-Folded: one, two ; three',
      'X-Empty: ',
      'X-Octets: \xff\xc3\xa9\x80',
      'k: timer , 100rel',
      'X-Twice: 1',
      'X-TWICE: 2',
      '__proto__: {}',
      'X-Odd!%*_+`\'~: ;;,,"',
    ];
    const places = copied.map(at);
    expect(
      places.every((place) => place > 0),
      text,
    ).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toContain('\r\nFrom: "A \\"x\\"" <sip:a@a.example>;TAG=9;y="z"\r\n');
    expect(text).toContain('\r\nTo: "Bob" <sip:b@b.example>\r\n');
  });

  it('answers with Via, From, To, Call-ID and CSeq as they were', () => {
    const request = parse(WIRE);
    if (request.kind === 'response') throw new Error('a response');
    const again = parse(sent(createResponse(request, 200, { toTag: 'x' })));
    expect(again.headers.get('via')?.map(String)).toEqual(request.headers.get('via')?.map(String));
    expect(again.headers.raw('f')).toEqual(request.headers.raw('from'));
    expect(again.to.tag).toBe('x');
  });
});

/** The name in lower case, compact forms written out, as `names` gives it. */
function canonical(names: readonly string[], name: string): string {
  const short: Record<string, string> = {
    v: 'via',
    f: 'from',
    t: 'to',
    i: 'call-id',
    l: 'content-length',
  };
  const lower = name.toLowerCase();
  return names.includes(lower) ? lower : (short[lower] ?? lower);
}
