import { createSimulation, FAKE_SUITE, type FakeMediaWire } from '@strowger/testkit';
import type { CallOptions, SessionManagerOptions } from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import { judgeProtection } from '../src/media-protection.ts';
import { finish, Phone, type Scene, talking } from './two-phones.ts';

type Policy = NonNullable<SessionManagerOptions['srtp']>;
interface Party {
  readonly srtp?: Policy;
  readonly encrypts?: boolean;
}

const keys = { kind: 'sdes', suite: FAKE_SUITE } as const;
const plain = { kind: 'plain' } as const;

/** Two phones, each with its policy, and what their guards are told. */
function phones(a: Party, b: Party): Scene & { told: string[] } {
  const simulation = createSimulation({ seed: 1 });
  const wire: FakeMediaWire = new Map();
  const told: string[] = [];
  const phone = (name: string, party: Party): Phone => {
    const made = new Phone(simulation, name, { wire, encrypts: true, ...party });
    made.manager.on('security', ({ what, severity, detail, source }) => {
      told.push(`${name} ${severity} ${what}: ${detail} (${source})`);
    });
    return made;
  };
  return { simulation, told, alice: phone('alice', a), bob: phone('bob', b) };
}

/** A call, and what both sides report of its media. */
async function called(a: Party, b: Party, options: Partial<CallOptions> = {}) {
  const both = phones(a, b);
  const session = both.alice.call('bob', options);
  await both.simulation.run(1000);
  const [answering] = both.bob.manager.sessions();
  return { ...both, session, seen: [session.mediaSecurity, answering?.mediaSecurity] };
}

describe('P41-2 the protection of media', () => {
  it.each([
    ['off', 'off', plain],
    ['optional', 'optional', plain],
    ['best-effort', 'optional', keys],
    ['required', 'optional', keys],
    ['best-effort', 'required', keys],
  ] as const)('is what %s and %s agree on, told on both sides', async (a, b, security) => {
    const both = await called({ srtp: a }, { srtp: b });
    expect(both.seen).toEqual([security, security]);
    expect(both.told).toEqual([]);
    void both.session.hangUp();
    await finish(both);
  });

  it('is the wish of a call, and of an answer, before that of the manager', async () => {
    const both = await called({ srtp: 'off' }, { srtp: 'off' }, { srtp: 'required' });
    expect(both.session.state).toBe('terminated'); // bob does not encrypt
    both.bob.onIncoming = (session) => session.answer({ srtp: 'optional' });
    const again = both.alice.call('bob', { srtp: 'required', keying: ['sdes'] });
    await both.simulation.run(1000);
    expect(again.mediaSecurity).toEqual(keys);
    void again.hangUp();
    await finish(both);
  });

  it('fails closed where the other side offers none: 488, with a reason and an event', async () => {
    const both = await called({ srtp: 'off' }, { srtp: 'required' });
    await finish(both);
    expect(both.alice.end).toBe('ended rejected by remote 488/65');
    expect(both.bob.end).toBe('ended mediaFailed by local 488/65');
    expect(both.told).toEqual([
      expect.stringMatching(/^bob critical mediaNotEncrypted: .*encrypt.* \(10\./),
    ]);
  });

  it('fails closed where the backend agrees to less than it was told', async () => {
    const both = phones({ srtp: 'required' }, {});
    const { alice, bob } = both;
    bob.onIncoming = (session) => session.answer();
    // an endpoint of the application's own, which nobody told to encrypt
    const endpoint = await alice.media.openEndpoint({ label: 'own', srtp: 'off', onEvent() {} });
    const session = alice.call('bob', { endpoint });
    await both.simulation.run(1000);
    expect(await session.ended).toMatchObject({
      kind: 'mediaFailed',
      code: 'MEDIA_NOT_ENCRYPTED',
      status: 488,
    });
    expect(both.told).toEqual([expect.stringMatching(/^alice critical mediaNotEncrypted/)]);
    await endpoint.close();
    await finish(both);
  });

  it('fails closed where an endpoint of the application takes less within the call', async () => {
    const both = phones({ srtp: 'required' }, { srtp: 'optional' });
    const { alice, bob, simulation, told } = both;
    bob.onIncoming = (session) => session.answer();
    const endpoint = await alice.media.openEndpoint({
      label: 'own',
      srtp: 'best-effort',
      onEvent() {},
    });
    const session = alice.call('bob', { endpoint });
    await simulation.run(1000);
    expect(session.mediaSecurity).toEqual(keys);
    const clear = await bob.media.openEndpoint({ label: 'clear', srtp: 'off', onEvent() {} });
    const moved = bob.session.moveMedia(clear);
    moved.catch(() => {});
    await simulation.run(1000);
    await expect(moved).rejects.toMatchObject({ code: 'SESSION_ENDED' });
    expect(session.mediaSecurity).toEqual(keys); // as was agreed last
    expect(await session.ended).toMatchObject({ kind: 'mediaFailed', code: 'MEDIA_NOT_ENCRYPTED' });
    expect(new Set(told)).toEqual(
      new Set([expect.stringMatching(/^alice critical mediaNotEncrypted/)]),
    );
    await Promise.all([endpoint.close(), clear.close()]);
    await finish(both);
  });

  it('is told where it is less than was wished, once', async () => {
    const both = await called({ srtp: 'best-effort' }, { srtp: 'off' });
    expect(both.seen).toEqual([plain, plain]);
    expect(both.session.transport).toMatchObject({ name: 'udp', isSecure: false });
    const again = both.session.renegotiate();
    await both.simulation.run(1000);
    await again;
    expect(both.told).toEqual([
      expect.stringMatching(
        /^alice warning mediaDowngraded: plain, where best-effort was wished \(10\./,
      ),
    ]);
    void both.session.hangUp();
    await finish(both);
  });

  it('is told where its keys could not be agreed on', async () => {
    const both = await called({}, {});
    both.bob.media.endpoints[0]?.tell({
      type: 'failed',
      code: 'DTLS_FAILED',
      message: 'another certificate',
    });
    expect(both.told).toEqual([
      expect.stringMatching(/^bob critical mediaKeysFailed: another certificate/),
    ]);
    void both.session.hangUp();
    await finish(both);
  });

  it('stays where media moves onto a relay: each end keeps to what its session had', async () => {
    const simulation = createSimulation({ seed: 1 });
    const wire: FakeMediaWire = new Map();
    const phone = (name: string, srtp: Policy): Phone =>
      new Phone(simulation, name, { wire, encrypts: true, srtp });
    const [alice, bob, carol] = [
      phone('alice', 'best-effort'),
      phone('bob', 'optional'),
      phone('carol', 'off'),
    ];
    const [one, other] = [alice.call('bob'), alice.call('carol')];
    await simulation.run(1000);
    expect([one.mediaSecurity, other.mediaSecurity]).toEqual([keys, plain]);
    const relay = alice.manager.setupRtpRelay(one.id, other.id);
    await simulation.run(1000);
    await relay;
    expect([one.mediaSecurity, other.mediaSecurity]).toEqual([keys, plain]);
    expect([bob.session.mediaSecurity, carol.session.mediaSecurity]).toEqual([keys, plain]);
    void one.hangUp();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.manager, bob: bob.manager, carol: carol.manager });
  });
});

describe('the judgement of what was agreed', () => {
  const dtls = { kind: 'dtls-srtp', isVerified: true } as const;
  it.each([
    [{ policy: 'required', before: undefined, now: undefined }, 'refused'],
    [{ policy: 'required', before: keys, now: plain }, 'refused'],
    [{ policy: 'required', before: undefined, now: dtls }, 'fine'],
    [{ policy: undefined, before: keys, now: plain }, 'downgraded'],
    [{ policy: 'optional', before: dtls, now: keys }, 'downgraded'],
    [{ policy: 'optional', before: keys, now: dtls }, 'fine'],
    [{ policy: 'best-effort', before: plain, now: plain }, 'fine'],
    [{ policy: 'best-effort', before: undefined, now: undefined }, 'fine'],
  ] as const)('of %j is %s', (situation, judgement) => {
    expect(judgeProtection(situation)).toBe(judgement);
  });
});

describe("packets that are not the peer's", () => {
  it.each([
    [10, 'mediaReplayed'],
    [2, 'mediaForged'],
  ] as const)('are told whoever guards the machine: %i of 10 repeated', async (replayed, what) => {
    const both = await talking();
    const { alice } = both;
    const told: unknown[] = [];
    alice.session.on('security', ({ what: said, severity, detail }) =>
      told.push([said, severity, detail]),
    );
    alice.media.endpoints[0]?.tell({ type: 'intrusion', packets: 10, replayed });
    const words = `10 packets that are not the peer's, ${replayed} of them repeated`;
    expect(told).toEqual([[what, 'warning', words]]);
    expect(alice.session.state).toBe('connected');
    void alice.session.hangUp();
    await finish(both);
  });
});
