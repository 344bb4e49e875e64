import { describe, expect, it } from 'vitest';
import { byUdp, isAlive, request, serve, type Server, type Stranger } from './server.ts';

const MAX_FORWARDS = 70;

/** Calls with these hops left, and gives the final status. */
async function call(server: Server, hops = MAX_FORWARDS, uri = 'sip:alice@pbx.example') {
  const caller = await byUdp(server);
  const headers = { 'Max-Forwards': String(hops) };
  caller.send(request({ method: 'INVITE', uri, headers, port: caller.port }));
  while (final(caller) === 0) await caller.settled();
  return final(caller);
}

function final({ answers }: Stranger): number {
  return answers.find(({ status }) => status >= 200)?.status ?? 0;
}

/** Messages about calls that the servers sent: not those to who asked whether they live. */
function counted(servers: Server[]): { hops: number[]; messages: () => number } {
  const hops: number[] = [];
  let messages = 0;
  for (const server of servers) {
    server.onSent((message) => {
      if (message.cseq.method === 'OPTIONS') return;
      messages++;
      if (message.kind === 'request' && message.method === 'INVITE') {
        hops.push(message.headers.get('max-forwards') ?? -1);
      }
    });
  }
  return { hops, messages: () => messages };
}

async function still(servers: Server[]): Promise<void> {
  for (const server of servers) {
    while (server.engine.counts().calls > 0) await isAlive(server);
  }
}

describe('T08: loops', () => {
  it('a contact that is our own address: 482, after one INVITE', async () => {
    const server = await serve({ publicAccess: ['alice'] });
    const seen = counted([server]);
    await server.bind('alice', `sip:alice@127.0.0.1:${server.udp}`);
    expect(await call(server)).toBe(482);
    expect(seen.hops).toEqual([MAX_FORWARDS > 31 ? 30 : MAX_FORWARDS - 1]);
    await still([server]);
  });

  it.each([70, 20, 3])('two that forward to each other, of %i hops: 483', async (hops) => {
    const users = { publicAccess: ['alice', 'bob'] };
    const [here, there] = [await serve(users), await serve(users)];
    await here.bind('alice', `sip:bob@127.0.0.1:${there.udp}`);
    await there.bind('bob', `sip:alice@127.0.0.1:${here.udp}`);
    const seen = counted([here, there]);
    expect(await call(here, hops)).toBe(483);
    await still([here, there]);
    const first = Math.min(hops - 1, 30);
    expect(seen.hops).toEqual(Array.from({ length: first + 1 }, (_, n) => first - n));
    // INVITE, its final response and the ACK of each leg, and 100 where it takes long
    expect(seen.hops.length).toBeLessThanOrEqual(Math.min(hops, 31));
    expect(seen.messages()).toBeLessThanOrEqual(4 * Math.min(hops, 31) + 2);
    if (hops === MAX_FORWARDS) expect(seen.messages()).toBeLessThanOrEqual(2 * MAX_FORWARDS);
  });

  it('a call without hops left ends here', async () => {
    const server = await serve();
    expect(await call(server, 0, 'sip:*43@pbx.example')).toBe(483);
  });

  it('Record-Route of ourselves and Route to ourselves lead nowhere else', async () => {
    const server = await serve();
    const stranger = await byUdp(server);
    const us = `<sip:127.0.0.1:${server.udp};lr>`;
    const headers = { Route: `${us}, <sip:192.0.2.1;lr>`, 'Record-Route': us };
    const { sent } = server.transport.metrics;
    stranger.send(
      request({ method: 'MESSAGE', uri: 'sip:x@192.0.2.1', headers, port: stranger.port }),
    );
    await stranger.settled();
    expect(stranger.answers.map(({ status }) => status)).toEqual([407]);
    expect(server.transport.metrics.sent - sent).toBe(4); // one answer, and three whether it lives
  });
});
