import { describe, expect, it } from 'vitest';
import type { Call } from '../src/index.ts';
import { natScene } from './nat-scene.ts';
import { during } from './scene.ts';

const NAT = '203.0.113.1';

/** Everything is over, and nothing is left. */
async function end({ simulation, pbx, alice }: ReturnType<typeof natScene>): Promise<void> {
  await during(simulation, alice.client.close());
  await simulation.runUntilQuiet();
  await pbx.sessions.close();
  simulation.assertQuiet({ pbx: pbx.sessions, alice: { counts: () => alice.media.usage() } });
  expect(alice.kept).toEqual([]);
}

/** Alice answers whom the PBX lets through. */
function answering({ alice }: ReturnType<typeof natScene>): Promise<Call> {
  return new Promise((resolve) => {
    alice.client.on('incoming', (call) => {
      void call.answer();
      resolve(call);
    });
  });
}

describe('a client behind a NAT, over UDP (RFC 3581)', () => {
  it('is bound where the registrar sees it, and nowhere else, before it says that it is registered', async () => {
    const all = natScene();
    const { simulation, pbx, alice, nat } = all;
    expect(await during(simulation, alice.client.register())).toEqual({ expiresSeconds: 60 });
    expect(pbx.bindings.get('alice')).toEqual([`sip:alice@${NAT}:20000`]);
    const [inner, outer] = [`<sip:alice@${alice.host.address}:5060>`, `<sip:alice@${NAT}:20000>`];
    expect(pbx.asked).toEqual([inner, `${outer}, ${inner};expires=0`]);
    expect(alice.told).toEqual(['registered']);
    expect(nat.mappings).toBe(1);
    await simulation.run(31_000); // the refresh finds everything as it is
    expect(pbx.asked.slice(2)).toEqual([outer]);
    await end(all);
    expect(pbx.bindings.get('alice')).toEqual([]);
  });

  it('is called there, and what it answers leads back to it', async () => {
    const all = natScene();
    const { simulation, pbx, alice } = all;
    await during(simulation, alice.client.register());
    const answered = answering(all);
    const session = pbx.call('alice');
    await during(simulation, session.connected);
    expect(session.dialog?.remoteTarget.toString()).toBe(`sip:alice@${NAT}:20000`);
    await during(simulation, session.hangUp());
    const { ended } = await answered;
    expect(await during(simulation, ended)).toMatchObject({ kind: 'hungUp', by: 'remote' });
    await end(all);
  });

  it('calls, and can be spoken to within the call', async () => {
    const all = natScene();
    const { simulation, pbx, alice } = all;
    await during(simulation, alice.client.register());
    const call = await during(simulation, alice.client.call('carol'));
    await during(simulation, call.connected);
    const [session] = pbx.incoming;
    expect(session?.dialog?.remoteTarget.toString()).toBe(`sip:alice@${NAT}:20000`);
    await during(simulation, session?.hangUp() ?? Promise.resolve());
    expect(await during(simulation, call.ended)).toMatchObject({ kind: 'hungUp', by: 'remote' });
    await end(all);
  });

  it('follows it to another port, with its calls, at the next refresh', async () => {
    const all = natScene();
    const { simulation, pbx, alice, nat } = all;
    await during(simulation, alice.client.register());
    const answered = answering(all);
    const session = pbx.call('alice');
    await during(simulation, session.connected);
    nat.rebind();
    await simulation.run(31_000);
    expect(pbx.bindings.get('alice')).toEqual([`sip:alice@${NAT}:20001`]);
    expect(session.dialog?.remoteTarget.toString()).toBe(`sip:alice@${NAT}:20001`);
    expect((await answered).state).toBe('connected');
    await during(simulation, session.hangUp());
    const { ended } = await answered;
    expect(await during(simulation, ended)).toMatchObject({ kind: 'hungUp', by: 'remote' });
    await end(all);
  });

  it('follows it within a second where a keep-alive that is answered tells it', async () => {
    const all = natScene({ expiresSeconds: 3600 });
    const { simulation, pbx, alice, nat } = all;
    await during(simulation, alice.client.register());
    nat.rebind();
    alice.loseFlow(pbx.host.hop());
    await simulation.run(1500);
    expect(pbx.bindings.get('alice')).toEqual([`sip:alice@${NAT}:20001`]);
    await end(all);
  });

  it('is bound inside again once there is no NAT any more', async () => {
    const all = natScene();
    const { simulation, pbx, alice } = all;
    await during(simulation, alice.client.register());
    const { address } = alice.host;
    pbx.received = address;
    pbx.rport = () => 5060;
    await simulation.run(31_000);
    expect(pbx.bindings.get('alice')).toEqual([`sip:alice@${address}:5060`]);
    pbx.received = pbx.rport = undefined;
    await end(all);
  });

  it('does not run after a registrar that sees it elsewhere each time', async () => {
    let port = 30_000;
    const all = natScene();
    const { simulation, pbx, alice } = all;
    pbx.rport = () => port++;
    await during(simulation, alice.client.register());
    expect(pbx.registers).toHaveLength(4); // and three rewrites
    await simulation.run(31_000);
    expect(pbx.registers).toHaveLength(8);
    expect(alice.told).toEqual(['registered', 'registered']);
    pbx.rport = undefined;
    await end(all);
  });

  it.each(['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '2001:db8::1', 'evil.example'])(
    'does not believe that it is at %s',
    async (received) => {
      const all = natScene();
      const { simulation, pbx, alice } = all;
      pbx.received = received;
      await during(simulation, alice.client.register());
      expect(pbx.asked).toEqual([`<sip:alice@${alice.host.address}:5060>`]);
      pbx.received = undefined;
      await end(all);
    },
  );

  it('shows what its server says of it to nobody else', async () => {
    const all = natScene();
    const { simulation, pbx, alice } = all;
    pbx.received = '198.51.100.66'; // a lie
    await during(simulation, alice.client.register());
    expect(pbx.asked.at(-1)).toContain('198.51.100.66');
    const stranger = simulation.network.host('stranger');
    const heard: string[] = [];
    stranger.receive = ({ message }) => heard.push(message.headers.raw('Contact').join());
    const call = await during(simulation, alice.client.call('sip:x@stranger'));
    await simulation.run(100);
    expect(heard[0]).toBe(`<sip:alice@${alice.host.address}:5060>`);
    void call.hangUp();
    pbx.received = undefined;
    await end(all);
  });

  it.each([{ contactRewrite: false }, { transport: 'tcp' as const }])(
    'names its own address with %o',
    async (options) => {
      const all = natScene(options);
      const { simulation, pbx, alice } = all;
      await during(simulation, alice.client.register());
      expect(pbx.asked).toHaveLength(1);
      expect(pbx.asked[0]).toContain(`<sip:alice@${alice.host.address}:5060`);
      await end(all);
    },
  );
});

describe('the binding of a NAT', () => {
  it.each([
    [{}, ['udp 29000']],
    [{ keepAliveMs: 15_000 }, ['udp 15000']],
    [{ keepAliveMs: 0 }, []],
    [{ transport: 'tcp' as const }, []],
  ])('is kept while we are registered, with %o', async (options, kept) => {
    const all = natScene(options);
    const { simulation, alice } = all;
    await during(simulation, alice.client.register());
    expect(alice.kept).toEqual(kept);
    await during(simulation, alice.client.unregister());
    expect(alice.kept).toEqual([]);
    await end(all);
  });

  it.each(['udp', 'tcp'] as const)(
    'is pinged over %s where the registrar answers pings',
    async (transport) => {
      const all = natScene({ transport });
      const { simulation, pbx, alice } = all;
      pbx.extra.push(['Flow-Timer', '110']);
      await during(simulation, alice.client.register());
      expect(alice.kept).toEqual([`answered ${transport} 110000`]);
      pbx.extra.length = 0;
      await during(simulation, alice.client.register());
      expect(alice.kept).toEqual(transport === 'udp' ? ['udp 29000'] : []);
      await end(all);
    },
  );
});
