import { StrowgerError } from '@strowger/runtime';
import { createSimulation, type FakeMediaWire } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { finish, Phone, scene, talking } from './two-phones.ts';

const deaf = { onAccepted() {}, onRejected() {}, onFailed() {} };

describe('a call with reliable provisionals', () => {
  it('has its answer in the 183, acknowledged by PRACK, and none in the 200', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = async (session) => {
      await session.progress(183, { withMedia: true });
      await session.answer();
    };
    const call = alice.call('bob');
    await simulation.run(1000);
    expect([call.state, call.mediaState, bob.session.mediaState]).toEqual([
      'connected',
      'active',
      'active',
    ]);
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  183
          20 alice --> bob  PRACK
          30 bob --> alice  200
          30 bob --> alice  200
          40 alice --> bob  ACK"
    `);
    void call.hangUp();
    await finish(both);
  });

  it('sends what is asked for, and nothing reliable where it is switched off', async () => {
    const both = scene();
    both.bob.onIncoming = async (session) => {
      await session.progress(183, { reliable: true });
      await session.progress(183, { withMedia: true, reliable: false });
      await session.answer();
    };
    both.alice.call('bob');
    await both.simulation.run(1000);
    expect(both.simulation.ladder().match(/PRACK/gu)).toHaveLength(1);
    void both.alice.session.hangUp();
    await finish(both);
    const simulation = createSimulation({ seed: 1 });
    const wire: FakeMediaWire = new Map();
    const alice = new Phone(simulation, 'alice', { wire, reliableProvisionals: 'never' });
    const bob = new Phone(simulation, 'bob', { wire });
    bob.onIncoming = async (session) => {
      await session.progress(183, { withMedia: true, reliable: true });
      await session.answer();
    };
    const call = alice.call('bob');
    await simulation.run(1000);
    expect([call.state, simulation.ladder().includes('PRACK')]).toEqual(['connected', false]);
    void call.hangUp();
    await finish({ simulation, alice, bob });
  });

  it('ends where the caller never acknowledges, answered or not', async () => {
    for (const answered of [false, true]) {
      const both = scene();
      const { simulation, alice, bob } = both;
      bob.onIncoming = async (session) => {
        await session.progress(183, { withMedia: true });
        if (answered) session.answer().catch(() => {});
      };
      const call = alice.call('bob');
      await simulation.run(5);
      simulation.network.link('alice', 'bob', { loss: 1 });
      await simulation.run(40_000);
      expect(bob.end).toMatch(/^ended (cancelled|rejected) by remote/u);
      simulation.network.link('alice', 'bob', { loss: 0 });
      void call.hangUp();
      await finish(both);
    }
  });

  it('ends as cancelled when its Expires runs out', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = (session) => session.ring();
    alice.call('bob', { headers: [['Expires', '3']] });
    await simulation.run(2990);
    simulation.network.partition('alice', 'bob');
    await simulation.run(500);
    expect(bob.end).toBe('ended cancelled by remote 487/16');
    simulation.network.heal('alice', 'bob');
    await finish(both);
  });
});

describe('an UPDATE of the peer', () => {
  it('holds and frees the call', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const offer = await alice.media.endpoints[0]?.createOffer({ direction: 'sendonly' });
    const answers: string[] = [];
    alice.session.dialog?.update(
      { body: { type: 'application/sdp', content: offer ?? '' } },
      { ...deaf, onAccepted: (response) => answers.push(response.text()) },
    );
    await simulation.run(100);
    expect([bob.session.state, bob.session.mediaDirection]).toEqual(['onHold', 'recvonly']);
    expect(answers[0]).toContain('a=recvonly');
    await alice.media.endpoints[0]?.acceptAnswer(answers[0] ?? '');
    void alice.session.hangUp();
    await finish(both);
  });

  it('is refused where media refuses, and forgotten where the peer gives up', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const offer = await alice.media.endpoints[0]?.createOffer();
    const parts = { body: { type: 'application/sdp', content: offer ?? '' } };
    const told: string[] = [];
    const user = {
      ...deaf,
      onRejected: ({ status }: { status: number }) => told.push(`${status}`),
    };
    bob.media.failNext('acceptOffer', new StrowgerError('MEDIA_NOT_ACCEPTABLE', 'nothing fits'));
    alice.session.dialog?.update(parts, user);
    await simulation.run(100);
    expect(told).toEqual(['488']);
    const release = bob.media.pause('acceptOffer');
    alice.session.dialog?.update(parts, user);
    await simulation.run(40_000);
    release();
    await alice.media.endpoints[0]?.rollback();
    await simulation.run(1000);
    void bob.manager.sessions()[0]?.hangUp();
    await finish(both);
  });
});

describe('the session timer', () => {
  it('keeps a call alive by UPDATE, by re-INVITE where it must, and ends a dead one', async () => {
    const simulation = createSimulation({ seed: 1 });
    const wire: FakeMediaWire = new Map();
    const options = { wire, sessionTimers: { intervalSeconds: 90 } };
    const alice = new Phone(simulation, 'alice', options);
    const bob = new Phone(simulation, 'bob', options);
    const call = alice.call('bob');
    await simulation.run(200_000);
    expect(call.state).toBe('connected');
    expect(simulation.ladder().match(/UPDATE/gu)).toHaveLength(4);
    call.dialog?.user.onRefresh?.();
    await simulation.run(1000);
    expect(simulation.ladder().match(/--> bob {2}INVITE/gu)).toHaveLength(2);
    simulation.network.partition('alice', 'bob');
    await simulation.run(100_000);
    expect(bob.end).toBe('ended timeout by network 408/102');
    expect(alice.end).toMatch(/^ended timeout by network/u);
    await finish({ simulation, alice, bob });
  });
});
