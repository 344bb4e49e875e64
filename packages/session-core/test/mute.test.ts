import { StrowgerError } from '@strowger/runtime';
import type { PcmFrame, Session } from '@strowger/session-core';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { MortalPhone } from './restarting.ts';
import { finish, type Phone, type Scene, scene, talking } from './two-phones.ts';

const UNABLE = new StrowgerError('MEDIA_UNSUPPORTED', 'this media cannot be silent');

/** Whether the peer of `from` hears what is said there; undefined: not even silence. */
async function hears(from: Session, to: Session): Promise<boolean | undefined> {
  const reader = to.audioIn().getReader();
  const writer = from.audioOut().getWriter();
  const samples = new Int16Array(160).fill(9000);
  await writer.write({ samples, sampleRate: 8000, timestamp: 0 });
  const heard = await Promise.race([reader.read(), Promise.resolve({ value: undefined })]);
  await Promise.all([reader.cancel(), writer.close()]);
  const frame: PcmFrame | undefined = heard.value;
  return frame?.samples.some((sample) => sample !== 0);
}

function watched({ manager }: Phone): boolean[] {
  const told: boolean[] = [];
  manager.on('muteChanged', ({ muted }) => told.push(muted));
  return told;
}

async function end(both: Scene): Promise<void> {
  void both.alice.session.hangUp();
  await finish(both);
}

describe('a session that is muted', () => {
  it('is silent at once, without a word to the other side, and is heard there again', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const told = watched(alice);
    const before = simulation.ladder();
    expect(await hears(alice.session, bob.session)).toBe(true);
    await alice.session.mute();
    expect([alice.session.isMuted, alice.session.state]).toEqual([true, 'connected']);
    expect(await hears(alice.session, bob.session)).toBe(false);
    expect(await hears(bob.session, alice.session)).toBe(true);
    await alice.session.mute();
    await alice.session.unmute();
    await simulation.run(1000);
    expect([alice.session.isMuted, await hears(alice.session, bob.session)]).toEqual([false, true]);
    expect(simulation.ladder()).toBe(before);
    expect(told).toEqual([true, false]);
    await end(both);
  });

  it('was muted before there was media, and begins in silence', async () => {
    const both = scene();
    const session = both.alice.call('bob');
    await session.mute();
    await both.simulation.run(1000);
    expect(await hears(session, both.bob.session)).toBe(false);
    await end(both);
  });

  it('leaves nothing open where it ends while its first media is being opened', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = async (session) => {
      await session.mute();
      session.answer().catch(() => {});
      await session.hangUp();
    };
    const calling = alice.call('bob');
    await simulation.run(1000);
    expect(calling.state).toBe('terminated');
    await finish(both);
  });

  it('stays muted while it is held and afterwards', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    await alice.session.mute();
    for (const change of ['hold', 'resume'] as const) {
      void alice.session[change]();
      await simulation.run(100);
      expect([alice.session.isMuted, await hears(alice.session, bob.session)]).toEqual([
        true,
        false,
      ]);
    }
    await end(both);
  });

  it('lets music on hold be heard, and nothing of what is said behind it', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    await alice.session.mute();
    void alice.session.hold({ music: { type: 'tone', frequencyHz: 440 } });
    await simulation.run(100);
    const [endpoint] = alice.media.endpoints;
    expect([endpoint?.isMuted, alice.session.isMuted]).toEqual([false, true]);
    void alice.session.resume();
    await simulation.run(100);
    expect(endpoint?.isMuted).toBe(true);
    expect(await hears(alice.session, bob.session)).toBe(false);
    await end(both);
  });

  it('stays muted where music cannot be played', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    await alice.session.mute();
    void alice.session.hold({ music: { type: 'file', path: '/nowhere.wav' } });
    await simulation.run(100);
    expect([alice.session.state, await hears(alice.session, bob.session)]).toEqual([
      'onHold',
      false,
    ]);
    await end(both);
  });

  it('stays muted on media that it is moved to, and gives back what it leaves with its voice', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const onEvent = (): void => {};
    const [one, two] = await Promise.all([
      alice.media.openEndpoint({ label: 'one', onEvent }),
      alice.media.openEndpoint({ label: 'two', onEvent }),
    ]);
    void alice.session.moveMedia(one);
    await simulation.run(100);
    await alice.session.mute();
    void alice.session.moveMedia(two);
    await simulation.run(100);
    expect(await hears(alice.session, bob.session)).toBe(false);
    const isMuted = (label: string) =>
      alice.media.endpoints.find((endpoint) => endpoint.label === label)?.isMuted;
    expect([isMuted('one'), isMuted('two')]).toEqual([false, true]);
    void alice.session.hangUp();
    await simulation.run(1000);
    expect(isMuted('two')).toBe(false);
    await Promise.all([one.close(), two.close()]);
    await finish(both);
  });

  it('stays muted on media that takes the place of what failed', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    await alice.session.mute();
    const [endpoint] = alice.media.endpoints;
    endpoint?.tell({ type: 'failed', code: 'SOCKET_LOST', message: 'gone' });
    await simulation.run(5000);
    expect(alice.media.endpoints[0]).not.toBe(endpoint);
    expect(await hears(alice.session, bob.session)).toBe(false);
    await end(both);
  });

  it('never gets to media that cannot be silent: a change is refused instead', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    await alice.session.mute();
    const { media } = alice.session;
    const other = await alice.media.openEndpoint({ label: 'other', onEvent() {} });
    alice.media.failNext('mute', UNABLE);
    const moved = expect(alice.session.moveMedia(other)).rejects.toMatchObject({
      code: 'MEDIA_UNSUPPORTED',
    });
    await simulation.run(100);
    await moved;
    expect([alice.session.state, alice.session.media]).toEqual(['connected', media]);
    expect(await hears(alice.session, bob.session)).toBe(false);
    await other.close();
    await end(both);
  });

  it('is not muted where media cannot be, and says so', async () => {
    const both = await talking();
    const { alice, bob } = both;
    const told = watched(alice);
    alice.media.failNext('mute', UNABLE);
    await expect(alice.session.mute()).rejects.toMatchObject({
      code: 'MEDIA_UNSUPPORTED',
    });
    expect([alice.session.isMuted, told]).toEqual([false, []]);
    expect(await hears(alice.session, bob.session)).toBe(true);
    await end(both);
  });

  it('is as it was asked last, whatever the order of answers', async () => {
    const both = await talking();
    const { alice, bob } = both;
    const told = watched(alice);
    const { session } = alice;
    await Promise.all([session.mute(), session.unmute(), session.mute()]);
    expect([session.isMuted, told]).toEqual([true, [true]]);
    expect(await hears(session, bob.session)).toBe(false);
    await end(both);
  });

  it('cannot be muted any more when it is over', async () => {
    const both = await talking();
    const { session } = both.alice;
    await end(both);
    await expect(session.mute()).rejects.toMatchObject({ code: 'SESSION_STATE' });
    await expect(session.unmute()).rejects.toMatchObject({ code: 'SESSION_STATE' });
  });

  it('is muted in the process that goes on with it', async () => {
    const simulation = createSimulation({ seed: 1 });
    const wire = new Map();
    const [alice, bob] = ['alice', 'bob'].map(
      (name, at) => new MortalPhone(simulation, { name, mediaNetwork: `10.${at + 1}.0`, wire }),
    ) as [MortalPhone, MortalPhone];
    alice.call('bob');
    await simulation.run(1000);
    await alice.session.mute();
    alice.die();
    await simulation.run(1000);
    alice.comeBack();
    await simulation.run(5000);
    expect(alice.session.isMuted).toBe(true);
    expect(await hears(alice.session, bob.session)).toBe(false);
    await alice.session.unmute();
    expect(await hears(alice.session, bob.session)).toBe(true);
    void alice.session.hangUp();
    await simulation.runUntilQuiet({ limitMs: 3_600_000 });
    simulation.assertQuiet({ alice: alice.manager, bob: bob.manager });
  });
});
