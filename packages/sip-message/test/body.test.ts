import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptHeaders,
  type BodyLimits,
  type BodyPart,
  composeMultipart,
  createResponse,
  dispositionOf,
  Headers,
  type Parsed,
  parseMessage,
  parseMultipart,
  readBody,
  refuseBody,
  type SipMessage,
  SipRequest,
  serializeMessage,
  uri,
} from '../src/index.ts';
import { conformanceCases } from './conformance.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n';

function message(contentType: string, body: string | Uint8Array, ...more: string[]): SipMessage {
  const octets = typeof body === 'string' ? Buffer.from(body, 'latin1') : Buffer.from(body);
  const head = [
    'INVITE sip:b@b.example SIP/2.0',
    'Via: SIP/2.0/TCP a.example;branch=z9hG4bK1',
    'From: <sip:a@a.example>;tag=1',
    'To: <sip:b@b.example>',
    'Call-ID: c',
    'CSeq: 1 INVITE',
    ...(contentType === '' ? [] : [`Content-Type: ${contentType}`]),
    ...more,
    `Content-Length: ${octets.length}`,
    '',
    '',
  ].join('\r\n');
  const outcome = parseMessage(Buffer.concat([Buffer.from(head), octets]), {
    limits: { messageBytes: 3_000_000 },
  });
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}

function accepted<T>(outcome: Parsed<T>): NonNullable<T> {
  if (!outcome.ok) throw new Error(`${outcome.refusal.code} at ${outcome.refusal.at}`);
  if (outcome.value === undefined || outcome.value === null) throw new Error('no value');
  return outcome.value;
}

function refused(outcome: Parsed<unknown>) {
  if (outcome.ok) throw new Error('it was accepted');
  return outcome.refusal;
}

/** Parts between boundaries, as a peer writes them. */
function multipart(boundary: string, ...parts: string[]): string {
  return `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
}

function textOf({ body }: BodyPart): string {
  return Buffer.from(body).toString('latin1');
}

describe('readBody', () => {
  it('gives one part for a body that is no multipart, line by line as it came', () => {
    const part = accepted(readBody(message('application/sdp', SDP)));
    expect(part.parts).toEqual([]);
    expect(part.contentType).toMatchObject({ type: 'application', subtype: 'sdp' });
    expect(textOf(part)).toBe(SDP);
  });

  it('gives undefined where there is none, and octets of no type where none is named', () => {
    expect(readBody(message('application/sdp', ''))).toEqual({ ok: true, value: undefined });
    expect(accepted(readBody(message('', 'x'))).contentType.subtype).toBe('octet-stream');
  });

  it('takes the parts of RFC 5621 §3 with their headers', () => {
    const body = multipart(
      'unique',
      `Content-Type: application/sdp\r\nContent-Disposition: session\r\n\r\n${SDP}`,
      'c: text/html\r\nContent-Disposition: render;\r\n  handling=optional\r\n\r\n<p>hi</p>\n',
    );
    const whole = accepted(readBody(message('multipart/mixed; boundary="unique"', body)));
    expect(whole.parts.map(textOf)).toEqual([SDP, '<p>hi</p>\n']);
    const [sdp, html] = whole.parts;
    expect(sdp?.headers.get('content-disposition')?.value).toBe('session');
    expect(html?.contentType.subtype).toBe('html');
    expect(html?.headers.get('content-disposition')?.params.get('handling')).toBe('optional');
    expect(body.slice(html?.at).startsWith('<p>')).toBe(true);
  });

  it('ignores preamble and epilogue, padding behind a boundary, and boundaries that are longer', () => {
    const body = 'pre\r\n--b\r\nx\r\n--bb \t\r\n\r\na\r\n--bbb\r\n--b b\r\n--bb-- \r\nepilogue';
    const whole = accepted(readBody(message('multipart/mixed;boundary=bb', body)));
    expect(whole.parts.map(textOf)).toEqual(['a\r\n--bbb\r\n--b b']);
  });

  it('keeps a bare LF and NUL in a part, and ends no line with them', () => {
    const body = multipart('b', '\r\n\0a\n--b\nc\r');
    const whole = accepted(readBody(message('multipart/mixed;boundary=b', body)));
    expect(whole.parts.map(textOf)).toEqual(['\0a\n--b\nc\r']);
  });

  it('takes text/plain where a part does not say its type, in a digest message/rfc822', () => {
    const body = multipart('b', '\r\nx', 'Content-ID: <1@a>');
    const mixed = accepted(readBody(message('multipart/mixed;boundary=b', body)));
    expect(mixed.parts.map(({ contentType }) => contentType.subtype)).toEqual(['plain', 'plain']);
    expect(mixed.parts.map(textOf)).toEqual(['x', '']);
    expect(mixed.parts[1]?.headers.raw('content-id')).toEqual(['<1@a>']);
    const digest = accepted(readBody(message('multipart/digest;boundary=b', body)));
    expect(digest.parts[0]?.contentType.subtype).toBe('rfc822');
  });

  it('takes multiparts within multiparts apart', () => {
    const inner = multipart('in', `Content-Type: application/sdp\r\n\r\n${SDP}`, '\r\nplain');
    const body = multipart('out', `c: multipart/alternative;boundary=in\r\n\r\n${inner}`, '\r\nx');
    const whole = accepted(readBody(message('multipart/mixed;boundary=out', body)));
    expect(whole.parts[0]?.parts.map(textOf)).toEqual([SDP, 'plain']);
    expect(whole.parts[0]?.contentType.subtype).toBe('alternative');
  });

  it('does not look into what is encoded', () => {
    const gzip = message('multipart/mixed;boundary=b', '\x1f\x8b', 'Content-Encoding: gzip');
    expect(accepted(readBody(gzip)).parts).toEqual([]);
  });

  it('never throws, whatever the octets are', () => {
    const pieces = fc.constantFrom(
      '\r\n',
      '--b',
      '--',
      'a',
      ':',
      ' ',
      '\0',
      '\n',
      '\xff',
      'c: x/y',
    );
    const bodies = fc.array(pieces, { maxLength: 40 }).map((all) => all.join(''));
    const property = fc.property(bodies, (body) => {
      const octets = Buffer.from(`--b\r\n${body}`, 'latin1');
      const outcome = readBody(message('multipart/mixed;boundary=b', octets));
      if (!outcome.ok) expect(outcome.refusal.at).toBeLessThanOrEqual(octets.length);
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

/** A multipart in a multipart, this many levels. */
function nested(levels: number): string {
  let body = '\r\nx';
  for (let level = levels; level > 1; level--) {
    body = `Content-Type: multipart/mixed;boundary=b${level}\r\n\r\n${multipart(`b${level}`, body)}`;
  }
  return multipart('b1', body);
}

describe('P05: a malformed multipart', () => {
  const read = (type: string, body: string, limits: Partial<BodyLimits> = {}) =>
    refused(readBody(message(type, body), limits));

  it.each([
    ['multipart/mixed', 'BAD_BOUNDARY', '--b\r\n\r\nx\r\n--b--'],
    ['multipart/mixed;boundary=""', 'BAD_BOUNDARY', '--\r\n\r\nx\r\n----'],
    ['multipart/mixed;boundary="a "', 'BAD_BOUNDARY', '--a \r\n\r\nx\r\n--a --'],
    ['multipart/mixed;boundary="a\\"b"', 'BAD_BOUNDARY', '--a"b\r\n\r\nx\r\n--a"b--'],
    [`multipart/mixed;boundary=${'a'.repeat(71)}`, 'BAD_BOUNDARY', ''],
    ['multipart/mixed;boundary=b', 'BAD_MULTIPART', 'nothing'],
    ['multipart/mixed;boundary=b', 'BAD_MULTIPART', '--b\r\n\r\nx\r\n'],
    ['multipart/mixed;boundary=b', 'BAD_MULTIPART', '--b\r\n\r\nx\r\n--b'],
    ['multipart/mixed;boundary=b', 'BAD_MULTIPART', '--b--\r\n'],
    ['multipart/mixed;boundary=b', 'BAD_MULTIPART', '--b\r\n\r\nx\n--b--\n'],
    ['multipart/mixed;boundary=b', 'BAD_HEADER_NAME', '--b\r\nno colon\r\n\r\nx\r\n--b--'],
    ['multipart/mixed;boundary=b', 'BARE_CR_OR_LF', '--b\r\nA: b\nC: d\r\n\r\nx\r\n--b--'],
    ['multipart/mixed;boundary=b', 'NUL', '--b\r\nSubject: \0\r\n\r\nx\r\n--b--'],
    ['multipart/mixed;boundary=b', 'BAD_MEDIA_TYPE', '--b\r\nc: text\r\n\r\nx\r\n--b--'],
  ])('is refused with 400: %s %s', (type, code, body) => {
    expect(read(type, body || 'x')).toMatchObject({ code, status: 400 });
  });

  it('is refused where its fault is', () => {
    const at = (body: string) => read('multipart/mixed;boundary=b', body).at;
    expect(at('--b\r\nA: b\r\nno colon\r\n\r\nx\r\n--b--')).toBe(14);
    expect(at('--b\r\nc: text\r\n\r\nx\r\n--b--')).toBe(12);
    expect(at('--b\r\n\r\nx\r\n')).toBe(10);
  });

  it('P05: is refused beyond four levels and thirty-two parts', () => {
    const type = 'multipart/mixed;boundary=b1';
    expect(readBody(message(type, nested(4))).ok).toBe(true);
    expect(read(type, nested(5))).toMatchObject({ code: 'TOO_DEEP', status: 400 });
    expect(read(type, nested(1000))).toMatchObject({ code: 'TOO_DEEP', status: 400 });
    expect(readBody(message(type, nested(6)), { nesting: 6 }).ok).toBe(true);
    const parts = (count: number) => multipart('b1', ...Array.from({ length: count }, () => ''));
    expect(readBody(message(type, parts(32))).ok).toBe(true);
    expect(read(type, parts(33))).toMatchObject({ code: 'TOO_MANY_PARTS', status: 400 });
    expect(read(type, parts(100_000), { bodyBytes: 2_000_000 }).code).toBe('TOO_MANY_PARTS');
    const half = `c: multipart/mixed;boundary=i\r\n\r\n${multipart('i', ...Array(16).fill(''))}`;
    expect(read(type, multipart('b1', half, half)).code).toBe('TOO_MANY_PARTS');
  });

  it('P05: is refused when its boundary or the headers of a part are endless', () => {
    const parsed = parseMessage(
      Buffer.from(
        `INVITE sip:b SIP/2.0\r\nContent-Type: multipart/mixed;boundary=${'a'.repeat(1e6)}`,
      ),
    );
    expect(refused(parsed).status).toBe(513);
    const long = multipart('b', `X: ${'x'.repeat(1e6)}\r\n\r\nx`);
    const limits = { bodyBytes: 2_000_000 };
    expect(read('multipart/mixed;boundary=b', long, limits)).toMatchObject({ status: 400 });
    const many = multipart('b', `${'X: y\r\n'.repeat(33)}\r\nx`);
    expect(read('multipart/mixed;boundary=b', many).code).toBe('TOO_MANY_HEADERS');
  });

  it('is refused with 413 where the whole body is too large', () => {
    expect(read('text/plain', 'x'.repeat(11), { bodyBytes: 10 })).toMatchObject({ status: 413 });
    expect(readBody(message('text/plain', 'x'.repeat(10)), { bodyBytes: 10 }).ok).toBe(true);
  });
});

describe('composeMultipart', () => {
  const parts = [
    { headers: [['Content-Type', 'application/sdp'] as const], body: SDP },
    { headers: [['Content-Type', 'text/plain'] as const], body: Buffer.from([0, 10, 13, 255]) },
  ];

  it('is undone by readBody', () => {
    const { contentType, body } = composeMultipart(parts);
    const request = new SipRequest({
      method: 'INVITE',
      uri: uri('sip:b@b.example'),
      headers: [
        ['Via', 'SIP/2.0/TCP a.example'],
        ['From', '<sip:a@a.example>;tag=1'],
        ['To', '<sip:b@b.example>'],
        ['Call-ID', 'c'],
        ['CSeq', '1 INVITE'],
        ['Content-Type', contentType],
      ],
      body,
    });
    const again = accepted(parseMessage(serializeMessage(request)));
    const whole = accepted(readBody(again));
    expect(whole.parts.map(textOf)).toEqual([SDP, '\0\n\r\xff']);
    const once = composeMultipart(whole.parts);
    expect(Buffer.from(once.body).equals(Buffer.from(body))).toBe(true);
  });

  it('keeps the headers of a part that was received as they came', () => {
    const received = multipart('b', 'CONTENT-type :text/plain\r\nX-Y: a\r\n  b\r\n\r\nx');
    const whole = accepted(readBody(message('multipart/mixed;boundary=b', received)));
    const { body } = composeMultipart(whole.parts, { boundary: 'b' });
    expect(Buffer.from(body).toString()).toBe(received);
  });

  it('is a part of another', () => {
    const inner = composeMultipart(parts, { subtype: 'alternative', boundary: 'in' });
    const outer = composeMultipart(
      [{ headers: [['Content-Type', inner.contentType]], body: inner.body }],
      { params: [['x', 'a b']] },
    );
    const whole = accepted(parseMultipart(outer.body, outer.contentType));
    expect(whole.parts[0]?.parts.map(textOf)).toEqual([SDP, '\0\n\r\xff']);
    expect(whole.contentType.params.get('x')).toBe('a b');
  });

  it('refuses what could be read otherwise', () => {
    expect(() => composeMultipart([])).toThrow(/needs a part/);
    expect(() => composeMultipart([{ body: 'a\r\n--b--' }], { boundary: 'b' })).toThrow(/boundary/);
    expect(() => composeMultipart(parts, { boundary: 'a\r\nb' })).toThrow(/boundary/);
    const injected = [{ headers: [['Content-ID', '<a>\r\nX: y'] as const], body: '' }];
    expect(() => composeMultipart(injected)).toThrow(/CR, LF or NUL/);
  });
});

describe('Content-Disposition (RFC 3261 §20.11)', () => {
  it('is session for SDP and render for all else, and required, where it is not said', () => {
    const of = (...fields: [string, string][]) => dispositionOf(new Headers(fields));
    expect(of(['Content-Type', 'application/sdp'])).toMatchObject({ type: 'session' });
    expect(of()).toMatchObject({ type: 'render', isRequired: true });
    const given = of(['Content-Disposition', 'Early-Session; Handling=OPTIONAL']);
    expect(given).toMatchObject({ type: 'early-session', isRequired: false });
    expect(of(['Content-Disposition', ';']).isRequired).toBe(true);
  });

  const sdp = `Content-Type: application/sdp\r\n\r\n${SDP}`;
  const html = 'Content-Type: text/html\r\n\r\n<p>';
  const optional =
    'Content-Type: text/html\r\nContent-Disposition: render;handling=optional\r\n\r\n';
  const types = ['application/sdp'];
  const verdict = (subtype: string, ...parts: string[]) => {
    const type = `multipart/${subtype};boundary=b`;
    return refuseBody(accepted(readBody(message(type, multipart('b', ...parts)))), types)?.code;
  };

  it('decides whether a part that is not understood stands in the way', () => {
    expect(verdict('mixed', sdp)).toBeUndefined();
    expect(verdict('mixed', sdp, html)).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect(verdict('mixed', sdp, optional)).toBeUndefined();
    expect(verdict('alternative', html, sdp)).toBeUndefined();
    expect(verdict('alternative', html, html)).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect(verdict('related', sdp, html)).toBeUndefined();
    expect(verdict('related', html, sdp)).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect(verdict('related;start="<2@a>"', html, `Content-ID: <2@a>\r\n${sdp}`)).toBeUndefined();
  });

  it('lets pass what says nothing of its handling, where that is wished', () => {
    const required = html.replace('\r\n', '\r\nContent-Disposition: render;handling=required\r\n');
    const lenient = (subtype: string, ...parts: string[]) => {
      const read = readBody(message(`multipart/${subtype};boundary=b`, multipart('b', ...parts)));
      return refuseBody(accepted(read), types, { defaultHandling: 'optional' })?.code;
    };
    expect(lenient('mixed', sdp, html)).toBeUndefined();
    expect(lenient('mixed', sdp, required)).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect(lenient('alternative', required, sdp)).toBeUndefined();
    expect(lenient('related', sdp, required)).toBeUndefined();
  });

  it('P14: a body with a Content-Encoding gets 415 with Accept-Encoding: identity', () => {
    for (const coding of ['gzip', 'deflate', 'x-unknown', 'identity, gzip', ';']) {
      const request = message('application/sdp', '\x1f\x8b\x08', `Content-Encoding: ${coding}`);
      const refusal = refuseBody(accepted(readBody(request)), types);
      expect(refusal).toMatchObject({ code: 'UNSUPPORTED_ENCODING', status: 415 });
      if (request.kind === 'response') throw new Error('a response');
      const answer = createResponse(request, 415, { headers: acceptHeaders(types) });
      expect(answer.headers.raw('accept-encoding')).toEqual(['identity']);
      expect(answer.headers.get('accept')?.[0]?.subtype).toBe('sdp');
    }
    const identity = message('application/sdp', SDP, 'e: identity');
    expect(refuseBody(accepted(readBody(identity)), types)).toBeUndefined();
  });
});

describe('RFC 4475 §3.1.1.11', () => {
  it('has two parts, the second of binary octets', () => {
    for (const { item, bytes } of conformanceCases('rfc4475')) {
      if (item.name !== 'mpart01') continue;
      const whole = accepted(readBody(accepted(parseMessage(bytes))));
      const [text, signature] = whole.parts;
      expect(text === undefined ? '' : textOf(text)).toContain('Hello');
      expect(signature?.contentType.subtype).toBe('octet-stream');
      expect(signature?.body.includes(0)).toBe(true);
      const again = composeMultipart(whole.parts, { boundary: '7a9cbec02ceef655' });
      expect(Buffer.from(again.body).equals(Buffer.from(whole.body))).toBe(true);
    }
  });
});
