import { NameAddr, uri } from '@strowger/sip-message';
import type { Session } from '@strowger/session-core';
import type { FakeMediaWire } from '@strowger/testkit';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone } from './two-phones.ts';

/** Connects every call to bob through a relay. */
async function bridge(pbx: Phone, incoming: Session): Promise<void> {
  const relay = await pbx.media.openRelay({
    label: incoming.id,
    onEvent: (end, event) => (end === 'a' ? incoming : outgoing)?.takeMediaEvent(event),
  });
  let outgoing: Session | undefined;
  const close = (): void => void Promise.all([relay.a.close(), relay.b.close()]);
  void incoming.prepare({ endpoint: relay.a }).catch(() => {});
  outgoing = pbx.manager.call({
    to: uri('sip:bob@bob'),
    from: new NameAddr({ uri: uri('sip:pbx@pbx') }),
    endpoint: relay.b,
  });
  const legs = [incoming, outgoing] as const;
  outgoing.on('progress', ({ status }) => status === 180 && incoming.ring());
  for (const [one, other] of [legs, [outgoing, incoming] as const]) {
    one.on('changeOffered', () => void other.renegotiate().catch(() => {}));
    void endWith(one, other);
  }
  void Promise.all(legs.map(({ ended }) => ended)).then(close);
  // when it ends instead, `endWith` hands its reason on
  const isAnswered = await outgoing.connected.then(
    () => true,
    () => false,
  );
  if (isAnswered) await incoming.answer();
}

async function endWith(one: Session, other: Session): Promise<void> {
  const { status } = await one.ended;
  if (other.isUnanswered) other.reject(status);
  else await other.hangUp();
}

describe('two sessions on the ends of a relay', () => {
  const scene = () => {
    const simulation = createSimulation({ seed: 1 });
    const wire: FakeMediaWire = new Map();
    const [alice, pbx, bob] = ['alice', 'pbx', 'bob'].map(
      (name) => new Phone(simulation, name, { wire }),
    );
    if (!alice || !pbx || !bob) throw new Error('three phones');
    pbx.onIncoming = (session) => bridge(pbx, session);
    const finish = async (): Promise<void> => {
      await simulation.runUntilQuiet();
      simulation.assertQuiet({ alice: alice.manager, pbx: pbx.manager, bob: bob.manager });
    };
    return { simulation, alice, pbx, bob, finish };
  };

  it('connect a caller with a callee, hold through, and end together', async () => {
    const { simulation, alice, bob, finish } = scene();
    alice.call('pbx');
    await simulation.run(1000);
    expect([alice.session.state, bob.session.state]).toEqual(['connected', 'connected']);
    await alice.session.sendDigits('5');
    expect(bob.log).toContain('digit 5 rtp');
    void alice.session.hold();
    await simulation.run(1000);
    expect([alice.session.state, bob.session.state]).toEqual(['onHold', 'onHold']);
    void bob.session.hangUp();
    await finish();
    expect(alice.end).toBe('ended hungUp by remote 200/16');
  });

  it('hand a refusal on', async () => {
    const { alice, bob, finish } = scene();
    bob.onIncoming = (session) => session.reject(486);
    alice.call('pbx');
    await finish();
    expect(alice.end).toBe('ended rejected by remote 486/17');
  });

  it('refuse a hold that the other leg refuses', async () => {
    const { simulation, alice, bob, finish } = scene();
    alice.call('pbx');
    await simulation.run(1000);
    bob.media.failNext('acceptOffer');
    const held = expect(alice.session.hold()).rejects.toThrowError(/488/u);
    await simulation.run(1000);
    await held;
    expect(bob.session.state).toBe('connected');
    void alice.session.hangUp();
    await finish();
  });
});
