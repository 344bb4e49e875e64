import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hopTo, open, optionsText, type Party, rawTcp, rawUdp } from './loopback.ts';

const VIA = 'SIP/2.0/TCP 127.0.0.1:5099;branch=z9hG4bKraw';
const text = optionsText(VIA, 'v=0\r\n\r\nwhat looks like an end');

/** A message, somewhere changed, cut or doubled. */
const broken = fc
  .tuple(fc.nat(text.length), fc.nat(60), fc.uint8Array({ maxLength: 40 }))
  .map(([at, cut, noise]) =>
    Buffer.concat([Buffer.from(text.slice(0, at)), noise, Buffer.from(text.slice(at + cut))]),
  );
const noise = fc.oneof(fc.uint8Array({ maxLength: 3000 }), broken);

let calls = 0;

/** The layer still takes a good message by UDP. */
async function stillLives(bob: Party): Promise<void> {
  const raw = await rawUdp();
  const callId = `alive-${++calls}`;
  raw.send(optionsText(VIA, '', callId), hopTo(bob, 'udp'));
  while ((await bob.inbox.next()).message.callId !== callId);
}

describe('a layer under fire', () => {
  it('takes any datagram', async () => {
    const bob = await open(['udp:127.0.0.1:0']);
    const raw = await rawUdp();
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { maxLength: 20 }), async (packets) => {
        for (const packet of packets) raw.send(packet, hopTo(bob, 'udp'));
        await stillLives(bob);
      }),
      { numRuns: 40 },
    );
    const { received, refused, keepAlives, droppedStrayResponses } = bob.layer.metrics;
    expect(received + refused + keepAlives + droppedStrayResponses).toBeGreaterThan(40);
  });

  it('takes any stream, and holds no connection for it', async () => {
    const bob = await open(['udp:127.0.0.1:0', 'tcp:127.0.0.1:0']);
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { maxLength: 10 }), async (chunks) => {
        const raw = await rawTcp(hopTo(bob, 'tcp'));
        for (const chunk of chunks) raw.socket.write(chunk);
        raw.socket.end();
        raw.socket.resume();
        await raw.closed;
        await stillLives(bob);
      }),
      { numRuns: 40 },
    );
  });

  it('finds the same messages however a stream is cut into segments', async () => {
    const bob = await open(['tcp:127.0.0.1:0']);
    const raw = await rawTcp(hopTo(bob, 'tcp'));
    raw.socket.setNoDelay(true);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ maxLength: 300 }), fc.boolean()), { minLength: 1 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
        async (messages, sizes) => {
          const ids = messages.map(() => `cut-${++calls}`);
          const stream = messages
            .map(([body, ping], n) => (ping ? '\r\n\r\n' : '') + optionsText(VIA, body, ids[n]))
            .join('');
          let rest = Buffer.from(stream);
          for (let n = 0; rest.length > 0; n++) {
            const size = sizes[n % sizes.length] ?? 1;
            raw.socket.write(rest.subarray(0, size));
            rest = rest.subarray(size);
            await new Promise((resolve) => setImmediate(resolve));
          }
          for (const [index, id] of ids.entries()) {
            const { message } = await bob.inbox.next();
            expect(message.callId).toBe(id);
            expect(message.text()).toBe(messages[index]?.[0]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
