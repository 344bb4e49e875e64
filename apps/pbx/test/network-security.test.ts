import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { byTcp, byUdp, isAlive, request, serve } from './server.ts';

/** For all but who asks whether the server lives. */
const strangers = { admission: { trustedNetworks: ['127.0.0.9'] } };

describe('T04: a source that may be forged', () => {
  const wanted = {
    OPTIONS: { method: 'OPTIONS' },
    REGISTER: { method: 'REGISTER', headers: { To: '<sip:alice@pbx.example>' } },
    INVITE: { method: 'INVITE', uri: 'sip:bob@pbx.example' },
    broken: { method: 'INVITE', headers: { CSeq: 'x' } },
  };

  it.each(Object.entries(wanted))('gets no more than it sent within 64*T1: %s', async (_, one) => {
    const clock = new VirtualClock();
    const runtime = { ...nodeRuntime(), clock };
    const server = await serve({ runtime, transport: strangers });
    const victim = await byUdp(server, '127.0.0.7');
    let bytes = 0;
    let packets = 0;
    for (let copy = 0; copy < 5; copy++) {
      const text = request({ ...one, id: `t04-${copy}`, port: victim.port });
      for (let again = 0; again < 2; again++) {
        victim.send(text);
        bytes += Buffer.byteLength(text);
        packets++;
      }
      // what another stranger is answered came after this
      for (let turn = 0; turn < 3; turn++) await settle(server);
      for (let step = 0; step < 70; step++) clock.advance(500);
      for (let turn = 0; turn < 3; turn++) await settle(server);
      const out = victim.packets.reduce((sum, length) => sum + length, 0);
      expect(out).toBeLessThanOrEqual(bytes);
      expect(victim.packets.length).toBeLessThanOrEqual(2 * packets);
    }
    expect(victim.packets.length).toBeGreaterThan(0);
  });
});

/** Turns of the event loop in which the sockets catch up. */
async function settle(server: Awaited<ReturnType<typeof serve>>): Promise<void> {
  const { received } = server.transport.metrics;
  const other = await byUdp(server, '127.0.0.8');
  other.send(request({ method: 'ACK' }));
  while (server.transport.metrics.received === received) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
}

describe('T02: INVITEs over TCP and then a reset', () => {
  it('leave no call, transaction, port or timer', async () => {
    const clock = new VirtualClock();
    const server = await serve({ runtime: { ...nodeRuntime(), clock } });
    for (let round = 0; round < 20; round++) {
      const stream = await byTcp(server);
      const texts = Array.from({ length: 25 }, () =>
        request({ method: 'INVITE', uri: 'sip:*43@pbx.example', transport: 'TCP' }),
      );
      stream.send(texts.join(''));
      if (round % 2 === 0) await settle(server);
      stream.reset();
    }
    while (server.transport.counts().connections > 0) await settle(server);
    for (let step = 0; step < 800; step++) {
      clock.advance(500);
      if (step % 40 === 0) await settle(server);
    }
    const { calls, sessions, dialogs, transactions, ports } = server.engine.counts();
    expect({ calls, sessions, dialogs, transactions, ports }).toEqual({
      calls: 0,
      sessions: 0,
      dialogs: 0,
      transactions: 0,
      ports: 0,
    });
  }, 30_000);
});

describe('T03: a flood', () => {
  it('from one source takes no more than its share, and others are served', async () => {
    const limits = { messagesPerSecondPerSource: 50 };
    const server = await serve({ transport: { ...strangers, limits } });
    const flood = await byUdp(server, '127.0.0.7');
    const methods = ['REGISTER', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'INVITE'];
    for (let sent = 0; sent < 3000; sent++) {
      const method = methods[sent % methods.length] ?? 'OPTIONS';
      flood.send(request({ method, uri: 'sip:alice@pbx.example', port: flood.port }));
      if (sent % 100 === 0) await isAlive(server);
    }
    await isAlive(server);
    expect(server.transport.metrics.droppedByAdmission).toBeGreaterThan(1000);
    const told = server.events.filter(({ type }) => type === 'rateLimited');
    expect(told[0]).toMatchObject({ source: '127.0.0.7', severity: 'warning', count: 1 });
    expect(server.events.length).toBeLessThan(20);
  });
});

describe('T08: loops', () => {
  it('a call to a contact that is our own address ends with 4xx in few messages', async () => {
    const server = await serve();
    const { sent } = server.transport.metrics;
    const caller = await byUdp(server);
    const headers = { 'Max-Forwards': '0' };
    caller.send(
      request({ method: 'INVITE', uri: 'sip:*43@pbx.example', headers, port: caller.port }),
    );
    await caller.settled();
    expect(caller.answers.at(-1)?.status).toBe(483);
    expect(server.transport.metrics.sent - sent).toBeLessThan(140);
  });
});

describe('scanners and bans', () => {
  it('a scanner gets no answer, and the event says what it calls itself', async () => {
    const server = await serve({ transport: strangers });
    const scanner = await byUdp(server, '127.0.0.7');
    const headers = { 'User-Agent': 'friendly-scanner' };
    scanner.send(request({ headers, port: scanner.port }));
    await scanner.settled();
    expect(scanner.packets).toEqual([]);
    expect(server.events).toMatchObject([{ type: 'scanner', detail: 'friendly-scanner' }]);
    expect(server.transport.bans.list()).toEqual([]); // anybody could have sent it in its name
  });

  it('a banned source is not heard, and its connections are closed', async () => {
    const server = await serve();
    const stream = await byTcp(server);
    stream.send(request({ transport: 'TCP' }));
    while (stream.answers.length === 0) await isAlive(server);
    const ban = server.transport.bans.add('127.0.0.1', { reason: 'test' });
    expect(ban).toMatchObject({ source: '127.0.0.1', reason: 'test' });
    while (!stream.isClosed()) await isAlive(server);
    const other = await byUdp(server);
    other.send(request({ port: other.port }));
    await other.settled();
    expect(other.packets).toEqual([]);
    expect(server.transport.bans.remove('127.0.0.1')).toBe(true);
    other.send(request({ port: other.port }));
    await other.settled();
    expect(other.answers.map(({ status }) => status)).toEqual([200]);
  });

  it('who fails too often over a connection is banned, who is known is not', async () => {
    const limits = { failuresPerSource: 5 };
    const server = await serve({ transport: { ...strangers, limits } });
    const stream = await byTcp(server);
    for (let n = 0; n < 6; n++) stream.send(request({ transport: 'TCP', headers: { From: '<<' } }));
    while (!stream.isClosed()) await isAlive(server);
    expect(server.transport.bans.list()).toMatchObject([{ source: '127.0.0.1' }]);
  });
});
