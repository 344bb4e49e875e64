import type { MessageTrace } from '@strowger/sip-client';
import { parseMessage } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { codecsIn } from './check-codecs.ts';
import { remedyFor } from './check-registration.ts';
import { checkClock, checkNat } from './check-server.ts';
import { bad, describeFinding, doubtful, exitCodeOfFindings, good } from './finding.ts';
import { locateStun, readMapped } from './stun-question.ts';

const AT = Date.parse('2026-03-01T12:00:00Z');

/** An answer of the server, as it was heard at noon. */
function heard(via: string, ...headers: string[]): MessageTrace {
  const lines = [
    'SIP/2.0 200 OK',
    `Via: ${via};branch=z9hG4bK1`,
    'From: <sip:a@b>;tag=1',
    'To: <sip:b@b>;tag=2',
    'Call-ID: c',
    'CSeq: 1 OPTIONS',
    ...headers,
    'Content-Length: 0',
  ];
  const parsed = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  const hop = { transport: 'udp', address: '192.0.2.1', port: 5060 } as const;
  return { direction: 'received', message: parsed.value, hop, at: AT };
}

describe('the NAT', () => {
  it.each([
    [
      'SIP/2.0/UDP 10.0.0.5:5070;rport=5070;received=10.0.0.5',
      'good',
      'none: we are 10.0.0.5 port',
    ],
    ['SIP/2.0/UDP 10.0.0.5:5070;rport=5070', 'good', 'none'],
    [
      'SIP/2.0/UDP 10.0.0.5:5070;rport=61000;received=203.0.113.9',
      'doubtful',
      'seen as 203.0.113.9',
    ],
    ['SIP/2.0/UDP 10.0.0.5:5070', 'doubtful', 'does not tell as whom'],
    ['SIP/2.0/TLS 10.0.0.5:5061;rport=41000;received=10.0.0.5', 'good', 'none: we are 10.0.0.5'],
    ['SIP/2.0/WSS abc.invalid;rport', 'good', 'none matters'],
  ])('by %s is %s', (via, verdict, found) => {
    expect(checkNat([heard(via)])).toMatchObject({
      verdict,
      found: expect.stringContaining(found),
    });
  });

  it('is not known without an answer', () => {
    expect(checkNat([]).verdict).toBe('skipped');
  });
});

describe('the clock', () => {
  it.each([
    ['Sun, 01 Mar 2026 12:00:01 GMT', 'good', 'to the second'],
    ['Sun, 01 Mar 2026 11:59:30 GMT', 'good', '30 s ahead of that'],
    ['Sun, 01 Mar 2026 13:00:00 GMT', 'doubtful', '3600 s behind that'],
    ['yesterday', 'skipped', 'tells no time'],
  ])('beside %s is %s', (date, verdict, found) => {
    const finding = checkClock([heard('SIP/2.0/UDP 10.0.0.5', `Date: ${date}`)]);
    expect(finding).toMatchObject({ verdict, found: expect.stringContaining(found) });
  });
});

describe('a STUN answer', () => {
  const id = Uint8Array.from({ length: 12 }, (_, index) => index);
  const head = `010100142112a442${Buffer.from(id).toString('hex')}`;
  const unknown = '8022000341424300'; // an attribute that nobody asked for, padded
  const mapped = '002000080001a147e112a643'; // RFC 5769 §2.2
  const answer = Buffer.from(`${head}${unknown}${mapped}`, 'hex');

  it('says as whom we are seen', () => {
    expect(readMapped(answer, id)).toEqual({ address: '192.0.2.1', port: 32853 });
  });

  it('says so of IPv6, too', () => {
    const six = '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9'; // RFC 5769 §2.3
    const number = 'b7e7a701bc34d686fa87dfae';
    const packet = Buffer.from(`010100182112a442${number}${six}`, 'hex');
    expect(readMapped(packet, Buffer.from(number, 'hex'))).toEqual({
      address: '2001:db8:1234:5678:11:2233:4455:6677',
      port: 32853,
    });
  });

  it('is asked for where the server is, over IPv6 where it has no other address', async () => {
    const resolver = {
      a: async (name: string) => ({
        records: name === 'four.example' ? ['192.0.2.9'] : [],
        ttlMs: 0,
      }),
      aaaa: async () => ({ records: ['2001:db8::9'], ttlMs: 0 }),
    };
    const at = (stun: string) => locateStun(stun, resolver);
    expect(await at('four.example:5060')).toEqual({ address: '192.0.2.9', port: 5060 });
    expect(await at('six.example')).toEqual({ address: '2001:db8::9', port: 3478 });
    expect(await at('[2001:db8::1]:99')).toEqual({ address: '2001:db8::1', port: 99 });
  });

  it('is not believed when it answers somebody else, or ends too early', () => {
    expect(readMapped(answer, id.toReversed())).toBeUndefined();
    for (let length = 0; length < answer.length; length++) {
      expect(readMapped(answer.subarray(0, length), id)).toBeUndefined();
    }
  });
});

it('codecs are read from the first audio line, static types by their numbers', () => {
  const description = [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    'm=video 5000 RTP/AVP 31',
    'm=audio 5002 RTP/AVP 9 111 8 101 77',
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:101 telephone-event/8000',
  ].join('\r\n');
  expect(codecsIn(description)).toEqual(['g722', 'opus', 'pcma']);
  expect(codecsIn('m=audio')).toBeUndefined();
});

it('every refusal has a remedy', () => {
  const statuses = [401, 403, 404, 405, 423, 503, 488];
  expect(new Set(statuses.map(remedyFor)).size).toBe(statuses.length);
});

it('findings are said in words, and the first bad one is the exit code', () => {
  const findings = [
    good('dns', 'a'),
    doubtful('nat', 'b', 'c'),
    bad('registration', 'wrong', 'mend it'),
    bad('call', 'd', 'e'),
  ];
  expect(findings.map((one) => describeFinding(one, false)).join('')).toMatchInlineSnapshot(`
    "ok   dns           a
    ?    nat           b
                       -> c
    BAD  registration  wrong
                       -> mend it
    BAD  call          d
                       -> e
    "
  `);
  expect(describeFinding(good('dns', 'a'), true)).toContain('\u001b[32mok  \u001b[0m dns');
  const hostile = doubtful('tls', 'a\u001b[2Jb\u009bc', 'd\u007fe\nf');
  expect(describeFinding(hostile, false)).toBe(
    `?    tls           a\ufffd[2Jb\ufffdc\n${' '.repeat(19)}-> d\ufffde\ufffdf\n`,
  );
  expect(exitCodeOfFindings(findings)).toBe(6);
  expect(exitCodeOfFindings(findings.slice(0, 2))).toBe(0);
});
