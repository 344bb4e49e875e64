import { StrowgerError } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { during, finish, scene } from './scene.ts';

describe('registering', () => {
  it('proves who it is, and removes its binding when it closes', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    expect(await during(simulation, alice.client.register())).toEqual({ expiresSeconds: 300 });
    expect(registrar.bindings.get('alice')).toBe(`sip:alice@${alice.host.address}:5060`);
    await finish(all);
    expect(registrar.bindings.size).toBe(0);
    expect(alice.told).toEqual(['registered', 'unregistered']);
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> pbx  REGISTER
          10 pbx --> alice  401
          20 alice --> pbx  REGISTER
          30 pbx --> alice  200
          40 alice --> pbx  REGISTER
          50 pbx --> alice  200"
    `);
  });

  it('keeps one Call-ID and counts its CSeq up', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    await during(simulation, alice.client.register());
    await during(simulation, alice.client.register());
    await finish(all);
    expect(new Set(registrar.seen.map(({ callId }) => callId)).size).toBe(1);
    const numbers = registrar.seen.map(({ cseq }) => cseq.number);
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('refreshes before the time that was granted is over', async () => {
    const all = scene({ client: { expiresSeconds: 60 } });
    const { simulation, registrar, alice } = all;
    await during(simulation, alice.client.register());
    await simulation.run(100_000);
    expect(registrar.asked).toEqual([60, 60, 60, 60]);
    await finish(all);
  });

  it('asks for longer where the registrar wants that (423)', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    registrar.minExpires = 900;
    expect(await during(simulation, alice.client.register())).toEqual({ expiresSeconds: 900 });
    await finish(all);
  });

  it('says that a wrong password is refused, and does not try it again', async () => {
    const all = scene({ client: { password: 'wrong' } });
    const { simulation, registrar, alice } = all;
    await expect(during(simulation, alice.client.register())).rejects.toMatchObject({
      code: 'REGISTRATION_REFUSED',
      recovery: { kind: 'authenticate' },
    });
    const { length } = registrar.seen;
    await simulation.run(600_000);
    expect(registrar.seen).toHaveLength(length);
    await finish(all);
  });

  it('tries a registrar that is away again and again, and registers when it is back', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    registrar.status = 503;
    const registered = alice.client.register();
    await simulation.run(10_000);
    expect(alice.told).toEqual(Array(5).fill('registrationFailed')); // after 1, 2, 4 s at most
    simulation.network.partition('pbx');
    await simulation.run(60_000);
    simulation.network.heal('pbx');
    registrar.status = undefined;
    expect(await during(simulation, registered)).toEqual({ expiresSeconds: 300 });
    await finish(all);
  });

  it('tries again where the name of the registrar cannot be found yet', async () => {
    const all = scene();
    const { simulation, alice } = all;
    simulation.network.name('pbx.example');
    const registered = alice.client.register();
    await simulation.run(5000);
    simulation.network.name('pbx.example', 'pbx');
    expect(await during(simulation, registered)).toEqual({ expiresSeconds: 300 });
    await finish(all);
  });

  it('registers anew when the connection to the registrar drops', async () => {
    const all = scene({ client: { transport: 'tcp' } });
    const { simulation, registrar, alice } = all;
    await during(simulation, alice.client.register());
    alice.dropConnections();
    await simulation.run(2000);
    expect(registrar.asked).toEqual([300, 300]);
    expect(alice.told).toEqual(['registered', 'registrationFailed', 'registered']);
    await finish(all);
  });

  it('gives up an answer whose connection was lost', async () => {
    const all = scene({ client: { transport: 'tcp' } });
    const { simulation, registrar, alice } = all;
    registrar.isMute = true;
    const registered = alice.client.register();
    await simulation.run(100);
    alice.dropConnections();
    registrar.isMute = false;
    await simulation.run(3000);
    expect(await registered).toEqual({ expiresSeconds: 300 });
    await simulation.run(60_000); // the first REGISTER times out and disturbs nobody
    expect(alice.told).toEqual(['registrationFailed', 'registered']);
    await finish(all);
  });

  it('serves two who register at once with one REGISTER', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    const both = Promise.all([alice.client.register(), alice.client.register()]);
    expect(await during(simulation, both)).toEqual([
      { expiresSeconds: 300 },
      { expiresSeconds: 300 },
    ]);
    expect(registrar.asked).toEqual([300]);
    await finish(all);
  });

  it('unregisters, and can register again', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    await alice.client.unregister(); // nothing to do
    await during(simulation, alice.client.register());
    await during(simulation, alice.client.unregister());
    expect(registrar.bindings.size).toBe(0);
    const leaving = alice.client.register().then(() => alice.client.unregister());
    await during(simulation, leaving);
    expect(registrar.asked).toEqual([300, 0, 300, 0]);
    await finish(all);
  });

  it('unregisters while it registers: one REGISTER after the other', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    const registered = alice.client.register();
    const refused = expect(registered).rejects.toMatchObject({ code: 'UNREGISTERED' });
    await simulation.run(1);
    const unregistered = alice.client.unregister();
    const again = alice.client.register();
    await during(simulation, unregistered);
    await refused;
    expect(await during(simulation, again)).toEqual({ expiresSeconds: 300 });
    expect(registrar.asked).toEqual([300, 0, 300]);
    await finish(all);
  });

  it('closes while it registers, with a registrar that is silent', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    registrar.isMute = true;
    const registered = expect(alice.client.register()).rejects.toMatchObject({
      code: 'UNREGISTERED',
    });
    await simulation.run(1000);
    await finish(all);
    await registered;
    await expect(alice.client.register()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('reports an account that makes no sense at once', () => {
    const accounts = [
      { uri: 'alice' },
      { uri: 'sip:pbx.example' },
      { uri: 'tel:+4912345' },
      { uri: 'sip:alice@pbx.example', expiresSeconds: 5 },
      { uri: 'sip:alice@pbx.example', server: 'pbx' },
    ];
    for (const client of accounts) {
      expect(() => scene({ client })).toThrow(expect.objectContaining({ code: 'BAD_ACCOUNT' }));
    }
  });

  it('opens its sockets again where that failed before', async () => {
    const all = scene();
    const { simulation, alice } = all;
    alice.failure = new StrowgerError('LISTEN_FAILED', 'the port is taken');
    await expect(alice.client.register()).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
    await during(simulation, alice.client.register());
    await finish(all);
  });
});
