import type { DatagramIo } from '@strowger/runtime';
import { createSimulation, type Simulation } from '@strowger/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createMediaEngine,
  type MediaEndpoint,
  type MediaEngine,
  type MediaEngineOptions,
} from '../src/index.ts';
import { engineOn, listening } from './simulated.ts';

const engines: MediaEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.close()));
});

function engine(
  simulation: Simulation,
  name: string,
  last: number,
  options: Partial<MediaEngineOptions> = {},
): MediaEngine {
  const made = engineOn(simulation, { name, address: `10.0.0.${last}` }, options);
  engines.push(made);
  return made;
}

/** Sockets that keep a copy of what leaves. */
function watched(io: DatagramIo, packets: Uint8Array[]): DatagramIo {
  return {
    async open(options) {
      const socket = await io.open(options);
      return {
        local: socket.local,
        send(packet, to) {
          packets.push(Uint8Array.from(packet));
          socket.send(packet, to);
        },
        close: () => socket.close(),
      };
    },
  };
}

async function negotiate(from: MediaEndpoint, to: MediaEndpoint): Promise<string> {
  const offer = await from.createOffer();
  await from.acceptAnswer(await to.acceptOffer(offer));
  return offer;
}

describe('encrypted media (RFC 3711)', () => {
  it('is heard, with reports, and is not in the clear on the wire', async () => {
    const simulation = createSimulation({ seed: 1 });
    const packets: Uint8Array[] = [];
    const { runtime } = simulation.network.host('alice', { address: '10.0.0.1' });
    const datagrams = watched(runtime.datagrams, packets);
    const caller = createMediaEngine({
      address: '10.0.0.1',
      ports: { from: 10_000, to: 10_099 },
      srtp: 'required',
      runtime: { ...runtime, datagrams },
    });
    engines.push(caller);
    const alice = await listening(caller);
    const bob = await listening(engine(simulation, 'bob', 2));
    expect(await negotiate(alice.endpoint, bob.endpoint)).toContain('RTP/SAVP');
    alice.endpoint.play({ type: 'tone', frequencyHz: 440 });
    await simulation.run(20_000);
    for (const { endpoint } of [alice, bob]) {
      const stats = await endpoint.stats();
      expect(stats).toMatchObject({ srtp: 'AEAD_AES_128_GCM', unauthentic: 0, strangers: 0 });
      expect(stats.packetsReceived).toBeGreaterThan(900);
      expect(stats.roundTripMs).toBeDefined();
    }
    // silence in PCMU is one byte over and over: nobody who looks on sees that
    expect(packets.length).toBeGreaterThan(900);
    const silent = packets.filter((one) => one.subarray(40, 60).every((byte) => byte === one[40]));
    expect(silent).toEqual([]);
  });

  it('goes through a relay with one side, both sides or none encrypted', async () => {
    for (const [near, far] of [
      ['required', 'off'],
      ['off', 'required'],
      ['required', 'required'],
      ['off', 'off'],
    ] as const) {
      const simulation = createSimulation({ seed: 2 });
      const alice = await listening(engine(simulation, 'alice', 1, { srtp: near }));
      const bob = await listening(engine(simulation, 'bob', 2, { srtp: far }));
      const pbx = engine(simulation, 'pbx', 3);
      const relay = await pbx.openRelay({
        label: 'relay',
        srtp: { a: near, b: far },
        onEvent() {},
      });
      const answering = relay.a.acceptOffer(await alice.endpoint.createOffer());
      const forward = await relay.b.createOffer();
      await relay.b.acceptAnswer(await bob.endpoint.acceptOffer(forward));
      await alice.endpoint.acceptAnswer(await answering);
      await simulation.run(2000);
      for (const { endpoint } of [alice, bob]) {
        expect((await endpoint.stats()).packetsReceived, `${near}, ${far}`).toBeGreaterThan(80);
      }
      expect((await alice.endpoint.stats()).srtp !== undefined).toBe(near === 'required');
      expect((await bob.endpoint.stats()).srtp !== undefined).toBe(far === 'required');
    }
  });

  it('goes on under the same keys when the session is offered anew', async () => {
    const simulation = createSimulation({ seed: 3 });
    const alice = await listening(engine(simulation, 'alice', 1, { srtp: 'required' }));
    const bob = await listening(engine(simulation, 'bob', 2));
    await negotiate(alice.endpoint, bob.endpoint);
    await simulation.run(1000);
    await negotiate(bob.endpoint, alice.endpoint);
    await simulation.run(1000);
    const stats = await alice.endpoint.stats();
    expect(stats).toMatchObject({ srtp: 'AEAD_AES_128_GCM', unauthentic: 0 });
    expect(stats.packetsReceived).toBeGreaterThan(90);
  });

  it('refuses a peer in the clear where it is required', async () => {
    const simulation = createSimulation({ seed: 4 });
    const alice = await listening(engine(simulation, 'alice', 1, { srtp: 'required' }));
    const bob = await listening(engine(simulation, 'bob', 2, { srtp: 'off' }));
    await expect(
      alice.endpoint.acceptOffer(await bob.endpoint.createOffer()),
    ).rejects.toMatchObject({ code: 'MEDIA_NOT_ENCRYPTED' });
    await bob.endpoint.rollback();
    await expect(
      bob.endpoint.acceptOffer(await alice.endpoint.createOffer()),
    ).rejects.toMatchObject({ code: 'MEDIA_NOT_ACCEPTABLE' });
  });
});
