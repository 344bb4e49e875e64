import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { byUdp, request, serve, type Server, type Stranger } from './server.ts';

const OFFER = ['v=0', 'o=- 1 1 IN IP4 127.0.0.7', 's=-', 'c=IN IP4 127.0.0.7', 't=0 0'];
const AUDIO = 'm=audio 4000 RTP/AVP 0';

function invite(port: number, lines: readonly string[], uri = 'sip:*43@pbx.example'): string {
  const body = [...OFFER, ...lines, ''].join('\r\n');
  const headers = { 'Content-Type': 'application/sdp' };
  return request({ method: 'INVITE', uri, headers, port, body });
}

/** Sends one after the other, and gives the final statuses. */
async function flood(
  server: Server,
  caller: Stranger,
  texts: readonly string[],
): Promise<number[]> {
  const finals = () => caller.answers.filter(({ status }) => status >= 200);
  const before = finals().length;
  for (const [at, text] of texts.entries()) {
    caller.send(text);
    while (finals().length < before + at + 1) await caller.settled();
  }
  return finals()
    .slice(before)
    .map(({ status }) => status);
}

async function scene(ports?: { from: number; to: number }) {
  const clock = new VirtualClock();
  const runtime = { ...nodeRuntime(), clock };
  const transport = { admission: { trustedNetworks: ['127.0.0.0/8'] } };
  const media = { portRestMs: 1000, ...(ports && { ports }) };
  const server = await serve({ runtime, transport, media });
  return { server, clock, caller: await byUdp(server, '127.0.0.7') };
}

describe('M07: a flood of calls', () => {
  it('with offers that are refused takes no port', async () => {
    const { server, caller } = await scene();
    const bad = ['m=audio 4000 RTP/AVP 3', 'm=audio 65536 RTP/AVP 0', 'm=video 4000 RTP/AVP 0'];
    const texts = Array.from({ length: 60 }, (_, at) => invite(caller.port, [bad[at % 3] ?? '']));
    expect(new Set(await flood(server, caller, texts))).toEqual(new Set([488]));
    expect(server.engine.counts().ports).toBe(0);
  });

  it('to who is not there takes no port', async () => {
    const { server, caller } = await scene();
    const texts = Array.from({ length: 20 }, () =>
      invite(caller.port, [AUDIO], 'sip:x@pbx.example'),
    );
    const statuses = await flood(server, caller, texts);
    expect(statuses.every((status) => status >= 400)).toBe(true);
    expect(server.engine.counts().ports).toBe(0);
  });

  it('that nobody acknowledges gives all ports back, and 503 while none is left', async () => {
    const { server, clock, caller } = await scene({ from: 47_000, to: 47_019 });
    const texts = Array.from({ length: 14 }, () => invite(caller.port, [AUDIO]));
    expect(await flood(server, caller, texts)).toEqual([
      ...Array(10).fill(200),
      ...Array(4).fill(503),
    ]);
    expect(server.engine.counts().ports).toBe(20);
    await forgotten(server, clock);
    const again = Array.from({ length: 10 }, () => invite(caller.port, [AUDIO]));
    expect(new Set(await flood(server, caller, again))).toEqual(new Set([200]));
    await forgotten(server, clock);
  });

  it('with 31 lines beside audio takes no port for those that nobody takes', async () => {
    const { server, clock, caller } = await scene();
    const lines = Array.from({ length: 31 }, (_, at) => `m=video ${5000 + 2 * at} RTP/AVP 96`);
    expect(await flood(server, caller, [invite(caller.port, [AUDIO, ...lines])])).toEqual([200]);
    expect(server.engine.counts().ports).toBe(2);
    await forgotten(server, clock);
  });
});

/** 64*T1 without ACK, then a BYE that nobody answers: afterwards nothing is held. */
async function forgotten(server: Server, clock: VirtualClock): Promise<void> {
  for (let step = 0; step < 300; step++) {
    clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { calls, sessions, ports } = server.engine.counts();
  expect({ calls, sessions, ports }).toEqual({ calls: 0, sessions: 0, ports: 0 });
}
