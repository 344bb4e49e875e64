import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { byTcp, byUdp, isAlive, request, serve, type Server, type Wanted } from './server.ts';

/** What a fresh stranger is answered by UDP; an empty list where it was dropped. */
async function answers(server: Server, ...wanted: (Wanted | string)[]): Promise<number[]> {
  const stranger = await byUdp(server);
  for (const one of wanted) {
    stranger.send(typeof one === 'string' ? one : request({ port: stranger.port, ...one }));
  }
  await stranger.settled();
  return stranger.answers.map(({ status }) => status);
}

const LONG = [4096, 16_384, 60_000];
const METHODS = ['INVITE', 'REGISTER', 'OPTIONS', 'BYE', 'CANCEL', 'SUBSCRIBE', 'MESSAGE', 'ACK'];

describe('the parser on the wire', () => {
  it('P01: takes names and values of many kilobytes', async () => {
    const server = await serve();
    for (const length of LONG) {
      const x = 'x'.repeat(length);
      const [cseq] = await answers(server, { headers: { CSeq: `1 ${x}` } });
      expect([400, 501]).toContain(cseq);
      for (const headers of [
        { 'Call-ID': x },
        { From: `"${x}" <sip:a@b>;tag=t` },
        { From: `<sip:a@b>;tag=${x}` },
        { Via: `SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK${x}` },
      ]) {
        const [status = 0] = await answers(server, { headers });
        // a Via that is too long says not where an answer goes
        const isHeard = length < 16_384 || !('Via' in headers);
        expect(isHeard ? [200, 400] : [0]).toContain(status);
      }
    }
    for (const { refusal } of server.refused) expect(refusal.message.length).toBeLessThan(256);
    for (const event of server.events) expect(JSON.stringify(event).length).toBeLessThan(256);
    expect(server.engine.counts().calls).toBe(0);
  });

  it('P02: answers 400 to, or drops, what lacks a header or has it empty or broken', async () => {
    const server = await serve();
    const stranger = await byUdp(server);
    let sent = 0;
    for (const method of METHODS) {
      for (let lacking = 1; lacking < 32; lacking++) {
        for (const value of [undefined, '', '\u0001<<;;,"']) {
          const headers = Object.fromEntries(
            ['To', 'From', 'Call-ID', 'CSeq', 'Via']
              .filter((_, bit) => (lacking & (1 << bit)) !== 0)
              .map((name) => [name, value]),
          );
          stranger.send(request({ method, headers, port: stranger.port }));
          if (++sent % 50 === 0) await isAlive(server);
        }
      }
    }
    await stranger.settled();
    expect(new Set(stranger.answers.map(({ status }) => status))).toEqual(new Set([400]));
    expect(server.transport.metrics.refused).toBeGreaterThan(sent / 2);
    const { refused } = server.transport.metrics;
    stranger.send('SIP/2.0 200 OK\r\nTo: <sip:a@b>\r\n\r\n');
    await stranger.settled();
    expect(server.transport.metrics.refused).toBe(refused + 1);
  });

  const LENGTHS = [
    '-1',
    'five',
    '+5',
    '0x10',
    '5.0',
    '1e3',
    '5 5',
    '4294967328',
    `1${'0'.repeat(30)}`,
  ];

  it.each(LENGTHS)('P03: refuses a Content-Length of %s, and closes a stream', async (length) => {
    const server = await serve();
    const headers = { 'Content-Length': length };
    expect(await answers(server, { headers, body: 'hello' })).toEqual([400]);
    const stream = await byTcp(server);
    stream.send(request({ headers, transport: 'TCP', body: 'hello' }));
    while (!stream.isClosed()) await isAlive(server);
    expect(stream.answers.map(({ status }) => status)).toEqual([400]);
  });

  it('P03: refuses two Content-Lengths that differ, in whatever form', async () => {
    const server = await serve();
    for (const name of ['Content-Length', 'l']) {
      expect(await answers(server, { lines: [`${name}: 5`], body: 'hello worl' })).toEqual([400]);
    }
  });

  it('P04: takes no control character in a header name; a space before the colon is none', async () => {
    const server = await serve();
    for (const name of ['P-Asserted-Identity', 'X-Auth', 'Diversion', 'Route2']) {
      for (const odd of ['\u000b', '\u0000', '\u00a0']) {
        const statuses = await answers(server, { lines: [`${name}${odd}: v`] });
        expect([odd, statuses]).toEqual([odd, [400]]);
      }
      for (const space of [' ', '\t']) {
        expect(await answers(server, { lines: [`${name}${space}: <sip:v@w>`] })).toEqual([200]);
      }
    }
  });

  it('P05: answers bodies of many parts at once, whatever their form', async () => {
    const server = await serve();
    const nested = Array.from(
      { length: 1000 },
      (_, n) => `--b\r\nContent-Type: multipart/mixed;boundary=b${n}\r\n\r\n`,
    );
    const bodies = ['--b', nested.join(''), '--b\r\n\r\nx\r\n'.repeat(4000), 'no end'];
    for (const boundary of ['b', '""', '"', 'b'.repeat(10_000)]) {
      for (const body of bodies) {
        const headers = { 'Content-Type': `multipart/mixed;boundary=${boundary}` };
        const wanted = { method: 'INVITE', uri: 'sip:*43@pbx.example', headers };
        const statuses = await answers(server, { ...wanted, body: body.slice(0, 50_000) });
        expect(statuses.filter((status) => status !== 100)).toEqual([boundary === '"' ? 400 : 415]);
      }
    }
  });

  it('P06: refuses bombs of headers, and closes the stream that they came by', async () => {
    const server = await serve();
    const many = (line: string, count: number): string[] =>
      Array.from({ length: count }, () => line);
    const bombs = [
      many('X-A: b', 5000),
      [`X-A: ${'b'.repeat(60_000)}`],
      many('Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx', 1000),
      many('Record-Route: <sip:192.0.2.1;lr>', 1500),
      many('Contact: <sip:a@192.0.2.1>', 1500),
    ];
    for (const lines of bombs) {
      const [status = 0] = await answers(server, { lines });
      expect([400, 413, 513]).toContain(status);
    }
    const longer = [
      'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx',
      'Record-Route: <sip:192.0.2.1;lr>',
    ];
    longer.push('Route: <sip:192.0.2.1;lr>', 'Contact: <sip:a@192.0.2.1>');
    for (const lines of [
      ...bombs,
      ...longer.map((line) => many(line, 5000)),
      many('X: y', 10_000),
    ]) {
      const bombed = await byTcp(server);
      bombed.send(request({ transport: 'TCP', lines }));
      while (!bombed.isClosed()) await isAlive(server);
      expect(bombed.answers).toHaveLength(1);
      expect([400, 413, 513]).toContain(bombed.answers[0]?.status);
    }
    const stream = await byTcp(server);
    stream.send(
      `${request({ transport: 'TCP' }).split('\r\n\r\n')[0]}\r\nX: ${'a\r\n '.repeat(350_000)}`,
    );
    while (!stream.isClosed()) await isAlive(server);
    expect(server.transport.counts().waitingBytes).toBe(0);
  });

  it('P07: reads what is repeated thousands of times in little time', async () => {
    const server = await serve();
    const names = ['From', 'Contact', 'Via', 'Warning', 'Authorization', 'Accept'];
    const pieces = ['(', ';', ',', '<', '"', '\\"', ' ', '%', 'a=', '\\\\', '(((('];
    await answers(server, {}); // warm
    const before = process.cpuUsage();
    for (const piece of pieces) {
      for (const name of names) {
        const value = piece.repeat(Math.floor(16_000 / piece.length));
        await answers(server, { headers: { [name]: value } });
      }
    }
    const { user, system } = process.cpuUsage(before);
    // both ends and who asks whether it lives; something quadratic takes a hundred times as long
    expect((user + system) / 1000 / (pieces.length * names.length)).toBeLessThan(100);
  }, 20_000);

  it('P07: refuses 50 KB of any character in one header', async () => {
    const server = await serve();
    for (const piece of ['(', ';', ',', '<', '"', '\\"', ' ', '%', 'a=', '\\\\', '((((']) {
      const value = piece.repeat(Math.floor(50_000 / piece.length));
      for (const name of ['From', 'Contact', 'Via', 'Warning', 'Authorization', 'Accept']) {
        const [status = 0] = await answers(server, { headers: { [name]: value } });
        expect(name === 'Via' ? [0, 400] : [400]).toContain(status);
      }
    }
  }, 20_000);

  it('P08: keeps names such as __proto__ as data', async () => {
    const server = await serve();
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      const uri = `sip:pbx.example;${name}=x`;
      const from = `<sip:a@b;${name}=x?${name}=y>;tag=t;${name}=z`;
      const headers = { From: from, To: '<sip:pbx.example>' };
      expect(await answers(server, { uri, lines: [`${name}: x`], headers })).toEqual([200]);
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  it('P10: ignores or refuses empty values and a display name that ends in a backslash', async () => {
    const server = await serve();
    const bad = [{ From: '"a\\" <sip:a@b>;tag=t' }, { Via: '' }, { CSeq: '' }, { Contact: '/' }];
    const odd = [{ Warning: '' }, { Contact: '' }, { Route: '' }, { Subject: '/' }];
    for (const headers of [...bad, ...odd]) {
      const [status = 0] = await answers(server, { headers });
      expect('Via' in headers ? [0] : [200, 400]).toContain(status);
    }
  });

  it('P11: takes tags and branches of lengths around powers of two, and no two To', async () => {
    const server = await serve();
    for (let power = 5; power <= 15; power++) {
      for (const length of [2 ** power - 1, 2 ** power, 2 ** power + 1]) {
        const x = 'x'.repeat(length);
        const via = `SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK${x}`;
        for (const headers of [{ From: `<sip:a@b>;tag=${x}` }, { Via: via }]) {
          const [status = 0] = await answers(server, { headers });
          const isHeard = length < 16_000 || !('Via' in headers);
          expect(length < 8192 ? [200] : isHeard ? [200, 400] : [0]).toContain(status);
        }
      }
    }
    expect(await answers(server, { lines: ['To: <sip:other@pbx.example>'] })).toEqual([400]);
    expect(await answers(server, { headers: { Via: 'SIP/2.0/UDP ;branch=z9hG4bKx' } })).toEqual([]);
  });

  it('P12: takes one request of a datagram, and exactly two of a stream however it is cut', async () => {
    const limits = { acceptsPerSecond: 0, acceptsPerSecondPerPeer: 0 };
    const server = await serve({ transport: { limits } });
    const one = (id: string): string =>
      request({ id, transport: 'TCP', body: 'INVITE sip:a@b SIP/2.0' });
    expect(await answers(server, one('d1').replace('TCP', 'UDP') + one('d2'))).toHaveLength(1);
    const length = one('s-0-a').length + 4;
    for (let cut = 1; cut < length; cut++) {
      const stream = await byTcp(server);
      const text = `\r\n\r\n${one(`s-${cut}-a`)}\r\n\r\n${one(`s-${cut}-b`)}`;
      stream.send(text.slice(0, cut));
      await isAlive(server);
      stream.send(text.slice(cut));
      while (stream.answers.length < 2) await isAlive(server);
      expect(stream.answers.map(({ status }) => status)).toEqual([200, 200]);
    }
  }, 30_000);

  it('P13: never makes a line of an escape, whatever the encoding', async () => {
    const server = await serve();
    for (const user of ['%00', 'a%0d%0aX-Evil:%20yes', '%c0%af', '\u202e', '\u200b']) {
      const uri = `sip:${user}@pbx.example`;
      const stranger = await byUdp(server);
      stranger.send(request({ uri, port: stranger.port }));
      await stranger.settled();
      expect(stranger.answers.some(({ text }) => /^X-Evil/m.test(text))).toBe(false);
    }
  });

  it('P14: refuses bodies that are compressed with 415', async () => {
    const server = await serve();
    for (const encoding of ['gzip', 'deflate', 'x-sigcomp']) {
      const headers = { 'Content-Encoding': encoding, 'Content-Type': 'application/sdp' };
      const wanted = {
        method: 'INVITE',
        uri: 'sip:*43@pbx.example',
        headers,
        body: '\u001f\u008b',
      };
      expect((await answers(server, wanted)).at(-1)).toBe(415);
    }
  });

  it('P14: agrees on no compression of a WebSocket', async () => {
    const listen = ['udp:127.0.0.1:0', 'ws:127.0.0.1:0'];
    const server = await serve({ transport: { listen } });
    const socket = connect(server.port('ws'), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const upgrade = [
      'GET / HTTP/1.1',
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: sip',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    ];
    socket.write(`${upgrade.join('\r\n')}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer]; // no encoding is set
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer.toString()).not.toMatch(/extensions/i);
    socket.write(Buffer.from('c1850000000078da030000', 'hex')); // compressed, which was not agreed on
    while (!socket.destroyed && !socket.readableEnded) await isAlive(server);
    expect(server.transport.metrics.received).toBeGreaterThan(0);
  });

  it('P15: asks anew, or refuses, where credentials are broken', async () => {
    const server = await serve();
    const full =
      'username="alice",realm="pbx.example",nonce="n",uri="sip:pbx.example",response="r"';
    for (const value of [
      'Digest',
      'Digest username=',
      'Digest username="alice',
      `Digest ${full},${'x=y,'.repeat(5000)}z=1`,
      `Digest ${full},username="bob"`,
      `Digest ${full},username*=UTF-8''bob`,
    ]) {
      const headers = { From: '<sip:alice@pbx.example>;tag=m', To: '<sip:alice@pbx.example>' };
      const authorized = { ...headers, Authorization: value };
      const [status = 0] = await answers(server, { method: 'REGISTER', headers: authorized });
      expect(value.includes('username*') || value.length > 8192 ? [400] : [400, 401]).toContain(
        status,
      );
    }
  });
});

describe('P09: SDP on the wire', () => {
  const sdp = (...lines: string[]): string =>
    ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...lines, ''].join(
      '\r\n',
    );
  const audio = 'm=audio 5004 RTP/AVP 0';
  /** What is odd and harmless; all else is refused. */
  const TAKEN = new Set(['the same codec twice']);

  it.each([
    ['a port of 65536', sdp('m=audio 65536 RTP/AVP 0')],
    ['a port below zero', sdp('m=audio -1 RTP/AVP 0')],
    ['no ports at all', sdp('m=audio 5000/0 RTP/AVP 0')],
    ['33 media lines', sdp(...Array.from({ length: 33 }, () => audio))],
    ['1500 media lines', sdp(...Array.from({ length: 1500 }, () => audio))],
    ['5000 attributes', sdp(audio, ...Array.from({ length: 5000 }, () => 'a=x:y'))],
    [
      '500 formats',
      sdp(`m=audio 5004 RTP/AVP ${Array.from({ length: 500 }, (_, n) => n).join(' ')}`),
    ],
    ['a huge payload type', sdp(audio, 'a=rtpmap:999999999999 PCMU/8000')],
    ['an fmtp without value', sdp(audio, 'a=fmtp')],
    ['an empty address', sdp(audio).replace('c=IN IP4 127.0.0.1', 'c=IN IP4 ')],
    ['no address', sdp(audio).replace('c=IN IP4 127.0.0.1\r\n', '')],
    ['no time', sdp(audio).replace('t=0 0\r\n', '')],
    [
      'the same codec twice',
      sdp('m=audio 5004 RTP/AVP 0 96', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:96 PCMU/8000'),
    ],
  ])('%s hurts nothing', async (name, body) => {
    const server = await serve();
    const wanted: Wanted = {
      method: 'INVITE',
      uri: 'sip:*43@pbx.example',
      headers: { 'Content-Type': 'application/sdp' },
      body,
    };
    const statuses = await answers(server, wanted);
    const final = statuses.at(-1) ?? 0;
    if (final >= 300) expect([400, 488]).toContain(final);
    expect([name, final]).toEqual([name, TAKEN.has(name) ? 200 : final]);
    if (!TAKEN.has(name)) expect(final).toBeGreaterThanOrEqual(300);
    await isAlive(server);
    if (final >= 300) expect(server.engine.counts().ports).toBe(0);
  });
});
