import { NameAddr, uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';
import { text, Watcher } from './watcher.ts';

const from = new NameAddr({ uri: uri('sip:alice@alice') });

/** A watcher whose peer is silent after what the test makes it say. */
function scripted() {
  const simulation = createSimulation({ seed: 1 });
  const alice = new Watcher(simulation, 'alice');
  const bob = new ScriptedHost(simulation, 'bob');
  const notify = (state: string, cseq = 1): void => {
    const { from: to, callId } = bob.request('SUBSCRIBE');
    bob.send(
      'NOTIFY',
      alice.host.hop(),
      [
        ['From', '<sip:bob@bob>;tag=peer'],
        ['To', to.toString()],
        ['Call-ID', callId],
        ['CSeq', `${cseq} NOTIFY`],
        ['Contact', `<sip:${bob.host.address}:5060>`],
        ['Event', 'presence'],
        ['Subscription-State', state],
      ],
      `n${cseq}`,
    );
  };
  return { simulation, alice, bob, notify };
}

describe('a layer that is closed', () => {
  it.each(['waiting', 'forking', 'closing'])('ends what is %s', async (state) => {
    const { simulation, alice, bob, notify } = scripted();
    const subscribe = alice.subscribe('bob');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 200);
    if (state !== 'waiting') notify('active;expires=100');
    await simulation.run(100);
    if (state === 'closing') subscribe.unsubscribe();
    alice.layer.close();
    await simulation.runUntilQuiet();
    expect(alice.log.filter((line) => /^(ended|failed)/u.test(line))).toHaveLength(1);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('ends a subscription that it asked for within a call', async () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new Phone(simulation, 'alice', { events: {} });
    const bob = new Phone(simulation, 'bob');
    bob.onInvite = (invite) => bob.answer(invite);
    alice.call('bob');
    await simulation.run(100);
    const subscription = alice.dialog?.subscribe({ event: 'dialog', accept: ['text/plain'] });
    if (subscription === undefined) throw new Error('no call');
    subscription.user = { onEnded: ({ kind }) => alice.say(`subscription ${kind}`) };
    alice.layer.close();
    bob.layer.close();
    await simulation.runUntilQuiet();
    expect(alice.log).toContain('subscription failed');
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it.each(['active', 'pending'] as const)('ends %s subscriptions to it', async (state) => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new Watcher(simulation, 'alice');
    const bob = new Watcher(simulation, 'bob');
    bob.acceptance = { state };
    alice.subscribe('bob');
    alice.subscribe('bob');
    await simulation.run(500);
    // the last NOTIFY has not gone out when the layer closes
    bob.watchers[1]?.terminate();
    bob.layer.close();
    alice.layer.close();
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['watcher terminated', 'watcher failed']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('ends a publication that has no answer', async () => {
    const { simulation, alice } = scripted();
    const event = { event: 'presence', body: text('open') };
    alice.layer.publish(
      { to: uri('sip:alice@bob'), from, ...event },
      { onEnded: ({ kind }) => alice.say(`ended ${kind}`) },
    );
    alice.layer.close();
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['ended failed']);
    expect(() => alice.subscribe('bob')).toThrow('closed');
    simulation.assertQuiet({ alice: alice.layer });
  });
});

describe('what runs out', () => {
  it('is a pending subscription that could not be refreshed', async () => {
    const { simulation, alice, bob, notify } = scripted();
    alice.subscribe('bob');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 200);
    notify('pending;expires=20');
    await simulation.run(10_100);
    bob.answer('SUBSCRIBE', 500, { headers: [['Retry-After', 300]] });
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['pending', 'ended expired']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('is a publication whose refresh may not be repeated in time', async () => {
    const { simulation, alice, bob } = scripted();
    const event = { event: 'presence', body: text('open'), expiresSeconds: 100 };
    alice.layer.publish(
      { to: uri('sip:alice@bob'), from, ...event },
      { onEnded: ({ kind }) => alice.say(`ended ${kind}`) },
    );
    await simulation.run(100);
    bob.answer('PUBLISH', 200, { headers: [['SIP-ETag', 'a']] });
    await simulation.run(60_100);
    bob.answer('PUBLISH', 503, { headers: [['Retry-After', 300]] });
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['ended expired']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('is the patience for the answer to a NOTIFY', async () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new Watcher(simulation, 'alice');
    const bob = new Watcher(simulation, 'bob');
    bob.acceptance = { state: 'pending' };
    alice.subscribe('bob', { expiresSeconds: 100 });
    alice.after(15, () => simulation.network.partition('alice', 'bob'));
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['watcher failed']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});

describe('limits', () => {
  it('hold for our subscriptions and for those of others', async () => {
    const simulation = createSimulation({ seed: 1 });
    const events = { packages: ['presence'], subscriptions: 1 };
    const alice = new Watcher(simulation, 'alice', { events });
    const bob = new Watcher(simulation, 'bob', { events });
    const carol = new Watcher(simulation, 'carol');
    const first = alice.subscribe('bob');
    expect(() => alice.subscribe('bob')).toThrow('limit');
    await simulation.run(100);
    carol.subscribe('bob');
    await simulation.run(100);
    expect(carol.log).toEqual(['failed rejected 503']);
    first.unsubscribe();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer, carol: carol.layer });
  });
});
