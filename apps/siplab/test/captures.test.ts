import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { asText } from '../src/ladder-command.ts';
import { readFlows } from '../src/pcap/read-flows.ts';
import { cooked, ethernet, ipv4, ipv6, pcap, pcapng, rtp, tcp, udp } from './capture-writer.ts';

const message = (start: string, callId = 'c1', body = ''): string =>
  [
    start,
    'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1',
    'From: <sip:a@10.0.0.1>;tag=a',
    'To: <sip:b@10.0.0.2>',
    `Call-ID: ${callId}`,
    'CSeq: 1 INVITE',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
const invite = message('INVITE sip:b@10.0.0.2 SIP/2.0', 'c1', 'v=0\r\n');
const ok = message('SIP/2.0 200 OK');
const back = { from: 2, to: 1 };
const labels = (file: Buffer): string[] => readFlows(file).sights.map(({ label }) => label);

describe('a capture', () => {
  const exchange = [ipv4(17, udp(invite)), ipv4(17, udp(ok), back)];

  it('is drawn as a ladder, with its RTP', () => {
    const sound = Array.from({ length: 20 }, (_, index) =>
      ipv4(17, udp(rtp(65_530 + (index < 10 ? index : index + 2)), { from: 4000, to: 4002 })),
    );
    const flows = readFlows(
      pcap(
        1,
        [...exchange, ...sound].map((one) => ethernet(one)),
      ),
    );
    expect(asText(flows, { rtp: true, colours: false })).toMatchInlineSnapshot(`
      "c1   1970-01-01T00:00:00.000Z
           10.0.0.1:5060         10.0.0.2:5060
          0.000  |--- INVITE (SDP) --->|
          0.020  |<------ 200 OK ------|

      RTP 10.0.0.1:4000 -> 10.0.0.2:4002 0xabcd1234 type 0: 20 packets in 0.4 s, lost 2 (9.1 %), jitter 1.4 ms"
    `);
    expect(asText(flows, { rtp: false, colours: true })).toContain('\u001b[36m--- INVITE (SDP)');
  });

  it('counts a source that began anew somewhere else, before and behind that', () => {
    const numbers = [...Array.from({ length: 10 }, (_, at) => at), 40_000, 40_001, 40_002, 40_004];
    const sound = numbers.map((number) => ipv4(17, udp(rtp(number), { from: 4000, to: 4002 })));
    const [stream, ...others] = readFlows(pcap(101, sound)).streams;
    // the first one behind the jump only says that there may be one (RFC 3550 §A.1)
    expect(stream).toMatchObject({ packets: 13, lost: 1 });
    expect(others).toEqual([]);
  });

  it.each([
    ['pcap, big endian', pcap(101, exchange, { isLittle: false })],
    ['pcap, nanoseconds', pcap(101, exchange, { isNano: true })],
    ['pcapng', pcapng(101, exchange)],
    [
      'Linux cooked',
      pcap(
        113,
        exchange.map((one) => cooked(113, one)),
      ),
    ],
    [
      'Linux cooked, version 2',
      pcap(
        276,
        exchange.map((one) => cooked(276, one)),
      ),
    ],
    [
      'BSD loopback',
      pcap(
        0,
        exchange.map((one) => cooked(0, one)),
      ),
    ],
  ])('may be %s', (_, file) => {
    const { sights } = readFlows(file);
    expect(sights.map(({ atMs, label }) => [atMs, label])).toEqual([
      [0, 'INVITE (SDP)'],
      [20, '200 OK'],
    ]);
  });

  it('has no say on the terminal', () => {
    const answer = message('SIP/2.0 200 \u001b[2JO\u009bK\u007f');
    const flows = readFlows(pcap(101, [ipv4(17, udp(answer))]));
    const text = asText(flows, { rtp: false, colours: false });
    expect(text).toContain(' 200 \ufffd[2JO\ufffdK\ufffd ');
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('may hold IPv6', () => {
    const { sights } = readFlows(pcapng(1, [ethernet(ipv6(17, udp(ok)), 0x86dd)]));
    expect(sights).toMatchObject([{ from: '[2001:db8::1]:5060', to: '[2001:db8::2]:5060' }]);
  });

  it('may hold datagrams in fragments, out of order', () => {
    const whole = udp(invite);
    const parts = [
      ipv4(17, whole.subarray(160), { offset: 160 }),
      ipv4(17, whole.subarray(0, 80), { more: true }),
      ipv4(17, whole.subarray(80, 160), { offset: 80, more: true }),
    ];
    expect(labels(pcap(101, parts))).toEqual(['INVITE (SDP)']);
  });
});

describe('a capture of a flood', () => {
  const from = (count: number, text: string): Buffer =>
    pcap(
      101,
      Array.from({ length: count }, (_, index) => ipv4(17, udp(text, { from: 1000 + index }))),
    );
  const draw = (file: Buffer): string[] =>
    asText(readFlows(file), { rtp: false, colours: false }).trimEnd().split('\n');

  it('has 16 lifelines and one for all others', () => {
    const [, heading, ...arrows] = draw(from(5000, ok));
    expect(heading?.trim().split(/ +/)).toHaveLength(17);
    expect(heading).toMatch(/10\.0\.0\.1:1014 +others$/);
    expect(arrows).toHaveLength(5000);
    expect(arrows.at(-1)).toBe(
      `   99.980  |${' '.repeat(21)}|<${'-'.repeat(160)} 200 OK ${'-'.repeat(160)}|`,
    );
  });

  it('lists what has no Call-ID, for it is not one call', () => {
    const [heading, ...messages] = draw(from(5000, 'SIP/2.0 200 OK\r\n\r\n'));
    expect(heading).toBe('(no Call-ID)   1970-01-01T00:00:00.000Z');
    expect(messages).toHaveLength(5000);
    expect(messages[1]).toBe(
      '    0.020  10.0.0.1:1001 -> 10.0.0.2:5060  (unreadable: MISSING_HEADER)',
    );
  });
});

describe('SIP in a TCP stream', () => {
  const bytes = Buffer.from(invite + ok);
  const start = 0xffff_ff00; // its numbers begin anew in the middle
  const segment = (from: number, to: number): Buffer =>
    ipv4(6, tcp(bytes.subarray(from, to), { sequence: start + 1 + from }));
  const syn = ipv4(6, tcp('', { sequence: start, syn: true }));

  it('is read in order, once, whatever the order and size of segments', () => {
    const segments = [
      segment(0, 100),
      segment(250, bytes.length),
      segment(50, 200),
      segment(0, 300),
    ];
    expect(labels(pcap(101, [syn, ...segments]))).toEqual(['INVITE (SDP)', '200 OK']);
  });

  it('is read on behind what was not captured', () => {
    const lost = [syn, segment(0, 100)];
    let sequence = start + 5000;
    const later = Array.from({ length: 300 }, () => {
      const next = ipv4(6, tcp(ok, { sequence }));
      sequence += ok.length;
      return next;
    });
    expect(labels(pcap(101, [...lost, ...later]))).toEqual(
      Array.from({ length: 300 }, () => '200 OK'),
    );
  });
});

describe('a file that is broken', () => {
  it('is no capture', () => {
    expect(() => labels(Buffer.from('hello'))).toThrow('neither pcap nor pcapng');
    expect(() => labels(Buffer.alloc(100))).toThrow('neither pcap nor pcapng');
  });

  it('is read up to where it ends, wherever that is, and whatever its bytes are', () => {
    const frames = [ipv4(17, udp(invite)), syn(), ipv4(17, udp(rtp(1)))].map((one) =>
      ethernet(one),
    );
    for (const file of [pcap(1, frames), pcapng(1, frames)]) {
      for (let length = 24; length <= file.length; length += 7) labels(file.subarray(0, length));
      for (let at = 28; at < file.length; at++) {
        const broken = Buffer.from(file);
        broken.writeUInt8(broken.readUInt8(at) ^ 0xff, at);
        expect(labels(broken).length).toBeLessThanOrEqual(2);
      }
    }
  });

  it('is drawn where its time is beyond every calendar', () => {
    const file = pcapng(101, [ipv4(17, udp(ok))], { digits: 6, first: 2n ** 64n - 1n });
    expect(asText(readFlows(file), { rtp: false, colours: false })).toContain('c1   (no time)\n');
  });

  const syn = (): Buffer => ipv4(6, tcp('', { syn: true }));
});
