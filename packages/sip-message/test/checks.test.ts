import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  Headers,
  NameAddr,
  parseMessage,
  parseUri,
  type Refusal,
  refusalResponse,
  type SipMessage,
  SipUri,
  serializeMessage,
  StreamFramer,
  uri,
  validateMessage,
} from '../src/index.ts';
import { CHECK_INPUTS, MANDATORY, optionsWith, uriOf } from './check-inputs.ts';

/** The checks P01 to P15 of the security suite at the parser; P05 and P14 are in body.test.ts. */

function refusalOf(bytes: Uint8Array): Refusal | undefined {
  const outcome = parseMessage(bytes);
  return outcome.ok ? validateMessage(outcome.value) : outcome.refusal;
}

function accepted(bytes: Uint8Array): SipMessage {
  const outcome = parseMessage(bytes);
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}

function sent(message: SipMessage): string {
  return Buffer.from(serializeMessage(message)).toString('latin1');
}

describe('each bad input', () => {
  it.each(CHECK_INPUTS)('$id: $name', ({ bytes, may }) => {
    const refusal = refusalOf(bytes);
    expect(may).toContain(refusal?.status ?? 'accept');
    if (refusal === undefined) return;
    expect(refusal.message.length).toBeLessThan(200);
    expect(refusal.at).toBeLessThanOrEqual(bytes.length);
    const answer = refusalResponse(bytes, refusal);
    if (answer !== undefined) expect(serializeMessage(answer).length).toBeLessThan(70_000);
  });
});

describe('mandatory headers', () => {
  it('P02: may be absent in any combination, in requests and in responses, without an exception', () => {
    const names = Object.keys(MANDATORY);
    const responses = (bytes: Buffer) =>
      Buffer.from(bytes.toString('latin1').replace(/^OPTIONS .*/, 'SIP/2.0 200 OK'), 'latin1');
    for (let subset = 0; subset < 2 ** names.length; subset++) {
      const absent = names.filter((_, i) => (subset & (1 << i)) === 0);
      const bytes = optionsWith(Object.fromEntries(absent.map((name) => [name, undefined])));
      for (const each of [bytes, responses(bytes)]) {
        const refusal = refusalOf(each);
        expect(refusal?.code).toBe(absent.length === 0 ? undefined : 'MISSING_HEADER');
        if (refusal === undefined) continue;
        const answer = refusalResponse(each, refusal);
        if (absent.includes('Via') || each !== bytes) expect(answer).toBeUndefined();
        else expect(answer?.status).toBe(400);
      }
    }
  });
});

describe('names of headers', () => {
  const names = ['P-Asserted-Identity', 'X-Auth', 'Diversion', 'Route', 'Remote-Party-ID'];

  it.each(names)(
    'P04: %s with space before its colon is the same header, and is taken away (RFC 3261 §7.3.1)',
    (name) => {
      for (const spelling of [`${name} :`, `${name}\t:`, `${name.toUpperCase()} \t :`]) {
        const message = accepted(optionsWith({}, [`${spelling} <sip:x@y>`])).clone();
        expect(message.headers.raw(name)).toEqual(['<sip:x@y>']);
        expect(message.headers.names()).toContain(name.toLowerCase());
        expect(message.headers.remove(name)).toBe(true);
        expect(sent(message)).not.toContain('x@y');
      }
    },
  );

  const POLLUTING = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

  it.each([...POLLUTING, '__defineGetter__'])('P08: %s is data wherever it stands', (name) => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const bytes = optionsWith({ From: `<sip:a@a;${name}=1?${name}=2>;${name}=3` }, [
      `${name}: {"a":1}`,
      `Authorization: Digest username="u", realm="r", nonce="n", uri="u", response="0", ${name}=x`,
      `Content-Type: text/plain;${name}=1`,
      `Identity: a.b.c;${name}=x`,
    ]);
    const message = accepted(bytes);
    expect(validateMessage(message, 'all')).toBeUndefined();
    const { headers, from } = message;
    expect(headers.get(name)).toEqual(['{"a":1}']);
    expect(from.params.get(name)).toBe('3');
    expect('headers' in from.uri && from.uri.headers).toEqual([[name, '2']]);
    expect(headers.get('authorization')?.[0]?.params.get(name)).toBe('x');
    expect(headers.get('content-type')?.params.get(name)).toBe('1');
    expect(headers.get('identity')).toHaveLength(1);
    expect(sent(message)).toContain(`\r\n${name}: {"a":1}\r\n`);
    const built = new Headers([[name, 'x']]).set(name, 'y');
    expect([...built]).toEqual([[name, 'y']]);
    expect(built.remove(name)).toBe(true);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(Object.keys({})).toEqual([]);
  });
});

describe('sizes', () => {
  const sizes = Array.from({ length: 12 }, (_, n) => 2 ** (n + 5)).flatMap((n) => [
    n - 1,
    n,
    n + 1,
  ]);

  it('P11: tags and branches of every size up to the limit are whole, beyond it refused', () => {
    for (const size of sizes) {
      const value = 'x'.repeat(size);
      const changes = { From: `<sip:a@a>;tag=${value}`, Via: `SIP/2.0/UDP a;branch=${value}` };
      const outcome = parseMessage(optionsWith(changes));
      const isShort = `Via: SIP/2.0/UDP a;branch=${value}`.length <= 16_384;
      expect(outcome.ok, `${size}`).toBe(isShort);
      if (!outcome.ok) continue;
      expect(outcome.value.fromTag).toBe(value);
      expect(outcome.value.branch).toBe(value);
    }
  });

  it('P11: every limit holds at its bound and one beyond', () => {
    const bytes = optionsWith({});
    const within = (limits: object) => parseMessage(bytes, { limits }).ok;
    const longest = Math.max(...Object.entries(MANDATORY).map(([n, v]) => `${n}: ${v}`.length));
    const bounds = {
      messageBytes: bytes.length,
      headers: Object.keys(MANDATORY).length,
      headerBytes: longest,
      headBytes: bytes.length - 4,
      vias: 1,
    };
    for (const [name, bound] of Object.entries(bounds)) {
      expect(within({ [name]: bound }), name).toBe(true);
      if (name !== 'vias') expect(within({ [name]: bound - 1 }), name).toBe(false);
    }
    expect([4095, 4096].map((size) => refusalOf(uriOf(size)))).toEqual([undefined, undefined]);
    expect(refusalOf(uriOf(4097))?.status).toBe(414);
  });
});

describe('bodies', () => {
  it('P09: a description of a session is carried whole, however malformed it is', () => {
    const sdp = 'v=0\r\nm=audio 65536 RTP/AVP 999999999999\r\na=fmtp\r\nc=IN IP4 \r\n';
    const message = accepted(optionsWith({}, ['Content-Type: application/sdp'], sdp));
    expect(validateMessage(message)).toBeUndefined();
    expect(message.text()).toBe(sdp);
  });

  const inner = 'INVITE sip:evil@x SIP/2.0\r\nVia: SIP/2.0/UDP x\r\n\r\n';

  it('P12: what follows the first request of a datagram is dropped', () => {
    const message = accepted(optionsWith({}, ['Content-Length: 0'], inner));
    expect(message.body.length).toBe(0);
    expect(sent(message)).not.toContain('evil');
  });

  it('P12: two requests on a stream are two at every split, and a body is never one', () => {
    const request = optionsWith({}, [`Content-Length: ${inner.length}`], inner);
    const stream = Buffer.concat([request, Buffer.from('\r\n\r\n'), request]);
    for (let at = 0; at <= stream.length; at++) {
      const got: Buffer[] = [];
      const framer = new StreamFramer({
        onMessage: (bytes) => got.push(Buffer.from(bytes)),
        onRefused: (refusal) => {
          throw new Error(refusal.message);
        },
      });
      framer.push(stream.subarray(0, at));
      framer.push(stream.subarray(at));
      expect(got.length).toBe(2);
      expect(got.every((bytes) => bytes.equals(request))).toBe(true);
    }
  });
});

describe('encodings', () => {
  it.each([
    '"\xc0\xaf" <sip:a@a>;tag=1',
    '"\xed\xa0\x80\xff\xfe" <sip:a@a>;tag=1',
    '"\xe2\x80\xae\xe2\x80\x8b" <sip:a@a>;tag=1',
    '<sip:null-%00-null@a>;tag=1',
    '<sip:a%0d%0aVia:%20x@a>;tag=1',
  ])('P13: octets go out as they came in, and none becomes a line: %j', (From) => {
    const bytes = optionsWith({ From }, ['Content-Length: 0']);
    const message = accepted(bytes);
    expect(validateMessage(message)).toBeUndefined();
    expect(sent(message)).toBe(bytes.toString('latin1'));
    const copied = message.clone();
    const address = new NameAddr({
      displayName: message.from.displayName,
      uri: message.from.uri,
      params: message.from.params,
    });
    copied.headers.set('From', address);
    expect(sent(copied).split('\r\n').length).toBe(sent(message).split('\r\n').length);
    expect(sent(copied)).toContain(From);
  });

  it('P13: an address is unescaped once, and escaped again where it is built', () => {
    const parsed = parseUri('sip:a%250d%0d%0a@h');
    if (!parsed.ok || !(parsed.value instanceof SipUri)) throw new Error('refused');
    expect(parsed.value.user).toBe('a%0d\r\n');
    expect(String(new SipUri({ user: parsed.value.user, host: 'h' }))).toBe('sip:a%250d%0D%0A@h');
    expect(uri('sip:%61lice@h').equals(uri('sip:alice@h'))).toBe(true);
    expect(uri('sip:%2561lice@h').equals(uri('sip:alice@h'))).toBe(false);
  });
});

describe('values made to be slow', () => {
  const FILLERS = [
    '(',
    ';',
    ',',
    '<',
    '"',
    '\\',
    ' ',
    '%',
    '"\\',
    'a=',
    '((',
    ';a=',
    '\\"',
    '\t',
    '\r\n ',
    '\r',
  ];

  it('P07: cost every header little time: processor time, on average', () => {
    const limits = { headerBytes: 65_535, messageBytes: 70_000, headBytes: 70_000 };
    const start = process.cpuUsage();
    let count = 0;
    for (const name of HEADERS) {
      for (const filler of FILLERS) {
        const value = filler.repeat(Math.floor(60_000 / filler.length));
        for (const text of [`${name}: ${value}`, `${name}: a${value}`]) {
          count++;
          const outcome = parseMessage(optionsWith({}, [text]), { limits });
          if (outcome.ok) validateMessage(outcome.value, 'all');
        }
      }
    }
    const { user } = process.cpuUsage(start);
    expect(user / 1000 / count).toBeLessThan(5);
  });
});

const HEADERS = `Via To Contact Route Warning Authorization WWW-Authenticate Date Retry-After Accept
  Call-Info Reason Replaces Target-Dialog RAck Session-Expires Privacy Identity Session-ID
  Resource-Priority History-Info Accept-Contact Subscription-State Security-Client Call-ID
  X-Unknown`.split(/\s+/);
