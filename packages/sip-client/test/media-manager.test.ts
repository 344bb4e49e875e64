import {
  createAudioAnswer,
  createAudioOffer,
  createMediaEngine,
  type MediaEngine,
  MediaManager,
  type MediaEvent,
} from '@strowger/media-core';
import { type CallOptions, type Session, SessionManager } from '@strowger/session-core';
import { NameAddr, uri } from '@strowger/sip-message';
import { createSimulation, type Simulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';

/** A user agent whose media is a `MediaManager`'s. */
class Phone {
  readonly engine: MediaEngine;
  readonly media: MediaManager;
  readonly sessions: SessionManager;
  readonly told: MediaEvent['type'][] = [];
  readonly digits: string[] = [];
  onIncoming: (session: Session) => void | Promise<void> = (session) => session.answer();
  private readonly name: string;

  constructor(simulation: Simulation, name: string) {
    const host = simulation.network.host(name);
    const { runtime, address } = host;
    const ports = { from: 10_000, to: 10_099 };
    this.name = name;
    this.engine = createMediaEngine({ runtime, address, ports, codecs: ['pcmu'], portRestMs: 0 });
    this.media = new MediaManager({ engine: this.engine, runtime });
    const types = ['mediaStarted', 'mediaStopped', 'relayEstablished', 'relayTerminated'] as const;
    for (const type of types) this.media.on(type, () => this.told.push(type));
    this.sessions = new SessionManager({
      runtime,
      sender: host,
      media: this.media,
      onIncoming: (session) => this.onIncoming(session),
    });
    this.sessions.on('digit', ({ digit }) => this.digits.push(digit));
    host.receive = (inbound) => this.sessions.receive(inbound);
  }

  call(to: string, options: Partial<CallOptions> = {}): Session {
    const from = new NameAddr({ uri: uri(`sip:${this.name}@${this.name}`) });
    return this.sessions.call({ to: uri(`sip:${to}@${to}`), from, ...options });
  }

  get session(): Session {
    const [session] = this.sessions.sessions();
    if (session === undefined) throw new Error(`${this.name} has no session`);
    return session;
  }
}

interface Scene {
  readonly simulation: Simulation;
  readonly alice: Phone;
  readonly bob: Phone;
}

function scene(): Scene {
  const simulation = createSimulation({ seed: 7 });
  return { simulation, alice: new Phone(simulation, 'alice'), bob: new Phone(simulation, 'bob') };
}

/** What takes several turns of promises and of the network. */
async function during<T>(simulation: Simulation, work: Promise<T>): Promise<T> {
  let isOver = false;
  const finished = work.finally(() => (isOver = true));
  finished.catch(() => {});
  for (let turn = 0; turn < 100 && !isOver; turn++) await simulation.run(50);
  return finished;
}

/** Nothing is left of any call, and of no port. */
async function finish({ simulation, alice, bob }: Scene): Promise<void> {
  await simulation.run(40_000);
  for (const phone of [alice, bob]) {
    expect(phone.media.usage()).toEqual({ endpoints: 0, ports: 0 });
    expect(phone.sessions.counts()).toMatchObject({ sessions: 0, dialogs: 0 });
    await phone.engine.close();
  }
}

describe('D-09 a media manager as the media of sessions', () => {
  it('has the media of each session, by the same name, for as long as it lasts', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const session = alice.call('bob');
    await simulation.run(2000);
    expect(session.state).toBe('connected');
    const { mediaManager } = alice.sessions;
    expect(mediaManager).toBe(alice.media);
    const [id] = alice.media.mediaSessionsOf(session.id);
    if (id === undefined) throw new Error('the manager knows of no media');
    expect(session.mediaSessionId).toBe(id);
    const stats = await session.media?.stats();
    expect(alice.media.rtpStreamInfo(id)).toMatchObject({
      mediaSessionId: id,
      state: 'active',
      local: stats?.local,
      remote: stats?.remote,
      direction: 'sendrecv',
    });
    await during(simulation, alice.media.audio(id).sendDigits('5'));
    await simulation.run(500);
    expect(bob.digits).toEqual(['5']);
    void session.hangUp();
    await simulation.run(1000);
    expect(alice.media.mediaSessionsOf(session.id)).toEqual([]);
    expect(alice.told).toEqual(['mediaStarted', 'mediaStopped']);
    await finish(both);
  });

  it('has their relays, by the same name', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const carol = new Phone(simulation, 'carol');
    const [one, other] = [alice.call('bob'), alice.call('carol')];
    await simulation.run(2000);
    const id = await during(simulation, alice.sessions.setupRtpRelay(one.id, other.id));
    expect(alice.told).toContain('relayEstablished');
    const names = [one, other].map((session) => alice.media.mediaSessionsOf(session.id));
    expect(names).toEqual([[one.mediaSessionId], [other.mediaSessionId]]);
    await during(simulation, bob.session.sendDigits('7'));
    await simulation.run(500);
    expect(carol.digits).toEqual(['7']);
    await during(simulation, alice.sessions.teardownRtpRelay(id));
    expect(alice.told).toContain('relayTerminated');
    expect([one.state, other.state]).toEqual(['connected', 'connected']);
    for (const session of [one, other]) void session.hangUp();
    await finish(both);
    await carol.engine.close();
  });
});

describe('F-15 C-01 media for descriptions that the application has exchanged', () => {
  /** A call whose two sides answered and offered by themselves. */
  async function described(both: Scene) {
    const { simulation, alice, bob } = both;
    const [ours, theirs] = await during(
      simulation,
      Promise.all([alice.media.setupRtpStreams(), bob.media.setupRtpStreams()]),
    );
    const offer = createAudioOffer({ ...ours.local, sessionId: '17', codecs: ['pcmu'] });
    const said: { answer?: string } = {};
    bob.onIncoming = async (session) => {
      const settings = { ...theirs.local, sessionId: '23', codecs: ['pcmu'] };
      const answered = createAudioAnswer(session.offer ?? '', settings);
      if (!answered.ok) throw new Error(answered.reason.message);
      said.answer = answered.answer;
      await session.answer({ sdp: answered.answer });
    };
    const session = alice.call('bob', { offer });
    await simulation.run(1000);
    if (session.dialog === undefined || said.answer === undefined) throw new Error('no call');
    return { session, dialog: session.dialog, offer, answer: said.answer, ours, theirs };
  }

  it('runs on the ports that these say, as media of the session', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const { session, dialog, offer, answer, ours, theirs } = await described(both);
    expect([session.state, session.mediaState, session.media]).toEqual([
      'connected',
      'none',
      undefined,
    ]);
    expect(session.remoteDescription).toBe(answer);
    const setUp = Promise.all([
      alice.sessions.setupMediaForDialog(dialog.id, offer, answer),
      bob.sessions.setupMediaForDialog(bob.session.dialog?.id ?? dialog.id, answer, offer),
    ]);
    expect(await during(simulation, setUp)).toEqual([ours.mediaSessionId, theirs.mediaSessionId]);
    expect(session.mediaSessionId).toBe(ours.mediaSessionId);
    await simulation.run(1000);
    expect([session.mediaState, bob.session.mediaState]).toEqual(['active', 'active']);
    expect(session.mediaSecurity).toEqual({ kind: 'plain' });
    await during(simulation, session.sendDigits('3'));
    await simulation.run(500);
    expect(bob.digits).toEqual(['3']);
    // it is the session's own from now on: offers are answered, from the ports that were told
    await during(simulation, bob.session.hold());
    expect([session.state, session.mediaState]).toEqual(['onHold', 'paused']);
    await during(simulation, bob.session.resume());
    expect(session.mediaState).toBe('active');
    expect(session.remoteDescription).toMatch(new RegExp(`^m=audio ${theirs.local.port} `, 'm'));
    const [first, second] = [answer, session.remoteDescription ?? ''].map((one) =>
      /^o=- (\d+) (\d+)/m.exec(one),
    );
    expect(second?.[1]).toBe(first?.[1]);
    expect(Number(second?.[2])).toBeGreaterThan(Number(first?.[2]));
    void session.hangUp();
    await simulation.run(1000);
    expect(alice.told).toEqual(['mediaStarted', 'mediaStopped']);
    await finish(both);
  });

  it('is waited for by an offer of the peer that comes before it was set up', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const { session, dialog, offer, answer } = await described(both);
    const own = bob.session.dialog?.id ?? dialog.id;
    await during(simulation, bob.sessions.setupMediaForDialog(own, answer, offer));
    const held = bob.session.hold();
    await simulation.run(300);
    expect([session.state, simulation.ladder().includes('491')]).toEqual(['connected', true]);
    await during(simulation, alice.sessions.setupMediaForDialog(dialog.id, offer, answer));
    await during(simulation, held);
    expect([session.state, session.mediaState]).toEqual(['onHold', 'paused']);
    void session.hangUp();
    await finish(both);
  });

  it('is not waited for for ever', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const { session, dialog, offer, answer, ours } = await described(both);
    const own = bob.session.dialog?.id ?? dialog.id;
    await during(simulation, bob.sessions.setupMediaForDialog(own, answer, offer));
    await simulation.run(33_000);
    const held = expect(bob.session.hold()).rejects.toThrowError(/488/u);
    await simulation.run(300);
    await held;
    expect(session.state).toBe('connected');
    await during(simulation, alice.media.stopMedia(ours.mediaSessionId, 'unused'));
    void session.hangUp();
    await finish(both);
  });

  it('is torn down without a word, and set up once at a time', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const { session, dialog, offer, answer, theirs } = await described(both);
    await during(simulation, alice.sessions.setupMediaForDialog(dialog.id, offer, answer));
    await expect(
      alice.sessions.setupMediaForDialog(dialog.id, offer, answer),
    ).rejects.toMatchObject({ code: 'SESSION_MEDIA_OWNED' });
    await during(simulation, alice.sessions.teardownMediaForSession(session.id));
    expect([session.state, session.mediaState]).toEqual(['connected', 'none']);
    expect(alice.media.usage()).toEqual({ endpoints: 0, ports: 0 });
    // the port is gone with it: nobody could be told of it again
    await expect(
      during(simulation, alice.sessions.setupMediaForDialog(dialog.id, offer, answer)),
    ).rejects.toMatchObject({ code: 'MEDIA_UNKNOWN_SESSION' });
    expect([session.state, session.mediaState]).toEqual(['connected', 'none']);
    await during(simulation, bob.media.stopMedia(theirs.mediaSessionId, 'unused'));
    void session.hangUp();
    await finish(both);
  });

  it('is refused where the two descriptions do not fit', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const { session, dialog, offer, answer, ours, theirs } = await described(both);
    const video = answer.replace('m=audio', 'm=video');
    await expect(
      during(simulation, alice.sessions.setupMediaForDialog(dialog.id, offer, video)),
    ).rejects.toMatchObject({ code: 'MEDIA_NOT_ACCEPTABLE' });
    expect([session.state, session.mediaState]).toEqual(['connected', 'none']);
    await during(simulation, alice.media.stopMedia(ours.mediaSessionId, 'unused'));
    await during(simulation, bob.media.stopMedia(theirs.mediaSessionId, 'unused'));
    void session.hangUp();
    await finish(both);
  });
});
