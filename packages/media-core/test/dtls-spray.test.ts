import type { DatagramSocket, Runtime, Timer } from '@strowger/runtime';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { frameMessage } from '../src/dtls/handshake-message.ts';
import { writeClientHello } from '../src/dtls/hello.ts';
import { writeRecord } from '../src/dtls/dtls-records.ts';
import { createMediaEngine } from '../src/index.ts';
import { listening } from './simulated.ts';

/** Calls of each story. */
const CALLS = 100;

/** Hellos that want no encryption at all (TLS_NULL_WITH_NULL_NULL), as first message or a later one. */
const HELLOS = [0, 1, 2].map((number) =>
  writeRecord({
    type: 22,
    epoch: 0,
    sequence: number,
    fragment: frameMessage(
      'clientHello',
      number,
      writeClientHello({
        random: new Uint8Array(32),
        cookie: new Uint8Array(0),
        suites: [0],
        extensions: new Map(),
      }),
    ),
  }),
);

/** 100 in a second, at each port. */
const EVERY_MS = 10;

/** A runtime with the sockets that it opens: whoever forges an address sends from them. */
function tapped(runtime: Runtime): { runtime: Runtime; sockets: DatagramSocket[] } {
  const sockets: DatagramSocket[] = [];
  const datagrams: Runtime['datagrams'] = {
    async open(options) {
      const socket = await runtime.datagrams.open(options);
      sockets.push(socket);
      return socket;
    },
  };
  return { runtime: { ...runtime, datagrams }, sockets };
}

type Place = 'another address' | 'the address of the peer';

/** One call's media under a spray from before its descriptions until it flows: what became of it. */
async function setUp(seed: number, place: Place): Promise<{ isUp: boolean; sprayed: number }> {
  const simulation = createSimulation({ seed, ladder: false });
  const host = (name: string, address: string) =>
    tapped(simulation.network.host(name, { address }).runtime);
  const engine = ({ runtime }: { runtime: Runtime }, address: string) =>
    createMediaEngine({
      address,
      ports: { from: 10_000, to: 10_003 },
      srtp: 'required',
      keying: ['dtls'],
      runtime,
    });
  const [alice, bob] = [host('alice', '10.0.0.1'), host('bob', '10.0.0.2')];
  const mallory = host('mallory', '10.0.0.9');
  const engines = [engine(alice, '10.0.0.1'), engine(bob, '10.0.0.2')] as const;
  await mallory.runtime.datagrams.open({ address: '10.0.0.9', port: 4000, onPacket() {} });
  let sprayed = 0;
  const spray = (from: readonly DatagramSocket[], to: readonly DatagramSocket[]): void => {
    for (const sender of from) {
      for (const { local } of to) {
        const hello = HELLOS[sprayed++ % HELLOS.length];
        if (hello !== undefined) sender.send(hello, local);
      }
    }
  };
  let timer: Timer | undefined;
  const sprayOn = (): void => {
    const isElsewhere = place === 'another address';
    spray(isElsewhere ? mallory.sockets : bob.sockets, alice.sockets);
    spray(isElsewhere ? mallory.sockets : alice.sockets, bob.sockets);
    timer = mallory.runtime.clock.arm(EVERY_MS, sprayOn);
  };
  sprayOn();
  const [one, two] = [await listening(engines[0]), await listening(engines[1])];
  const answer = await two.endpoint.acceptOffer(await one.endpoint.createOffer());
  await simulation.run(50); // it travels
  await one.endpoint.acceptAnswer(answer);
  await simulation.run(2000);
  timer?.cancel();
  const stats = await Promise.all([one, two].map(({ endpoint }) => endpoint.stats()));
  await Promise.all(engines.map((each) => each.close()));
  const isUp = stats.every(
    ({ srtp, packetsReceived }) => srtp !== undefined && packetsReceived > 50,
  );
  return { isUp, sprayed };
}

describe('M04: hellos without a cipher, a hundred a second at each port', () => {
  it.each<Place>(['another address', 'the address of the peer'])(
    'from %s keep no call from its keys (RFC 6347 §4.2.1)',
    async (place) => {
      let [up, sprayed] = [0, 0];
      for (let seed = 1; seed <= CALLS; seed++) {
        const outcome = await setUp(seed, place);
        if (outcome.isUp) up++;
        sprayed += outcome.sprayed;
      }
      expect(up).toBe(CALLS);
      expect(sprayed).toBeGreaterThan(CALLS * 300);
    },
    60_000,
  );
});
