import { type HeaderInput, NameAddr, uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { ScriptedHost } from './scripted-host.ts';
import { text, Watcher } from './watcher.ts';

const arrange = () => {
  const simulation = createSimulation({ seed: 1 });
  const alice = new Watcher(simulation, 'alice');
  const bob = new Watcher(simulation, 'bob');
  return { simulation, alice, bob };
};
/** A notifier that says what the test wants. */
const scripted = () => {
  const simulation = createSimulation({ seed: 1 });
  const alice = new Watcher(simulation, 'alice');
  const bob = new ScriptedHost(simulation, 'bob');
  const notify = (
    state: string,
    more: { tag?: string; cseq?: number; event?: string; branch?: string } = {},
  ): void => {
    const { tag = 'peer', cseq = 1, event = 'presence' } = more;
    const { branch = `n${tag}${cseq}` } = more;
    const subscribe = bob.request('SUBSCRIBE');
    bob.send(
      'NOTIFY',
      alice.host.hop(),
      [
        ['From', `<sip:bob@bob>;tag=${tag}`],
        ['To', subscribe.from.toString()],
        ['Call-ID', subscribe.callId],
        ['CSeq', `${cseq} NOTIFY`],
        ['Contact', `<sip:${tag}@${bob.host.address}:5060>`],
        ['Event', event],
        ...(state === '' ? [] : ([['Subscription-State', state]] as [string, HeaderInput][])),
      ],
      branch,
    );
  };
  return { simulation, alice, bob, notify };
};

describe('subscribing (RFC 6665)', () => {
  it('answers a NOTIFY before anything that its owner sends on account of it', async () => {
    const { simulation, alice, bob, notify } = scripted();
    alice.subscribe('bob');
    await simulation.run(20);
    const me = new NameAddr({ uri: uri('sip:alice@alice') });
    const ask = (): void => {
      alice.layer.request(
        { method: 'OPTIONS', requestUri: uri('sip:bob@bob'), to: uri('sip:bob@bob'), from: me },
        { onResponse() {}, onFailed() {} },
      );
    };
    alice.onNotify = ask;
    notify('active;expires=600');
    await simulation.run(20);
    expect(bob.heard.map(({ message }) => message.cseq.method)).toEqual([
      'SUBSCRIBE',
      'NOTIFY',
      'OPTIONS',
    ]);
    alice.layer.close();
    await simulation.runUntilQuiet();
  });

  it('brings the state at once, tells changes, and ends with one more NOTIFY', async () => {
    const { simulation, alice, bob } = arrange();
    const subscribe = alice.subscribe('bob');
    alice.after(5000, () => {
      bob.state = 'open';
      bob.watchers[0]?.notify(text('open'));
    });
    alice.after(10_000, () => subscribe.unsubscribe());
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual([
      'active closed',
      'active open',
      'terminated timeout open',
      'ended unsubscribed',
    ]);
    expect(bob.log).toEqual(['watcher unsubscribed']);
    expect(`\n${simulation.ladder()}`).toMatchInlineSnapshot(`
      "
           0 alice --> bob  SUBSCRIBE
          10 bob --> alice  200
          10 bob --> alice  NOTIFY
          20 alice --> bob  200
        5000 bob --> alice  NOTIFY
        5010 alice --> bob  200
       10000 alice --> bob  SUBSCRIBE
       10010 bob --> alice  200
       10010 bob --> alice  NOTIFY
       10020 alice --> bob  200"
    `);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('is refreshed 40 s before it runs out, for as long as it is wanted', async () => {
    const { simulation, alice, bob } = arrange();
    const subscribe = alice.subscribe('bob', { expiresSeconds: 100 });
    alice.after(150_000, () => subscribe.unsubscribe());
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['refreshed', 'refreshed', 'watcher unsubscribed']);
    expect(simulation.ladder()).toContain(' 60020 alice --> bob  SUBSCRIBE');
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('asks once with Expires 0 (a fetch)', async () => {
    const { simulation, alice, bob } = arrange();
    alice.subscribe('bob', { expiresSeconds: 0 });
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['terminated timeout closed', 'ended terminated, again after 0 ms']);
    expect(bob.log).toEqual(['watcher fetched']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('tells nothing while pending, and the state when it is allowed', async () => {
    const { simulation, alice, bob } = arrange();
    bob.acceptance = { state: 'pending' };
    const subscribe = alice.subscribe('bob');
    alice.after(3000, () => bob.watchers[0]?.activate());
    alice.after(6000, () => subscribe.unsubscribe());
    await simulation.runUntilQuiet();
    expect(alice.log.slice(0, 2)).toEqual(['pending', 'active closed']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('repeats with Min-Expires after 423', async () => {
    const { simulation, alice, bob } = arrange();
    const subscribe = alice.subscribe('bob', { expiresSeconds: 10 });
    alice.after(5000, () => subscribe.unsubscribe());
    await simulation.runUntilQuiet();
    expect(simulation.ladder()).toContain('423');
    expect(alice.log[0]).toBe('active closed');
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('gets 489 for a package that the peer does not have', async () => {
    const { simulation, alice } = arrange();
    alice.subscribe('bob', { event: 'winfo' });
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['failed rejected 489']);
  });

  it.each([
    ['deactivated', 'again after 0 ms'],
    ['probation;retry-after=7', 'again after 7000 ms'],
    ['giveup;retry-after=3', 'again after 3000 ms'],
    ['rejected;retry-after=3', 'again after no ms'],
    ['noresource', 'again after no ms'],
    ['invariant', 'again after no ms'],
    ['timeout', 'again after 0 ms'],
    ['whatever;retry-after=99999999999', 'again after 0 ms'],
  ])('learns from reason=%s when to subscribe %s', async (reason, again) => {
    const { simulation, alice, bob, notify } = scripted();
    alice.subscribe('bob');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 200);
    notify(`terminated;reason=${reason}`);
    await simulation.runUntilQuiet();
    expect(alice.log.at(-1)).toBe(`ended terminated, ${again}`);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('is over where its end is refused, as the peer knows of none', async () => {
    const { simulation, alice, bob, notify } = scripted();
    const subscribe = alice.subscribe('bob');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 200);
    notify('active;expires=600');
    await simulation.run(100);
    subscribe.unsubscribe();
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 481);
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['active', 'ended unsubscribed']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('makes one subscription of every fork that notifies within 64*T1', async () => {
    const { simulation, alice, bob, notify } = scripted();
    alice.subscribe('bob');
    await simulation.run(100);
    notify('active;expires=100', { tag: 'one' });
    bob.answer('SUBSCRIBE', 200, { tag: 'one', headers: [['Expires', 90]] });
    await simulation.run(1000);
    notify('pending;expires=100', { tag: 'two' });
    await simulation.run(32_000);
    notify('active;expires=100', { tag: 'three' });
    await simulation.run(1000);
    expect(alice.log).toEqual(['active', 'pending']);
    expect(alice.watched.map(({ dialogId }) => dialogId.remoteTag)).toEqual(['one', 'two']);
    expect(bob.all(481)).toHaveLength(1);
    alice.layer.close();
    await simulation.runUntilQuiet();
    expect(alice.log.slice(2)).toEqual(['ended failed dialogEnded', 'ended failed dialogEnded']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('gives up without a NOTIFY when timer N runs out, whatever the 200 says', async () => {
    const { simulation, alice, bob } = scripted();
    alice.subscribe('bob');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 200, { headers: [['Expires', 600]] });
    await simulation.run(31_800);
    expect(alice.log).toEqual([]);
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['failed noNotify']);
    expect(simulation.clock.now()).toBe(32_000);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('tells a refusal, and silence', async () => {
    const { simulation, alice, bob } = scripted();
    alice.subscribe('bob');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 403);
    await simulation.run(1000);
    alice.subscribe('bob');
    await simulation.runUntilQuiet();
    expect(alice.log[0]).toBe('failed rejected 403');
    expect(alice.log[1]).toMatch(/^failed (noNotify|failed timeout)$/u);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('takes the NOTIFY that overtakes its 200, and its duration then', async () => {
    const { simulation, alice, bob, notify } = scripted();
    const subscribe = alice.subscribe('bob');
    await simulation.run(100);
    notify('active');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 200, { headers: [['Expires', 100]] });
    await simulation.run(59_000);
    expect(bob.all('SUBSCRIBE')).toHaveLength(1);
    await simulation.run(1400);
    expect(bob.all('SUBSCRIBE')).toHaveLength(2);
    bob.answer('SUBSCRIBE', 200, { headers: [['Expires', 100]] });
    notify('pending;expires=80', { cseq: 2 });
    await simulation.run(1000);
    expect(alice.log).toEqual(['active', 'pending']);
    subscribe.unsubscribe();
    await simulation.run(100);
    expect(bob.request('SUBSCRIBE').headers.get('expires')).toBe(0);
    bob.answer('SUBSCRIBE', 200, { headers: [['Expires', 0]] });
    notify('active', { cseq: 3 });
    await simulation.runUntilQuiet();
    expect(alice.log.slice(2)).toEqual(['active', 'ended unsubscribed']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('says after what time one may come back where that is said', async () => {
    const { simulation, alice, bob } = scripted();
    const ends: unknown[] = [];
    alice.layer.subscribe(
      {
        to: uri('sip:bob@bob'),
        from: new NameAddr({ uri: uri('sip:alice@alice') }),
        event: 'presence',
      },
      { onSubscription() {}, onFailed: (end) => ends.push(end) },
    );
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 503, { headers: [['Retry-After', 9]] });
    await simulation.runUntilQuiet();
    expect(ends).toEqual([{ kind: 'rejected', status: 503, retryAfterMs: 9000 }]);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('lives on when a refresh fails, tries again, and ends when it runs out', async () => {
    const { simulation, alice, bob, notify } = scripted();
    alice.subscribe('bob');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 200, { headers: [['Expires', 100]] });
    notify('active;expires=100');
    await simulation.run(60_100);
    bob.answer('SUBSCRIBE', 503, { headers: [['Retry-After', 9]] });
    notify('active', { cseq: 2 });
    await simulation.run(9100);
    expect(bob.all('SUBSCRIBE')).toHaveLength(3);
    notify('active', { cseq: 3 });
    notify('pending', { cseq: 4 });
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['active', 'active', 'active', 'pending', 'ended expired']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('ends when a refresh is refused for good, or the NOTIFY comes first', async () => {
    const { simulation, alice, bob, notify } = scripted();
    alice.subscribe('bob');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 200);
    notify('active;expires=100');
    await simulation.run(100);
    alice.watched[0]?.refresh();
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 423, { headers: [['Min-Expires', 1200]] });
    await simulation.run(100);
    expect(bob.request('SUBSCRIBE').headers.get('expires')).toBe(1200);
    bob.answer('SUBSCRIBE', 481);
    await simulation.run(100);
    expect(alice.log.at(-1)).toBe('ended rejected 481');
    alice.subscribe('bob');
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 200);
    notify('active;expires=100', { branch: 'x' });
    await simulation.run(100);
    alice.watched[1]?.refresh();
    await simulation.run(100);
    notify('terminated;reason=deactivated', { cseq: 2, branch: 'y' });
    await simulation.run(100);
    bob.answer('SUBSCRIBE', 481);
    await simulation.runUntilQuiet();
    expect(alice.log.at(-1)).toBe('ended terminated, again after 0 ms');
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('answers a NOTIFY without Subscription-State with 400, one for another package with 481', async () => {
    const { simulation, alice, bob, notify } = scripted();
    alice.subscribe('bob');
    await simulation.run(100);
    notify('');
    notify('active', { event: 'dialog', cseq: 2 });
    await simulation.run(100);
    expect([bob.all(400).length, bob.all(481).length]).toEqual([1, 1]);
    notify('active;expires=20', { cseq: 3 });
    await simulation.run(100);
    notify('', { cseq: 4 });
    notify('active', { event: 'presence;id=7', cseq: 5 });
    notify('active', { cseq: 2, branch: 'late' });
    await simulation.run(100);
    expect([bob.all(400).length, bob.all(481).length, bob.all(500).length]).toEqual([2, 2, 1]);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });
});

describe('being subscribed to (RFC 6665)', () => {
  const watched = () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new ScriptedHost(simulation, 'alice');
    const bob = new Watcher(simulation, 'bob', {
      events: { packages: ['presence'], perDialog: 2 },
    });
    const subscribe = (
      cseq: number,
      {
        expires = 300,
        event = 'presence',
        tag = '',
      }: { expires?: number; event?: string; tag?: string } = {},
    ): void =>
      alice.send(
        'SUBSCRIBE',
        bob.host.hop(),
        [
          ['From', '<sip:alice@alice>;tag=a'],
          ['To', `<sip:bob@bob>${tag === '' ? '' : `;tag=${tag}`}`],
          ['Call-ID', 'watching'],
          ['CSeq', `${cseq} SUBSCRIBE`],
          ['Contact', `<sip:alice@${alice.host.address}:5060>`],
          ['Expires', expires],
          ...(event === '' ? [] : ([['Event', event]] as [string, HeaderInput][])),
        ],
        `s${cseq}`,
      );
    return { simulation, alice, bob, subscribe };
  };

  it('ends when nobody refreshes', async () => {
    const { simulation, alice, bob, subscribe } = watched();
    subscribe(1, { expires: 60 });
    await simulation.run(100);
    alice.answer('NOTIFY', 200);
    await simulation.run(60_100);
    expect(alice.request('NOTIFY').headers.get('subscription-state')?.params.get('reason')).toBe(
      'timeout',
    );
    alice.answer('NOTIFY', 200);
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['watcher expired']);
    simulation.assertQuiet({ bob: bob.layer });
  });

  it('keeps two packages with ids apart in one dialog, and no more than its limit', async () => {
    const { simulation, alice, bob, subscribe } = watched();
    subscribe(1, { event: 'presence;id=1' });
    await simulation.run(100);
    alice.answer('NOTIFY', 200);
    const { tag } = alice.response(200).to;
    subscribe(2, { event: 'presence;id=2', tag: tag ?? '' });
    await simulation.run(100);
    expect(bob.watchers.map(({ event }) => event.id)).toEqual(['1', '2']);
    expect(bob.watchers[0]?.dialogId).toEqual(bob.watchers[1]?.dialogId);
    subscribe(3, { event: 'presence;id=3', tag: tag ?? '' });
    subscribe(4, { event: '', tag: tag ?? '' });
    subscribe(5, { event: 'dialog', tag: tag ?? '' });
    subscribe(6, { expires: 5, event: 'presence;id=1', tag: tag ?? '' });
    await simulation.run(100);
    expect([503, 400, 489, 423].map((status) => alice.all(status).length)).toEqual([1, 1, 1, 1]);
    await simulation.runUntilQuiet();
    expect(bob.log.slice(0, 2)).toEqual(['watcher failed', 'watcher expired']);
    simulation.assertQuiet({ bob: bob.layer });
  });

  it('sends one NOTIFY at a time and makes too many into one with the whole state', async () => {
    const simulation = createSimulation({ seed: 1 });
    const events = { packages: ['presence'], waitingNotifies: 3 };
    const alice = new Watcher(simulation, 'alice');
    const bob = new Watcher(simulation, 'bob', { events });
    alice.subscribe('bob');
    await simulation.run(100);
    bob.state = 'whole';
    for (let i = 1; i <= 6; i++) bob.watchers[0]?.notify(text(`change ${i}`));
    await simulation.run(1000);
    expect(alice.log).toEqual([
      'active closed',
      'active whole',
      'active change 5',
      'active change 6',
    ]);
    bob.watchers[0]?.terminate({ reason: 'probation', retryAfterSeconds: 5 });
    bob.watchers[0]?.terminate();
    bob.watchers[0]?.notify(text('never'));
    await simulation.runUntilQuiet();
    expect(alice.log.slice(-2)).toEqual([
      'terminated probation',
      'ended terminated, again after 5000 ms',
    ]);
    expect(bob.log).toEqual(['watcher terminated']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('ends when a NOTIFY is refused for good, and tries again where it is told to', async () => {
    const { simulation, alice, bob, subscribe } = watched();
    subscribe(1);
    await simulation.run(100);
    alice.answer('NOTIFY', 503, { headers: [['Retry-After', 2]] });
    await simulation.run(2100);
    expect(alice.all('NOTIFY')).toHaveLength(2);
    alice.answer('NOTIFY', 200);
    await simulation.run(100);
    bob.watchers[0]?.notify(text('more'));
    await simulation.run(100);
    alice.answer('NOTIFY', 481);
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['watcher refused']);
    subscribe(2, { tag: bob.watchers[0]?.dialogId.localTag ?? '' });
    await simulation.runUntilQuiet();
    expect(alice.all(481)).toHaveLength(1);
    simulation.assertQuiet({ bob: bob.layer });
  });

  it('ends while pending, when the subscriber does not know it', async () => {
    const { simulation, alice, bob, subscribe } = watched();
    bob.acceptance = { state: 'pending' };
    subscribe(1);
    await simulation.run(100);
    alice.answer('NOTIFY', 481);
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['watcher refused']);
    simulation.assertQuiet({ bob: bob.layer });
  });

  it('refuses what the owner refuses, and a SUBSCRIBE that nobody answers ends by itself', async () => {
    const { simulation, alice, bob, subscribe } = watched();
    bob.onSubscribe = (incoming) => incoming.reject(603);
    subscribe(1);
    await simulation.run(100);
    expect(alice.all(603)).toHaveLength(1);
    let late: (() => void) | undefined;
    bob.onSubscribe = (incoming) => {
      late = () => bob.accept(incoming);
    };
    subscribe(2);
    await simulation.runUntilQuiet();
    expect(() => late?.()).toThrow('final response');
    simulation.assertQuiet({ bob: bob.layer });
  });

  it('is dropped with its layer', async () => {
    const { simulation, alice, bob, subscribe } = watched();
    subscribe(1);
    await simulation.run(100);
    alice.answer('NOTIFY', 200);
    await simulation.run(100);
    bob.watchers[0]?.terminate();
    subscribe(2);
    await simulation.run(5);
    bob.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ bob: bob.layer });
  });
});
