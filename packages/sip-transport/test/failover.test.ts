import { once } from 'node:events';
import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { type Uri, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { defaultLimits, type TargetChange } from '../src/index.ts';
import { FakeDns, srv } from './fake-dns.ts';
import { failure, open, options, rawTcpServer } from './loopback.ts';

const TARGET: Uri = uri('sip:a.example');
const zone = {
  srv: {
    '_sip._udp.a.example': [srv(1, 0, 5061, 'one.a.example'), srv(2, 0, 5062, 'two.a.example')],
  },
  a: { 'one.a.example': ['192.0.2.1'], 'two.a.example': ['192.0.2.2'] },
};

async function caller() {
  const clock = new VirtualClock();
  const changes: TargetChange[] = [];
  const alice = await open(['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'], {
    runtime: { ...nodeRuntime(), clock },
    resolver: new FakeDns(zone),
    onTargetChange: (change) => changes.push(change),
  });
  const ports = async (): Promise<number[]> =>
    (await alice.layer.locate(TARGET, 500)).map(({ port }) => port);
  return { clock, changes, alice, ports };
}

describe('a target that fails (RFC 3263 §4.3)', () => {
  it('is tried last after some requests without an answer, and first again when it is well', async () => {
    const { clock, changes, alice, ports } = await caller();
    const [first] = await alice.layer.locate(TARGET, 500);
    if (first === undefined) throw new Error('there is a hop');
    for (let count = 0; count < defaultLimits.targetFailures; count++) {
      expect(await ports()).toEqual([5061, 5062]);
      alice.layer.report(first, 'failed');
    }
    expect(await ports()).toEqual([5062, 5061]);
    clock.advance(defaultLimits.targetAvoidMs * 1.1);
    expect(await ports()).toEqual([5061, 5062]);
    expect(await ports()).toEqual([5062, 5061]); // until the one that tries is told of
    alice.layer.report(first, 'ok');
    expect(await ports()).toEqual([5061, 5062]);
    expect(changes.map(({ isAvailable }) => isAvailable)).toEqual([false, true]);
  });

  it('is left alone for as long as it asks with 503 and Retry-After', async () => {
    const { clock, alice, ports } = await caller();
    const [first] = await alice.layer.locate(TARGET, 500);
    if (first === undefined) throw new Error('there is a hop');
    alice.layer.report(first, 'unavailable', 120_000);
    expect(await ports()).toEqual([5062, 5061]);
    clock.advance(119_999);
    expect(await ports()).toEqual([5062, 5061]);
    clock.advance(3001);
    expect(await ports()).toEqual([5061, 5062]);
    expect(alice.layer.counts().targets).toBe(1);
  });

  it('is noticed when it takes no connection, without a report', async () => {
    const { clock, changes, alice } = await caller();
    const { server, hop } = await rawTcpServer();
    server.close();
    await once(server, 'close');
    for (let count = 0; count < defaultLimits.targetFailures; count++) {
      await failure(alice, options(alice, hop), hop);
      clock.advance(defaultLimits.reconnectMaxMs * 1.25); // it is left alone for a while
    }
    expect(changes).toMatchObject([{ transport: 'tcp', port: hop.port, isAvailable: false }]);
  });
});
