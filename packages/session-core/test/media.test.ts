import type { MediaEndpoint } from '@strowger/session-core';
import type { FakeMediaEndpoint } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { finish, type Phone, type Scene, scene, talking } from './two-phones.ts';

const broken = { type: 'failed', code: 'SOCKET_LOST', message: 'gone' } as const;

/** Where nobody had it before. */
const ELSEWHERE = { transport: 'udp', address: '10.9.9.9', port: 5060 } as const;

describe('a session whose place in the network is another one', () => {
  it('tells its Contact with its feature tags, and opens no media that it gave away', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const seen: string[] = [];
    const { receive } = bob.host;
    bob.host.receive = (inbound) => {
      const { message } = inbound;
      if (message.kind === 'request' && message.method === 'INVITE') {
        seen.push(...message.headers.raw('Contact'));
      }
      receive?.(inbound);
    };
    const recovering: string[] = [];
    alice.manager.on('mediaRecovering', ({ code }) => recovering.push(code));
    const session = alice.call('bob', { contactParams: ';+sip.src' });
    await simulation.run(1000);
    await alice.manager.teardownMediaForSession(session.id);
    session.relocate(ELSEWHERE);
    await simulation.run(1000);
    expect(seen).toHaveLength(2);
    expect(seen[1]).toMatch(/^<sip:alice@.*>;\+sip\.src$/u);
    expect([recovering, alice.media.usage().endpoints, session.state]).toEqual([
      [],
      0,
      'connected',
    ]);
    void session.hangUp();
    await finish(both);
  });

  it('leaves media to the application that has it', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const other = await bob.media.openEndpoint({ label: 'own', onEvent() {} });
    const session = alice.call('bob', { offer: await other.createOffer() });
    await simulation.run(1000);
    session.relocate(ELSEWHERE);
    await simulation.run(1000);
    expect([session.state, session.mediaState]).toEqual(['connected', 'none']);
    expect(alice.media.usage().endpoints).toBe(0);
    await other.close();
    void session.hangUp();
    await finish(both);
  });
});

describe('TS-07 media that fails', () => {
  it('is opened and offered anew, and the call goes on', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const told: unknown[] = [];
    bob.manager.on('mediaRecovering', ({ code, retriesLeft }) => told.push([code, retriesLeft]));
    bob.media.endpoints[0]?.tell(broken);
    await simulation.run(1000);
    expect(told).toEqual([['SOCKET_LOST', 2]]);
    expect([alice.session.state, bob.session.state]).toEqual(['connected', 'connected']);
    expect(bob.media.endpoints).toHaveLength(1);
    expect(bob.session.mediaState).toBe('active');
    expect(bob.log.filter((line) => line.startsWith('media'))).toEqual([
      'media failed',
      'media none',
      'media negotiating',
      'media active',
    ]);
    await alice.session.sendDigits('4');
    expect(bob.log).toContain('digit 4 rtp');
    void alice.session.hangUp();
    await finish(both);
  });

  it('ends the call when it fails too often', async () => {
    const both = await talking();
    const { simulation, bob } = both;
    for (const _ of [1, 2, 3]) {
      bob.media.endpoints[0]?.tell(broken);
      await simulation.run(1000);
      expect(bob.session.state).toBe('connected');
    }
    bob.media.endpoints[0]?.tell(broken);
    await finish(both);
    expect(bob.end).toBe('ended mediaFailed by local 500/41');
  });

  it('may fail again when it was good for a minute', async () => {
    const both = await talking();
    const { simulation, bob } = both;
    for (const _ of [1, 2, 3, 4, 5, 6]) {
      bob.media.endpoints[0]?.tell(broken);
      await simulation.run(61_000);
    }
    expect(bob.session.state).toBe('connected');
    void bob.session.hangUp();
    await finish(both);
  });

  it('is offered again, later each time, where it cannot be opened or the peer refuses', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const tried: number[] = [];
    const begun = simulation.clock.now();
    bob.manager.on('mediaRecovering', () => tried.push(simulation.clock.now() - begun));
    const recovered: number[] = [];
    bob.manager.on('mediaRecovered', ({ tries }) => recovered.push(tries));
    bob.media.failNext('openEndpoint');
    alice.media.failNext('acceptOffer');
    bob.media.endpoints[0]?.tell(broken);
    await simulation.run(3000);
    expect(recovered).toEqual([3]);
    expect(tried).toHaveLength(3);
    expect(tried[0]).toBe(0);
    expect(tried[1]).toBe(500);
    expect(tried[2]).toBeGreaterThanOrEqual(1500);
    await alice.session.sendDigits('4');
    expect(bob.log).toContain('digit 4 rtp');
    void alice.session.hangUp();
    await finish(both);
  });

  it('stays on hold, and waits for the negotiation that is under way', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const resume = alice.media.pause('acceptOffer');
    const held = bob.session.hold();
    await simulation.run(1000);
    bob.media.endpoints[0]?.tell(broken);
    await simulation.run(1000);
    resume();
    await simulation.run(2000);
    await held;
    expect([bob.session.state, bob.session.mediaState]).toEqual(['onHold', 'paused']);
    expect(bob.media.endpoints).toHaveLength(1);
    void alice.session.hangUp();
    await finish(both);
  });

  it('comes back by an offer of the peer as well', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    bob.media.failNext('openEndpoint');
    bob.media.endpoints[0]?.tell(broken);
    await simulation.run(100);
    const renewed = alice.session.renegotiate();
    await simulation.run(5000);
    await renewed;
    expect(bob.media.endpoints).toHaveLength(1);
    await alice.session.sendDigits('4');
    expect(bob.log).toContain('digit 4 rtp');
    void alice.session.hangUp();
    await finish(both);
  });

  it('ends the call where the other side takes no new offer', async () => {
    const both = await talking();
    for (const _ of [1, 2, 3]) both.alice.media.failNext('acceptOffer');
    both.bob.media.endpoints[0]?.tell(broken);
    await finish(both);
    expect(both.bob.end).toBe('ended mediaFailed by local 500/41');
  });
});

describe('TS-07 what an endpoint tells', () => {
  /** An endpoint of alice's own, whose events say where they come from. */
  async function own(phone: Phone): Promise<{ endpoint: MediaEndpoint; fake: FakeMediaEndpoint }> {
    const told: { by?: MediaEndpoint } = {};
    const endpoint = await phone.media.openEndpoint({
      label: 'own',
      onEvent: (event) => phone.session.takeMediaEvent(event, told.by),
    });
    told.by = endpoint;
    const fake = phone.media.endpoints.at(-1);
    if (fake === undefined) throw new Error('nothing was opened');
    return { endpoint, fake };
  }

  it('concerns the session while its media is there, and not once it has left', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const first = await alice.media.openEndpoint({ label: 'first', onEvent: () => {} });
    alice.call('bob', { endpoint: first });
    await simulation.run(1000);
    const { session } = alice;
    const second = await own(alice);
    second.fake.tell(broken); // it may never be needed
    expect(session.mediaState).toBe('configured');
    const release = bob.media.pause('acceptOffer');
    const moving = session.moveMedia(second.endpoint);
    await simulation.run(200);
    session.takeMediaEvent({ type: 'digit', digit: '3', durationMs: 100, source: 'rtp' }, first);
    expect(alice.log).toContain('digit 3 rtp');
    release();
    await simulation.run(1000);
    await moving;
    session.takeMediaEvent(broken, first);
    expect([session.mediaState, session.state]).toEqual(['active', 'connected']);
    second.fake.tell(broken);
    expect(session.mediaState).toBe('failed');
    await finishWith(both, [first, second.endpoint]);
    expect(alice.end).toBe('ended mediaFailed by local 500/41');
  });

  it('is remembered where media goes back to it: it has failed meanwhile', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const first = await alice.media.openEndpoint({ label: 'first', onEvent: () => {} });
    alice.call('bob', { endpoint: first });
    await simulation.run(1000);
    const { session } = alice;
    const second = await own(alice);
    bob.media.failNext('acceptOffer');
    const release = bob.media.pause('acceptOffer');
    const moving = session.moveMedia(second.endpoint).catch((error: unknown) => error);
    await simulation.run(200);
    session.takeMediaEvent(broken, first);
    expect(session.mediaState).toBe('negotiating');
    release();
    await simulation.run(1000);
    expect(await moving).toMatchObject({ code: 'SESSION_ENDED' });
    await finishWith(both, [first, second.endpoint]);
    expect(alice.end).toBe('ended mediaFailed by local 500/41');
  });

  async function finishWith(both: Scene, endpoints: MediaEndpoint[]): Promise<void> {
    await both.simulation.run(2000);
    for (const endpoint of endpoints) await endpoint.close();
    await finish(both);
  }
});

describe('TS-06 the media of a session', () => {
  it('is stopped, and started again, while the call goes on', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const stopped = alice.session.stopMedia();
    await simulation.run(1000);
    await stopped;
    expect([alice.session.mediaState, alice.session.state]).toEqual(['none', 'onHold']);
    expect(alice.media.endpoints).toEqual([]);
    expect(alice.session.hasMediaConfigured).toBe(false);
    // the session is refreshed by either side, about media that is there for as long as it takes
    for (const { session } of [alice, bob]) {
      const refreshed = session.renegotiate();
      await simulation.run(1000);
      await refreshed;
      expect([alice.session.mediaState, bob.session.mediaDirection]).toEqual(['none', 'inactive']);
      expect(alice.media.endpoints).toEqual([]);
    }
    const started = alice.session.startMedia();
    await simulation.run(1000);
    await started;
    expect([alice.session.mediaState, alice.session.hasActiveMedia]).toEqual(['active', true]);
    await bob.session.sendDigits('8');
    expect(alice.log).toContain('digit 8 rtp');
    void alice.session.hangUp();
    await finish(both);
  });

  it('is paused in both directions, and resumed', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const paused = alice.session.pauseMedia();
    await simulation.run(1000);
    await paused;
    expect([alice.session.mediaState, bob.session.mediaDirection]).toEqual(['paused', 'inactive']);
    const resumed = alice.session.resumeMedia();
    await simulation.run(1000);
    await resumed;
    expect([alice.session.mediaState, bob.session.mediaDirection]).toEqual(['active', 'sendrecv']);
    void alice.session.hangUp();
    await finish(both);
  });

  it('tells when the peer begins to speak, and when it has spoken', async () => {
    const both = await talking();
    const { alice } = both;
    const told: unknown[] = [];
    alice.manager.on('speechStarted', ({ agoMs }) => told.push({ agoMs }));
    alice.session.on('speechEnded', ({ durationMs, silentMs }) =>
      told.push({ durationMs, silentMs }),
    );
    alice.media.endpoints[0]?.tell({ type: 'speechStarted', agoMs: 60 });
    alice.media.endpoints[0]?.tell({ type: 'speechEnded', durationMs: 900, silentMs: 500 });
    expect(told).toEqual([{ agoMs: 60 }, { durationMs: 900, silentMs: 500 }]);
    void alice.session.hangUp();
    await finish(both);
  });

  it('tells where its RTP is', async () => {
    const both = await talking();
    const { alice } = both;
    expect(await alice.session.rtpStreamInfo()).toMatchObject({
      codec: 'pcmu',
      direction: 'sendrecv',
      local: { port: expect.any(Number) },
      remote: { port: expect.any(Number) },
    });
    expect(() => alice.session.setRtpStreamInfo(undefined)).toThrow(
      expect.objectContaining({ code: 'SESSION_MEDIA_OWNED' }),
    );
    void alice.session.hangUp();
    await finish(both);
  });
});

describe('TS-05 media that the application brings itself', () => {
  it('goes through the states that the table allows, and through no others', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = (session) => session.ring();
    alice.call('bob');
    await simulation.run(500);
    const { session } = bob;
    expect(() => session.completeMediaNegotiation()).toThrow(
      'completeMediaNegotiation is not possible while none; allowed: negotiationStarted, failed, closed',
    );
    session.setMediaNegotiating();
    session.completeMediaNegotiation();
    expect([session.mediaState, session.hasMediaConfigured]).toEqual(['configured', true]);
    session.confirmMediaActive();
    expect(session.hasActiveMedia).toBe(true);
    session.setMediaSessionId('media-1');
    session.setRtpStreamInfo({ direction: 'sendrecv', packetsSent: 1, packetsReceived: 2 });
    expect(session.mediaSessionId).toBe('media-1');
    expect(await session.rtpStreamInfo()).toMatchObject({ packetsReceived: 2 });
    session.handleMediaFailure('GATEWAY_LOST');
    expect(session.mediaState).toBe('failed');
    expect(() => session.setMediaNegotiating()).toThrow(
      expect.objectContaining({ code: 'SESSION_MEDIA_STATE' }),
    );
    await finish(both);
    expect(alice.end).toContain('ended rejected by remote 500');
  });
});

describe('an input that the state does not allow', () => {
  it('is refused with the state and with what it allows', async () => {
    const both = await talking();
    const { session } = both.alice;
    expect(() => session.reject(486)).toThrow(
      'reject is not possible while established; allowed: hangUp, transferBegun, change',
    );
    void session.hangUp();
    await finish(both);
    expect(() => session.transfer(session.remote.uri)).toThrow('while ended; allowed: nothing');
  });
});

describe('a tone of the network', () => {
  it('is told as an event of the session that hears it', async () => {
    const both = await talking();
    const told: string[] = [];
    both.bob.manager.on('tone', ({ name }) => told.push(name));
    for (const name of ['busy', 'beep'] as const) {
      both.bob.media.endpoints[0]?.tell({ type: 'tone', name });
    }
    expect(told).toEqual(['busy', 'beep']);
    void both.alice.session.hangUp();
    await finish(both);
  });
});
