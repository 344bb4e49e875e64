import type { DatagramSocket } from '@strowger/runtime';
import { expect, it, onTestFinished } from 'vitest';
import { createMediaEngine, type MediaEndpointEvent } from '../src/index.ts';
import { engineOn, listening, mediaSimulation } from './simulated.ts';

/** An encrypted call whose packets somebody on the way keeps, and may send again. */
async function overheard() {
  const simulation = mediaSimulation();
  const packets: {
    bytes: Uint8Array;
    socket: DatagramSocket;
    to: { address: string; port: number };
  }[] = [];
  const { runtime } = simulation.network.host('alice', { address: '10.0.0.1' });
  const alice = createMediaEngine({
    address: '10.0.0.1',
    ports: { from: 10_000, to: 10_099 },
    srtp: 'required',
    runtime: {
      ...runtime,
      datagrams: {
        async open(options) {
          const socket = await runtime.datagrams.open(options);
          return {
            local: socket.local,
            close: () => socket.close(),
            send(packet, to) {
              packets.push({ bytes: Uint8Array.from(packet), socket, to });
              socket.send(packet, to);
            },
          };
        },
      },
    },
  });
  const bob = engineOn(simulation, { name: 'bob', address: '10.0.0.2' });
  onTestFinished(async () => {
    await Promise.all([alice.close(), bob.close()]);
  });
  const [one, two] = [await listening(alice), await listening(bob)];
  await one.endpoint.acceptAnswer(await two.endpoint.acceptOffer(await one.endpoint.createOffer()));
  await simulation.run(2000);
  const told = (): MediaEndpointEvent[] => two.events.filter(({ type }) => type === 'intrusion');
  const again = async (
    count: number,
    change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
  ) => {
    for (const { bytes, socket, to } of packets.slice(-count)) {
      socket.send(change(Uint8Array.from(bytes)), to);
    }
    await simulation.run(10);
  };
  return { simulation, again, told, endpoint: two.endpoint };
}

it('is told once where many packets come again, and none is heard', async () => {
  const { simulation, again, told, endpoint } = await overheard();
  const { packetsReceived } = await endpoint.stats();
  await again(40);
  expect(told()).toEqual([{ type: 'intrusion', packets: 10, replayed: 10 }]);
  expect((await endpoint.stats()).packetsReceived - packetsReceived).toBeLessThan(5);
  await simulation.run(10_000);
  await again(40);
  expect(told()).toHaveLength(2);
});

it('is told where many were forged', async () => {
  const { again, told } = await overheard();
  await again(40, (bytes) => {
    bytes[3] = ((bytes[3] ?? 0) + 128) & 0xff; // a number that is to come
    return bytes;
  });
  expect(told()).toEqual([{ type: 'intrusion', packets: 10, replayed: expect.any(Number) }]);
  expect(told()[0]).not.toMatchObject({ replayed: 10 });
});

it('is not told of a copy or two, as networks make them', async () => {
  const { again, told } = await overheard();
  await again(5);
  expect(told()).toEqual([]);
});
