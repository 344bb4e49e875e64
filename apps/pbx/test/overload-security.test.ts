import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { byUdp, request, serve, type Server, type Stranger } from './server.ts';

/** Work of so long before every message that is let in, by the server's own clock. */
async function slow(workMs: number): Promise<{ server: Server; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const server = await serve({
    runtime: { ...nodeRuntime(), clock },
    transport: { limits: { receiveBufferBytes: 4_000_000 } },
    onReceived: () => clock.advance(workMs),
  });
  return { server, clock };
}

/** Keeps so many requests waiting until so many are answered, and gives the statuses. */
async function flood(
  server: Server,
  stranger: Stranger,
  { waiting, answered }: { waiting: number; answered: number },
): Promise<number[]> {
  let sent = 0;
  const { port, answers } = stranger;
  while (answers.length < answered) {
    for (; sent < answers.length + waiting; sent++) {
      stranger.send(request({ method: 'MESSAGE', uri: 'sip:bob@pbx.example', port }));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (answers.length < sent) await stranger.settled();
  return answers.map(({ status }) => status);
}

it('T03: a queue that stands turns new requests away, and nothing else', async () => {
  const { server, clock } = await slow(5);
  const flooder = await byUdp(server);
  // a second of work waits at every moment
  const statuses = await flood(server, flooder, { waiting: 200, answered: 2000 });
  expect(statuses.slice(0, 200)).not.toContain(503); // a burst is no overload
  const refused = statuses.slice(-500).filter((status) => status === 503);
  expect(refused.length).toBeGreaterThan(100);
  expect(server.events.map(({ type }) => type)).toContain('overloadRefused');
  const [answer] = flooder.answers.filter(({ status }) => status === 503);
  expect(answer?.text).toMatch(/^Retry-After: \d+\r$/m);

  const caller = await byUdp(server);
  const { port } = caller;
  for (let n = 0; n < 5; n++) {
    caller.send(request({ headers: { Priority: 'emergency' }, port }));
    caller.send(request({ method: 'BYE', headers: { To: '<sip:x@y>;tag=z' }, port }));
  }
  while (caller.answers.length < 10) await caller.settled();
  const told = caller.answers.map(({ status }) => status).toSorted((a, b) => a - b);
  expect(told).toEqual([200, 200, 200, 200, 200, 481, 481, 481, 481, 481]);

  clock.advance(5000); // soon after the flood all is as before
  caller.answers.length = 0;
  for (let n = 0; n < 20; n++) caller.send(request({ port }));
  while (caller.answers.length < 20) await caller.settled();
  expect(new Set(caller.answers.map(({ status }) => status))).toEqual(new Set([200]));
});

it('T03: a client that speaks overload control is told how much to keep (RFC 7339)', async () => {
  const { server } = await slow(5);
  const flooder = await byUdp(server);
  await flood(server, flooder, { waiting: 200, answered: 1500 });
  const other = await byUdp(server);
  const Via = `SIP/2.0/UDP 127.0.0.1:${other.port};branch=z9hG4bKoc;rport;oc;oc-algo="loss"`;
  other.send(request({ headers: { Via } }));
  while (other.answers.length === 0) await other.settled();
  const { params } = other.answers[0]?.message?.via ?? {};
  expect(Number(params?.get('oc'))).toBeGreaterThan(0);
  expect(params?.get('oc-validity')).toBe('500');
});
