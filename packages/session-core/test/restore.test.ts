import { createSimulation, type FakeMediaWire, type Simulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import type { CallOptions, SessionManagerOptions, SessionSnapshot } from '@strowger/session-core';
import { MortalPhone } from './restarting.ts';
import { scene } from './two-phones.ts';

interface Scene {
  readonly simulation: Simulation;
  readonly alice: MortalPhone;
  readonly bob: MortalPhone;
}

async function talking(
  options: Partial<SessionManagerOptions> = {},
  call: Partial<CallOptions> = {},
): Promise<Scene> {
  const simulation = createSimulation({ seed: 11 });
  const wire: FakeMediaWire = new Map();
  const alice = new MortalPhone(
    simulation,
    { name: 'alice', mediaNetwork: '192.0.2', wire },
    options,
  );
  const bob = new MortalPhone(
    simulation,
    { name: 'bob', mediaNetwork: '198.51.100', wire },
    options,
  );
  alice.call('bob', call);
  await simulation.run(1000);
  expect([alice.session.state, bob.session.state]).toEqual(['connected', 'connected']);
  for (const phone of [alice, bob]) phone.log.length = 0;
  return { simulation, alice, bob };
}

/** Digits by media, both ways: the audio of each reaches the other. */
async function hearEachOther({ simulation, alice, bob }: Scene): Promise<void> {
  for (const phone of [alice, bob]) phone.log.length = 0;
  await Promise.all([alice.session.sendDigits('4'), bob.session.sendDigits('5')]);
  await simulation.run(1000);
  expect(bob.log).toContain('digit 4 rtp');
  expect(alice.log).toContain('digit 5 rtp');
}

async function nothingIsLeft({ simulation, alice, bob }: Scene): Promise<void> {
  await simulation.runUntilQuiet({ limitMs: 3_600_000 });
  simulation.assertQuiet({ alice: alice.manager, bob: bob.manager });
  expect([alice.disk.size, bob.disk.size]).toEqual([0, 0]);
}

describe('P13-5 a session whose process dies', () => {
  it.each(['alice', 'bob'] as const)('goes on in another one, with audio: %s', async (name) => {
    const both = await talking();
    const { simulation } = both;
    const mortal = both[name];
    mortal.die();
    await simulation.run(5000);
    mortal.comeBack();
    expect(mortal.session.state).toBe('connected');
    expect(await mortal.session.connected).toBeUndefined();
    await simulation.run(1000);
    expect(mortal.log).toEqual(['recovering MEDIA_LOST 2', 'recovered 1']);
    await hearEachOther(both);

    const other = name === 'alice' ? both.bob : both.alice;
    const held = other.session.hold();
    await simulation.run(1000);
    await held;
    expect(mortal.session.state).toBe('onHold');
    const freed = other.session.resume();
    await simulation.run(1000);
    await freed;
    const moved = mortal.session.renegotiate();
    await simulation.run(1000);
    await moved;
    const informed = mortal.session.sendDigits('7', { via: 'info' });
    await simulation.run(1000);
    await informed;
    await hearEachOther(both);
    void other.session.hangUp();
    await nothingIsLeft(both);
    expect(mortal.log.at(-1)).toBe('ended hungUp by remote 200/16');
  });

  it('keeps to the policy of its manager for media that it opens anew', async () => {
    const both = await talking(
      { srtp: 'required', onIncoming: (session) => session.answer({ srtp: 'optional' }) },
      { srtp: 'off' }, // which the snapshot does not hold
    );
    const { simulation, alice } = both;
    expect(alice.session.mediaSecurity).toEqual({ kind: 'plain' });
    alice.die();
    alice.comeBack();
    await simulation.run(1000);
    expect(alice.session.mediaSecurity).toMatchObject({ kind: 'sdes' });
    void alice.session.hangUp();
    await nothingIsLeft(both);
  });

  it('hangs up, and was the same session all the time', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const { id, createdAt, answeredAt, identifiers, remote, local } = alice.session;
    alice.manager.linkSessionToCall(id, 'call-1');
    alice.disk.set(id, JSON.stringify(alice.session.snapshot()));
    alice.die();
    await simulation.run(100);
    alice.comeBack();
    await simulation.run(1000);
    expect(alice.session).toMatchObject({ id, createdAt, answeredAt, identifiers });
    expect([`${alice.session.remote}`, `${alice.session.local}`]).toEqual([
      `${remote}`,
      `${local}`,
    ]);
    expect(alice.manager.getSessionsForCall('call-1').map((one) => one.id)).toEqual([id]);
    const { callId, localTag = '', remoteTag = '' } = alice.session.dialog?.id ?? { callId: '' };
    expect(alice.manager.findSessionForDialog(callId, localTag, remoteTag)?.id).toBe(id);
    void alice.session.hangUp();
    await nothingIsLeft(both);
    expect(bob.log.at(-1)).toBe('ended hungUp by remote 200/16');
  });

  it('keeps the other side on hold', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const held = alice.session.hold();
    await simulation.run(1000);
    await held;
    alice.die();
    alice.comeBack();
    await simulation.run(1000);
    expect([alice.session.state, bob.session.mediaDirection]).toEqual(['onHold', 'recvonly']);
    const freed = alice.session.resume();
    await simulation.run(1000);
    await freed;
    await hearEachOther(both);
    void bob.session.hangUp();
    await nothingIsLeft(both);
  });

  it('settles when both die at once', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    for (const phone of [alice, bob]) phone.die();
    for (const phone of [alice, bob]) phone.comeBack();
    await simulation.run(20_000);
    await hearEachOther(both);
    void bob.session.hangUp();
    await nothingIsLeft(both);
  });

  it('takes an offer of the peer that comes before its own', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const goOn = alice.media;
    expect(goOn.endpoints).toHaveLength(1);
    bob.die();
    const held = alice.session.hold();
    await simulation.run(200); // it is repeated until somebody is there
    bob.comeBack();
    await simulation.run(20_000);
    await held;
    expect([alice.session.state, bob.session.state]).toEqual(['onHold', 'onHold']);
    const freed = alice.session.resume();
    await simulation.run(1000);
    await freed;
    await hearEachOther(both);
    void bob.session.hangUp();
    await nothingIsLeft(both);
  });

  it('ends with 481 where the peer has forgotten the call', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    bob.die();
    bob.disk.clear();
    bob.comeBack();
    alice.die();
    alice.comeBack();
    await simulation.run(1000);
    expect(alice.log.at(-1)).toBe('ended dialogLost by remote 481/41');
    await nothingIsLeft(both);
  });

  it('ends by a timer where the peer is silent', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    bob.die();
    bob.disk.clear();
    alice.die();
    alice.comeBack();
    await simulation.run(31_000);
    expect(alice.session.state).toBe('connected');
    await simulation.run(2000);
    expect(alice.log.at(-1)).toMatch(/^ended timeout by network 408/u);
    bob.comeBack();
    await nothingIsLeft(both);
  });

  it('gives up where the peer takes no offer, however often', async () => {
    const both = await talking({ mediaRetries: 2 });
    const { alice, bob } = both;
    for (const _ of [1, 2]) bob.media.failNext('acceptOffer');
    alice.die();
    alice.comeBack();
    await nothingIsLeft(both);
    expect(alice.log.slice(0, 2)).toEqual(['recovering MEDIA_LOST 1', 'recovering MEDIA_LOST 0']);
    expect(alice.log.at(-1)).toBe('ended mediaFailed by local 500/41');
    expect(bob.log.at(-1)).toMatch(/^ended hungUp by remote/u);
  });
});

describe('the snapshot of a session', () => {
  it('is a small plain value, and there for answered sessions alone', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    const { session } = alice;
    const snapshot = session.snapshot();
    expect(snapshot).toEqual({
      version: 1,
      id: session.id,
      direction: 'outgoing',
      createdAt: session.createdAt,
      answeredAt: session.answeredAt,
      agreed: 'sendrecv',
      wanted: 'sendrecv',
      localUuid: session.identifiers.local,
      remoteUuid: session.identifiers.remote,
      dialog: session.dialog?.snapshot(),
    });
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    const early = alice.call('bob');
    expect(() => early.snapshot()).toThrow(expect.objectContaining({ code: 'SESSION_STATE' }));
    await simulation.run(1000);
    void early.hangUp();
    void session.hangUp();
    expect(() => session.snapshot()).toThrow(expect.objectContaining({ code: 'SESSION_STATE' }));
    await nothingIsLeft(both);
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'SNAPSHOT_CORRUPT'],
    ['a list', [], 'SNAPSHOT_CORRUPT'],
    ['a version to come', { version: 2 }, 'SNAPSHOT_VERSION'],
    ['a direction of its own', { direction: 'sideways' }, 'SNAPSHOT_CORRUPT'],
    ['an id that breaks out', { id: 'a\r\nb' }, 'SNAPSHOT_CORRUPT'],
    ['no dialog', { dialog: undefined }, 'SNAPSHOT_CORRUPT'],
    ['a dialog of nothing', { dialog: {} }, 'SNAPSHOT_CORRUPT'],
    ['a UUID that is none', { localUuid: 'me' }, 'SNAPSHOT_CORRUPT'],
    ['a session that lives', {}, 'SESSION_EXISTS'],
    ['a dialog that lives', { id: 'another' }, 'DIALOG_EXISTS'],
  ])('is refused where it is %s', async (_, part, code) => {
    const both = await talking();
    const { alice } = both;
    const good: SessionSnapshot = alice.session.snapshot();
    const isPart = typeof part === 'object' && part !== null && !Array.isArray(part);
    const bad = isPart ? { ...good, ...part } : part;
    expect(() => alice.manager.restore(bad)).toThrow(expect.objectContaining({ code }));
    expect(alice.manager.counts().sessions).toBe(1);
    void alice.session.hangUp();
    await nothingIsLeft(both);
  });

  it('that cannot be saved is reported, and the call goes on', async () => {
    const both = scene(
      {},
      {
        onSessionChanged: () => {
          throw new Error('the disk is full');
        },
      },
    );
    both.alice.call('bob');
    await both.simulation.run(1000);
    expect(both.alice.session.state).toBe('connected');
    void both.alice.session.hangUp();
    await both.simulation.runUntilQuiet();
  });
});
