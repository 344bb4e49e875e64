import { uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { allOver, talk, talks, three } from './three-phones.ts';

describe('TS-12 a relay between two sessions', () => {
  it('lets their media flow through each other, and parts them again', async () => {
    const all = three();
    const { simulation, alice, bob, carol } = all;
    const told: string[] = [];
    alice.manager.on('relayEstablished', ({ other }) => told.push(`with ${other}`));
    alice.manager.on('relayTerminated', ({ reason }) => told.push(reason));
    const one = await talk(all, alice, 'bob');
    const other = await talk(all, alice, 'carol');
    const joining = alice.manager.setupRtpRelay(one.id, other.id);
    await simulation.run(1000);
    const relay = await joining;
    await bob.session.sendDigits('3');
    expect(carol.log).toContain('digit 3 rtp');
    expect(alice.manager.counts().endpoints).toBe(2);
    const parting = alice.manager.teardownRtpRelay(relay);
    await simulation.run(1000);
    await parting;
    await one.sendDigits('4');
    await other.sendDigits('5');
    expect([bob.log.at(-1), carol.log.at(-1)]).toEqual(['digit 4 rtp', 'digit 5 rtp']);
    expect(told).toEqual([`with ${other.id}`, 'parted']);
    expect(alice.manager.counts().endpoints).toBe(2);
    expect(talks(all)).toHaveLength(4);
    await expect(alice.manager.teardownRtpRelay(relay)).rejects.toMatchObject({ code: 'NO_RELAY' });
    void bob.session.hangUp();
    await simulation.run(1000);
    expect(talks(all)).toEqual(['alice with carol', 'carol with alice']);
    await allOver(all);
  });

  it('leaves each with media of its own where one does not agree', async () => {
    const all = three();
    const { simulation, alice, bob, carol } = all;
    const one = await talk(all, alice, 'bob');
    const other = await talk(all, alice, 'carol');
    bob.media.failNext('acceptOffer');
    const refused = expect(alice.manager.setupRtpRelay(one.id, other.id)).rejects.toThrow(/488/u);
    await simulation.run(1000);
    await refused;
    await one.sendDigits('4');
    await other.sendDigits('5');
    await carol.session.sendDigits('6');
    expect([bob.log.at(-1), carol.log.at(-1)]).toEqual(['digit 4 rtp', 'digit 5 rtp']);
    expect(alice.log.at(-1)).toBe('digit 6 rtp');
    expect(alice.manager.counts().endpoints).toBe(2);
    await allOver(all);
  });

  it('ends with either of them', async () => {
    const all = three();
    const { simulation, alice, bob } = all;
    const told: string[] = [];
    alice.manager.on('relayTerminated', ({ reason }) => told.push(reason));
    const one = await talk(all, alice, 'bob');
    const other = await talk(all, alice, 'carol');
    const joining = alice.manager.setupRtpRelay(one.id, other.id);
    await simulation.run(1000);
    await joining;
    void bob.session.hangUp();
    await simulation.run(1000);
    expect([talks(all), told, alice.manager.counts().endpoints]).toEqual([[], ['ended'], 0]);
    await allOver(all);
  });
});

describe('a session by its id', () => {
  it('loses its media, and has it back', async () => {
    const all = three();
    const { simulation, alice } = all;
    const session = await talk(all, alice, 'bob');
    const stopping = alice.manager.stopSessionMedia(session.id);
    await simulation.run(1000);
    await stopping;
    expect(session.mediaState).toBe('none');
    const starting = alice.manager.startSessionMedia(session.id);
    await simulation.run(1000);
    await starting;
    expect(session.mediaState).toBe('active');
    await allOver(all);
  });

  it('does what a REFER asks for that came to the application', async () => {
    const all = three({
      bob: {
        onRefer: (session, refer) => {
          all.bob.manager.handleCallTransfer(session.id, refer);
          return { kind: 'refuse' }; // it was answered already
        },
      },
    });
    const session = await talk(all, all.alice, 'bob');
    const { outcome } = session.transfer(uri('sip:carol@carol'));
    await all.simulation.run(2000);
    expect(await outcome).toEqual({ kind: 'transferred', bridged: false });
    expect(talks(all)).toEqual(['bob with carol', 'carol with bob']);
    await allOver(all);
  });
});

describe('TS-26 the quality of a session', () => {
  it('is that of its own media, or what the application measured', async () => {
    const all = three();
    const { simulation, alice, bob } = all;
    const metrics = {
      durationMs: 1000,
      packetsExpected: 50,
      packetsLost: 1,
      packetsDiscarded: 0,
      lossRate: 0.02,
      discardRate: 0,
      jitterMs: 3,
      maxJitterMs: 5,
      delayMs: 80,
      bursts: {
        burstDensity: 0,
        gapDensity: 0.02,
        burstDurationMs: 0,
        gapDurationMs: 1000,
        burstRatio: 1,
      },
      rFactor: 88,
      mos: 4.2,
      listeningMos: 4.3,
    };
    bob.onIncoming = (session) => session.ring();
    const calling = alice.call('bob');
    await simulation.run(500);
    bob.session.updateMediaMetrics(metrics);
    expect(bob.session.mediaMetrics?.mos).toBe(4.2);
    void bob.session.answer();
    await simulation.run(1000);
    bob.media.endpoints[0]?.tell({ type: 'quality', metrics: { ...metrics, mos: 3.9 } });
    expect(bob.session.mediaMetrics?.mos).toBe(3.9);
    expect(() => bob.session.updateMediaMetrics(metrics)).toThrow(
      expect.objectContaining({ code: 'SESSION_MEDIA_OWNED' }),
    );
    void calling.hangUp();
    await allOver(all);
  });
});
