import { nodeRuntime, seededRandom, VirtualClock } from '@strowger/runtime';
import { createResponse, type SipResponse } from '@strowger/sip-message';
import { expect, it } from 'vitest';
import type { Inbound, TransportName } from '../src/index.ts';
import { hopTo, open, options, type Party } from './loopback.ts';

/** How long a request keeps the server busy, and how many come at once. */
const WORK_MS = 15;
const BURST = 20;

function runtimeOf(seed: number) {
  return { ...nodeRuntime(), clock: new VirtualClock(), random: seededRandom(seed) };
}

/** A server whose requests take their time, by a clock that stands still otherwise, and a client. */
async function both(transport: TransportName, overloadControl: boolean) {
  const [here, there] = [runtimeOf(7), runtimeOf(8)];
  const pass = (ms: number): void => {
    for (const { clock } of [here, there]) clock.advance(ms);
  };
  const server: Party = await open([`${transport}:127.0.0.1:0`], {
    runtime: here,
    limits: { overloadDelayMs: 50 },
    onMessage: ({ message, hop }: Inbound) => {
      if (message.kind !== 'request') return;
      pass(WORK_MS);
      server.layer.send(createResponse(message, 200), hop, () => {});
    },
  });
  const client = await open([`${transport}:127.0.0.1:0`], { runtime: there, overloadControl });
  const hop = hopTo(server, transport);
  let asked = 0;
  /** Sends a burst of new requests: the answers to those that went, and how many were kept back. */
  async function burst(): Promise<{ answers: SipResponse[]; held: number }> {
    let held = 0;
    for (let n = 0; n < BURST; n++) {
      client.layer.send(options(client, hop, '', `call-${++asked}`), hop, ({ code }) => {
        if (code === 'OVERLOADED') held++;
      });
    }
    await Promise.resolve(); // what fails is told in a microtask
    const answers: SipResponse[] = [];
    while (answers.length + held < BURST) {
      const { message } = await client.inbox.next();
      if (message.kind === 'response') answers.push(message);
    }
    return { answers, held };
  }
  return { burst, pass };
}

const told = ({ via }: SipResponse): string | undefined => via.params.get('oc');

async function flood({ burst }: { burst: Awaited<ReturnType<typeof both>>['burst'] }) {
  let held = 0;
  const answers: SipResponse[] = [];
  for (let n = 0; n < 40; n++) {
    const one = await burst();
    held += one.held;
    answers.push(...one.answers);
  }
  const refused = answers.filter(({ status }) => status === 503).length;
  return { held, refused, answers };
}

it.each(['udp', 'tcp'] as const)(
  'a client keeps back what a server that is behind asks for, over %s (RFC 7339)',
  async (transport) => {
    const pair = await both(transport, true);
    const { held, refused, answers } = await flood(pair);
    const shares = answers.map(told).map(Number);
    expect(Math.max(...shares)).toBeGreaterThanOrEqual(20);
    expect(held).toBeGreaterThan(30);
    // what the client keeps back the server need not refuse
    expect(refused).toBeLessThan(held);
    pair.pass(10_000);
    const after = await pair.burst();
    expect(after).toMatchObject({ held: 0 });
    expect(after.answers.map(({ status, via }) => [status, via.params.get('oc')])).toEqual(
      Array.from({ length: BURST }, () => [200, '0']),
    );
  },
);

it('a client that does not say that it obeys is told nothing, and refused with 503', async () => {
  const { held, refused, answers } = await flood(await both('udp', false));
  expect(held).toBe(0);
  expect(answers.map(told).filter((oc) => oc !== undefined)).toEqual([]);
  expect(refused).toBeGreaterThan(30);
});
