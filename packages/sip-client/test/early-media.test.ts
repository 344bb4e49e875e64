import { uri } from '@strowger/sip-message';
import type { Session } from '@strowger/session-core';
import { createSimulation } from '@strowger/testkit';
import { StatefulProxy } from '@strowger/transaction-core';
import { describe, expect, it } from 'vitest';
import { heardTones, MediaPhone } from './media-phones.ts';

const BOBS = 440;
const CAROLS = 880;

/** Alice calls somebody whose proxy forks: bob and carol are called at once. */
function forked() {
  const simulation = createSimulation({ seed: 1, ladder: false });
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map(
    (name) => new MediaPhone(simulation, name),
  ) as [MediaPhone, MediaPhone, MediaPhone];
  const host = simulation.network.host('fork');
  const proxy = new StatefulProxy({
    runtime: host.runtime,
    sender: host,
    names: ['fork'],
    route: ({ request }) => ({
      kind: 'forward',
      targets:
        request.uri.toString() === 'sip:team@fork'
          ? [{ uri: uri('sip:bob@bob') }, { uri: uri('sip:carol@carol') }]
          : [{ uri: request.uri }],
    }),
  });
  host.receive = (inbound) => proxy.receive(inbound);
  const play = (session: Session, frequencyHz: number): void => {
    session.play({ type: 'tone', frequencyHz });
  };
  const rings = async (phone: MediaPhone, frequencyHz: number): Promise<void> => {
    const done = phone.session.progress(183, { withMedia: true });
    await simulation.run(200);
    await done;
    play(phone.session, frequencyHz);
  };
  const end = async (): Promise<void> => {
    for (const { manager } of [alice, bob, carol]) {
      for (const session of manager.sessions()) void session.hangUp();
    }
    await simulation.run(40_000);
    await Promise.all([alice, bob, carol].map((phone) => phone.close()));
    proxy.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.manager, bob: bob.manager, carol: carol.manager });
  };
  const hears = (session: Session) => heardTones(session, simulation, [BOBS, CAROLS]);
  for (const phone of [bob, carol]) phone.onIncoming = () => {};
  return { simulation, alice, bob, carol, rings, hears, end };
}

describe('an INVITE that forks, with early media', () => {
  it('has an early dialog of each, and hears who described media last', async () => {
    const { simulation, alice, bob, carol, rings, hears, end } = forked();
    const call = alice.call('sip:team@fork');
    await simulation.run(500);
    await rings(bob, BOBS);
    expect(call.earlyMedia).toBe(true);
    expect([call.earlyDialogs.length, await hears(call)]).toEqual([1, [BOBS]]);
    await rings(carol, CAROLS);
    expect(call.earlyDialogs.length).toBe(2);
    expect(await hears(call)).toEqual([CAROLS]);
    // the same description once more is nothing new: nobody is switched to by a further 183
    void bob.session.progress(183, { withMedia: true });
    await simulation.run(200);
    expect(await hears(call)).toEqual([CAROLS]);
    expect(call.state).toBe('ringing');
    await end();
  });

  it.each(['bob', 'carol'] as const)(
    'hears %s, who answers, whoever was heard before',
    async (name) => {
      const all = forked();
      const { simulation, alice, bob, carol, rings, hears, end } = all;
      const call = alice.call('sip:team@fork');
      await simulation.run(500);
      await rings(bob, BOBS);
      await rings(carol, CAROLS);
      const winner = all[name];
      void winner.session.answer();
      await simulation.run(500);
      expect(call.state).toBe('connected');
      expect(await hears(call)).toEqual([name === 'bob' ? BOBS : CAROLS]);
      const other = name === 'bob' ? carol : bob;
      expect(other.manager.sessions()).toEqual([]);
      call.play({ type: 'tone', frequencyHz: 660 });
      expect(await heardTones(winner.session, simulation, [660])).toEqual([660]);
      // another fork may answer as well, for so long (RFC 3261 §13.2.2.4)
      expect(call.earlyDialogs.length).toBe(1);
      await simulation.run(32_000);
      expect(call.earlyDialogs.length).toBe(0);
      await end();
    },
  );

  it('hears who answers without early media of its own', async () => {
    const { simulation, alice, bob, carol, rings, hears, end } = forked();
    const call = alice.call('sip:team@fork');
    await simulation.run(500);
    carol.session.ring();
    await rings(bob, BOBS);
    expect(await hears(call)).toEqual([BOBS]);
    void carol.session.answer();
    await simulation.run(500);
    carol.session.play({ type: 'tone', frequencyHz: CAROLS });
    await simulation.run(200);
    expect([call.state, await hears(call)]).toEqual(['connected', [CAROLS]]);
    await end();
  });

  it('hears nobody where the one that was heard refuses, until the other answers', async () => {
    const { simulation, alice, bob, carol, rings, hears, end } = forked();
    const call = alice.call('sip:team@fork');
    await simulation.run(500);
    await rings(bob, BOBS);
    await rings(carol, CAROLS);
    carol.session.reject(486);
    await simulation.run(500);
    expect([call.state, await hears(call)]).toEqual(['ringing', []]);
    void bob.session.answer();
    await simulation.run(500);
    expect([call.state, await hears(call)]).toEqual(['connected', [BOBS]]);
    await end();
  });
});
