import {
  type ConferenceInfo,
  mergeConferenceInfo,
  parseConferenceInfo,
} from '@strowger/dialog-core';
import type { PcmFrame, Session, SessionManagerOptions } from '@strowger/session-core';
import { NameAddr, uri } from '@strowger/sip-message';
import { createSimulation, type FakeMediaWire } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { conferenceRows } from './conference-rows.ts';
import { Phone } from './two-phones.ts';

/** A server, and phones that call it, or that it calls. */
function scene(options: Partial<SessionManagerOptions> = {}) {
  const simulation = createSimulation({ seed: 1 });
  const wire: FakeMediaWire = new Map();
  const server = new Phone(simulation, 'server', { wire, ...options, onStep: conferenceRows.note });
  const [bob, carol, dave] = ['bob', 'carol', 'dave'].map((name) => {
    return new Phone(simulation, name, { wire });
  }) as [Phone, Phone, Phone];
  const phones = [bob, carol, dave];
  const events: string[] = [];
  const nameOf = (session: Session | undefined): string => {
    const peer = session?.remote.uri;
    return (peer !== undefined && 'user' in peer && peer.user) || '?';
  };
  const note = (type: 'conferenceJoined' | 'conferenceLeft'): void => {
    server.manager.on(type, ({ sessionId, members, ...more }) => {
      const why = 'reason' in more ? ` ${more.reason}` : '';
      const who = nameOf(server.manager.get(sessionId));
      events.push(`${who} ${type.slice(10)}${why}, ${members}`);
    });
  };
  note('conferenceJoined');
  note('conferenceLeft');
  /** The server calls all of these. */
  const callAll = async (...called: Phone[]): Promise<Session[]> => {
    const sessions = called.map(({ name }) => server.call(name));
    await simulation.run(1000);
    return sessions;
  };
  /** Lets time pass until this is settled. */
  const during = async <T>(work: Promise<T>, ms = 1000): Promise<T> => {
    work.catch(() => {}); // it is looked at below
    await simulation.run(ms);
    return work;
  };
  /** Who hears it when this phone says something. */
  const whoHears = async (speaker: Phone): Promise<string[]> => {
    const ears = phones
      .filter((phone) => phone.manager.sessions().length > 0)
      .map((phone) => ({ phone, reader: phone.session.audioIn().getReader() }));
    const heard = new Set<string>();
    const listening = ears.map(async ({ phone, reader }) => {
      const { value } = await reader.read();
      if (value !== undefined) heard.add(phone.name);
    });
    const writer = speaker.session.audioOut().getWriter();
    await writer.write(FRAME);
    await writer.close();
    await simulation.run(100);
    for (const { reader } of ears) await reader.cancel();
    await Promise.all(listening);
    return [...heard];
  };
  const over = async (): Promise<void> => {
    for (const { manager } of [server, ...phones]) {
      for (const session of manager.sessions()) void session.hangUp();
    }
    await simulation.runUntilQuiet();
    simulation.assertQuiet(
      Object.fromEntries([server, ...phones].map(({ name, manager }) => [name, manager])),
    );
  };
  return { simulation, server, bob, carol, dave, events, callAll, during, whoHears, over };
}

const FRAME: PcmFrame = { samples: new Int16Array(160).fill(1000), sampleRate: 8000, timestamp: 0 };

describe('TS-12 a conference of sessions', () => {
  it('lets all hear each other, and is over when but one is left', async () => {
    const { server, bob, carol, dave, events, callAll, during, whoHears, over } = scene();
    const sessions = await callAll(bob, carol, dave);
    const id = await during(server.manager.setupConferenceBridge(sessions.map((one) => one.id)));
    expect(await whoHears(bob)).toEqual(['carol', 'dave']);
    expect(await whoHears(dave)).toEqual(['bob', 'carol']);
    expect(server.manager.counts()).toMatchObject({ conferences: 1, endpoints: 3 });
    const { ended } = server.manager.conference(id) ?? {};
    await during(bob.session.hangUp());
    expect(await whoHears(carol)).toEqual(['dave']);
    await during(carol.session.hangUp());
    expect(await ended).toEqual({ reason: 'alone' });
    expect(dave.manager.sessions()).toEqual([]);
    expect(events).toEqual([
      'bob Joined, 1',
      'carol Joined, 2',
      'dave Joined, 3',
      'bob Left sessionEnded, 2',
      'carol Left sessionEnded, 0',
      'dave Left conferenceEnded, 0',
    ]);
    await over();
  });

  it('takes all of them or none: who refuses keeps the others out', async () => {
    const { server, bob, carol, callAll, during, over } = scene();
    const sessions = await callAll(bob, carol);
    carol.media.failNext('acceptOffer');
    const bridging = server.manager.setupConferenceBridge(sessions.map((one) => one.id));
    await expect(during(bridging)).rejects.toMatchObject({ code: 'CHANGE_REFUSED' });
    expect(server.manager.counts()).toMatchObject({ conferences: 0, endpoints: 2, sessions: 2 });
    await sessions[0]?.sendDigits('1');
    await sessions[1]?.sendDigits('2');
    expect([bob.log.at(-1), carol.log.at(-1)]).toEqual(['digit 1 rtp', 'digit 2 rtp']);
    await over();
  });

  it('knows who is muted, who only listens, and whom a coach whispers to', async () => {
    const { server, bob, carol, dave, callAll, during, whoHears, over } = scene();
    const [one, two, three] = (await callAll(bob, carol, dave)) as [Session, Session, Session];
    const conference = server.manager.createConference();
    await during(
      Promise.all([
        conference.join(one.id),
        conference.join(two.id, { role: 'listener' }),
        conference.join(three.id, { whispersTo: [one.id] }),
      ]),
    );
    expect(await whoHears(carol)).toEqual([]);
    expect(await whoHears(dave)).toEqual(['bob']);
    conference.change(three.id, { whispersTo: null });
    conference.mute(one.id);
    expect(await whoHears(dave)).toEqual(['bob', 'carol']);
    expect(await whoHears(bob)).toEqual([]);
    conference.change(two.id, { role: 'speaker', deaf: true });
    conference.mute(one.id, false);
    expect(await whoHears(bob)).toEqual(['dave']);
    expect(await whoHears(carol)).toEqual(['bob', 'dave']);
    expect(() => conference.change(two.id, { gain: 9 })).toThrow(
      expect.objectContaining({ code: 'BAD_GAIN' }),
    );
    await over();
  });

  it('does not hear the music of who holds', async () => {
    const { server, bob, carol, callAll, during, whoHears, over } = scene();
    const sessions = await callAll(bob, carol);
    const told: boolean[] = [];
    server.manager.on('conferenceChanged', ({ held }) => told.push(held));
    await during(server.manager.setupConferenceBridge(sessions.map((one) => one.id)));
    await during(bob.session.hold());
    expect(await whoHears(bob)).toEqual([]);
    await during(bob.session.resume());
    expect(await whoHears(bob)).toEqual(['carol']);
    expect(told).toEqual([true, false]);
    await over();
  });

  it('lets a member go, whose session goes on and may come back', async () => {
    const { server, bob, carol, dave, events, callAll, during, whoHears, over } = scene();
    const sessions = await callAll(bob, carol, dave);
    const conference = server.manager.createConference();
    await during(Promise.all(sessions.map(({ id }) => conference.join(id))));
    const [one] = sessions as [Session];
    conference.leave(one.id);
    await during(Promise.resolve());
    expect([await whoHears(carol), await whoHears(bob)]).toEqual([['dave'], []]);
    expect(server.manager.conferenceOf(one.id)).toBeUndefined();
    await during(conference.join(one.id));
    expect(await whoHears(bob)).toEqual(['carol', 'dave']);
    expect(events.slice(3)).toEqual(['bob Left left, 2', 'bob Joined, 3']);
    expect(() => conference.leave(sessions[0]?.callId as typeof one.id)).toThrow(
      expect.objectContaining({ code: 'NO_MEMBER' }),
    );
    await over();
  });

  it('answers who calls, and lets it wait to be admitted', async () => {
    const { simulation, server, bob, carol, during, whoHears, over } = scene();
    const conference = server.manager.createConference({ ends: 'moderator' });
    const said: string[] = [];
    server.manager.on('conferenceWaiting', () => said.push('waiting'));
    server.onIncoming = (session) =>
      conference.join(session.id, server.manager.sessions().length > 1 ? { waits: true } : HOST);
    bob.call('server');
    await simulation.run(1000);
    carol.call('server');
    await simulation.run(1000);
    expect([said, await whoHears(bob)]).toEqual([['waiting'], []]);
    expect(conference.members.map(({ stage }) => stage)).toEqual(['in', 'waiting']);
    const [, waiting] = server.manager.sessions();
    if (waiting) conference.admit(waiting.id);
    await simulation.run(10);
    expect(await whoHears(bob)).toEqual(['carol']);
    await during(bob.session.hangUp());
    expect(await conference.ended).toEqual({ reason: 'moderatorLeft' });
    expect(carol.manager.sessions()).toEqual([]);
    await over();
  });

  it('says why somebody cannot come in', async () => {
    const { server, bob, carol, dave, callAll, during, over } = scene({
      limits: { conferences: 1 },
    });
    const [one, two, three] = (await callAll(bob, carol, dave)) as [Session, Session, Session];
    const { manager } = server;
    const conference = manager.createConference({ maximum: 2, ends: 'explicit' });
    const codeOf = (work: Promise<unknown>): Promise<string> =>
      during(work).then(
        () => 'fine',
        (error: { code: string }) => error.code,
      );
    expect(await codeOf(conference.join(one.id))).toBe('fine');
    expect(await codeOf(conference.join(one.id))).toBe('IN_CONFERENCE');
    conference.lock();
    expect(await codeOf(conference.join(two.id))).toBe('CONFERENCE_LOCKED');
    conference.lock(false);
    expect(await codeOf(conference.join(two.id))).toBe('fine');
    expect(await codeOf(conference.join(three.id))).toBe('CONFERENCE_FULL');
    expect(() => manager.createConference()).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_CONFERENCES' }),
    );
    await during(conference.end({ atEnd: 'release' }));
    expect(await codeOf(conference.join(three.id))).toBe('CONFERENCE_ENDED');
    expect(() => manager.createConference({ maximum: 0 })).toThrow(
      expect.objectContaining({ code: 'BAD_CONFERENCE' }),
    );
    expect(manager.counts()).toMatchObject({ sessions: 3, endpoints: 3 });
    await over();
  });

  it('goes on when the media of one member fails, whose session ends', async () => {
    const { server, bob, carol, dave, callAll, during, whoHears, over } = scene();
    const sessions = await callAll(bob, carol, dave);
    await during(server.manager.setupConferenceBridge(sessions.map((one) => one.id)));
    const [first] = server.media.endpoints.filter(({ label }) => label === sessions[0]?.id);
    first?.tell({ type: 'failed', code: 'MEDIA_FAILED', message: 'the socket is gone' });
    await during(Promise.resolve());
    expect(bob.end).toContain('ended hungUp by remote');
    expect(await whoHears(carol)).toEqual(['dave']);
    await over();
  });

  it('takes back whom we hold, and lets a program take part without a call', async () => {
    const { server, bob, carol, callAll, during, whoHears, over } = scene();
    const [one, two] = (await callAll(bob, carol)) as [Session, Session];
    await during(one.hold());
    const conference = server.manager.createConference();
    await expect(conference.takePart()).rejects.toMatchObject({ code: 'NO_MEMBERS' });
    await during(Promise.all([conference.join(one.id), conference.join(two.id)]));
    expect([one.state, await whoHears(bob)]).toEqual(['connected', ['carol']]);
    const part = await during(conference.takePart());
    const heard = part.media.audioIn().getReader();
    const ears = [bob, carol].map(({ session }) => session.audioIn().getReader());
    const writer = part.media.audioOut().getWriter();
    await writer.write(FRAME);
    expect(await during(Promise.all(ears.map((ear) => ear.read())))).toMatchObject([
      { value: { sampleRate: 8000 } },
      { value: { sampleRate: 8000 } },
    ]);
    await bob.session.audioOut().getWriter().write(FRAME);
    expect(await during(heard.read())).toMatchObject({ value: { sampleRate: 8000 } });
    expect(conference.members).toHaveLength(2);
    await during(conference.end());
    expect(server.manager.counts()).toMatchObject({ endpoints: 0 });
    await over();
  });

  it('does not take an encrypted call into the clear', async () => {
    const { server, bob, callAll, during, over } = scene();
    const [one] = (await callAll(bob)) as [Session];
    const [endpoint] = server.media.endpoints;
    endpoint?.tell({ type: 'secured', keying: 'sdes', suite: 'AEAD_AES_256_GCM' });
    const joining = server.manager.createConference().join(one.id);
    await expect(during(joining)).rejects.toMatchObject({ code: 'MEDIA_UNSUPPORTED' }); // of the fake
    expect(one.state).toBe('connected');
    await over();
  });

  it('opens another mix where the first could not be had, and knows bad numbers', async () => {
    const { server, bob, carol, callAll, during, whoHears, over } = scene();
    const [one, two] = (await callAll(bob, carol)) as [Session, Session];
    const conference = server.manager.createConference({ ends: 'explicit' });
    server.media.failNext('openConference');
    await expect(during(conference.join(one.id))).rejects.toMatchObject({
      code: 'MEDIA_NOT_ACCEPTABLE',
    });
    await expect(conference.join(one.id, { gain: 9 })).rejects.toMatchObject({ code: 'BAD_GAIN' });
    await during(Promise.all([conference.join(one.id, { muted: true }), conference.join(two.id)]));
    expect(await whoHears(bob)).toEqual([]);
    const part = await during(conference.takePart());
    expect(server.manager.counts().endpoints).toBe(4);
    await part.leave();
    expect(server.manager.counts().endpoints).toBe(2);
    expect(() => server.manager.createConference({ loudest: -1 })).toThrow(
      expect.objectContaining({ code: 'BAD_CONFERENCE' }),
    );
    await during(conference.end());
    await over();
  });

  it('may end while somebody is on the way in', async () => {
    const { simulation, server, bob, carol, callAll, during, over } = scene();
    const [one, two] = (await callAll(bob, carol)) as [Session, Session];
    const conference = server.manager.createConference({ atEnd: 'release' });
    const goOn = server.media.pause('openEndpoint');
    const joining = Promise.allSettled([conference.join(one.id), conference.join(two.id)]);
    await simulation.run(10);
    void one.hangUp();
    conference.leave(two.id);
    goOn();
    const outcomes = await during(joining);
    expect(outcomes.map((outcome) => 'reason' in outcome && outcome.reason.code)).toEqual([
      'SESSION_ENDED',
      'CONFERENCE_LEFT',
    ]);
    expect(await conference.ended).toEqual({ reason: 'empty' });
    expect(server.manager.counts()).toMatchObject({ sessions: 1, endpoints: 1 });
    await over();
  });
});

const HOST = { role: 'moderator' } as const;

describe('the focus of a conference (RFC 4579)', () => {
  it('says so in its Contact for as long as the session is in', async () => {
    const { simulation, server, bob, callAll, during, over } = scene();
    const [one] = (await callAll(bob)) as [Session];
    const conference = server.manager.createConference({ uri: uri('sip:room@server') });
    const contact = (): string => bob.session.dialog?.remoteTarget.toString() ?? '';
    await during(conference.join(one.id));
    expect(contact()).toContain('sip:room@');
    conference.leave(one.id);
    await simulation.run(1000);
    expect(contact()).toContain('sip:server@');
    await over();
  });

  it('says so in the answer to who calls it', async () => {
    const { simulation, server, bob, during, over } = scene();
    const conference = server.manager.createConference({ uri: uri('sip:room@server') });
    server.onIncoming = (session) => conference.join(session.id);
    const heard: string[] = [];
    const { receive } = bob.host;
    bob.host.receive = (inbound) => {
      const contact = inbound.message.headers.raw('Contact')[0];
      if (inbound.message.kind === 'response' && contact) heard.push(contact);
      receive?.(inbound);
    };
    bob.call('server');
    await simulation.run(1000);
    expect(heard).toEqual([`<sip:room@${server.host.address}:5060>;isfocus`]);
    await during(conference.end());
    await over();
  });
});

describe('the package conference (RFC 4575)', () => {
  const ENTITY = 'sip:room@server';
  const from = new NameAddr({ uri: uri('sip:bob@bob') });

  /** Bob asks for the state of the room, and follows it. */
  const watching = async (mayWatch?: () => boolean) => {
    const all = scene({ conferencePackage: mayWatch === undefined ? {} : { mayWatch } });
    const { server, bob, simulation } = all;
    const conference = server.manager.createConference({ uri: uri(ENTITY), ends: 'explicit' });
    const states: ConferenceInfo['state'][] = [];
    const ends: string[] = [];
    let info: ConferenceInfo | undefined;
    bob.manager.dialogs.subscribe(
      { to: uri(ENTITY), from, event: 'conference', expiresSeconds: 600 },
      {
        onSubscription: (subscription) => {
          subscription.user = {
            onNotify: ({ request }) => {
              const read = parseConferenceInfo(request.body);
              if (!read.ok) return;
              states.push(read.value.state);
              const merged = mergeConferenceInfo(info, read.value);
              if (typeof merged === 'object') info = merged;
              else ends.push(merged);
            },
            onEnded: (end) => ends.push(end.kind),
          };
        },
        onFailed: (end) => ends.push(end.kind === 'rejected' ? `${end.status}` : end.kind),
      },
    );
    await simulation.run(1000);
    return { ...all, conference, states, ends, known: () => info };
  };
  const users = (info: ConferenceInfo | undefined): string[] =>
    (info?.users ?? []).map(({ entity, endpoints }) => {
      const [endpoint] = endpoints;
      return `${entity} ${endpoint?.status} ${endpoint?.media[0]?.status}`;
    });

  it('tells the whole state first, then what changes, and the end', async () => {
    const { server, carol, dave, conference, states, ends, known, callAll, during, over } =
      await watching(() => true);
    const [one, two] = (await callAll(carol, dave)) as [Session, Session];
    await during(Promise.all([conference.join(one.id), conference.join(two.id, HOST)]));
    expect(users(known())).toEqual([
      'sip:carol@carol connected sendrecv',
      'sip:dave@dave connected sendrecv',
    ]);
    conference.mute(one.id);
    await during(dave.session.hold());
    expect(users(known())).toEqual([
      'sip:carol@carol muted-via-focus recvonly',
      'sip:dave@dave on-hold recvonly',
    ]);
    conference.lock();
    await during(carol.session.hangUp());
    expect(known()).toMatchObject({ entity: ENTITY, userCount: 1, locked: true, active: true });
    expect(users(known())).toEqual(['sip:dave@dave on-hold recvonly']);
    expect(known()?.users[0]?.roles).toEqual(['moderator']);
    await during(conference.end());
    expect(known()).toMatchObject({ userCount: 0, active: false, users: [] });
    expect([states[0], new Set(states.slice(1, -1)), states.at(-1)]).toEqual([
      'full',
      new Set(['partial']),
      'full',
    ]);
    expect(ends).toEqual(['terminated']);
    expect(server.manager.counts()).toMatchObject({ subscriptions: 0 });
    await over();
  });

  it('is refused to strangers, and to who asks for what there is not', async () => {
    const { ends, conference, simulation, server, during, over } = await watching();
    expect(ends).toEqual(['403']);
    await during(conference.end());
    const stranger = new Phone(simulation, 'stranger');
    stranger.manager.dialogs.subscribe(
      { to: uri('sip:none@server'), from, event: 'conference', expiresSeconds: 600 },
      {
        onSubscription: () => {},
        onFailed: (end) => ends.push(end.kind === 'rejected' ? `${end.status}` : end.kind),
      },
    );
    await simulation.run(1000);
    expect(ends.at(-1)).toBe('404');
    expect(server.manager.counts()).toMatchObject({ subscriptions: 0 });
    await over();
  });

  it('is told to nobody who waits, once to who fetches, and no longer to who has left', async () => {
    const { bob, carol, conference, callAll, during, simulation, over } = await watching();
    const [one, two] = (await callAll(bob, carol)) as [Session, Session];
    await during(Promise.all([conference.join(one.id, { waits: true }), conference.join(two.id)]));
    const told: string[] = [];
    const ask = async (expiresSeconds: number): Promise<void> => {
      const subscription = bob.session.dialog?.subscribe({ event: 'conference', expiresSeconds });
      if (subscription) {
        subscription.user = {
          onNotify: ({ request, status }) => {
            told.push(`${status.state} ${request.body.length > 0 ? 'roster' : 'nothing'}`);
          },
          onEnded: ({ kind }) => told.push(kind),
        };
      }
      await simulation.run(1000);
    };
    await ask(60);
    expect(told.splice(0)).toEqual(['rejected']);
    conference.admit(one.id);
    await simulation.run(100);
    await ask(0);
    expect(told.splice(0)).toEqual(['terminated roster', 'terminated']);
    expect(conference.watchers.size).toBe(0);
    await ask(60);
    expect([told.splice(0), conference.watchers.size]).toEqual([['active roster'], 1]);
    conference.leave(one.id);
    await simulation.run(1000);
    expect(told).toEqual(['terminated nothing', 'terminated']);
    expect(conference.watchers.size).toBe(0);
    await during(conference.end());
    await over();
  });

  it('is served to a member in its own dialog', async () => {
    const { bob, conference, callAll, during, simulation, over } = await watching();
    const [one] = (await callAll(bob)) as [Session];
    await during(conference.join(one.id));
    const bodies: string[] = [];
    const subscription = bob.session.dialog?.subscribe({ event: 'conference', expiresSeconds: 60 });
    if (subscription) {
      subscription.user = {
        onNotify: ({ request }) => bodies.push(new TextDecoder().decode(request.body)),
      };
    }
    await simulation.run(1000);
    expect(bodies[0]).toContain('<user entity="sip:bob@bob" state="full">');
    await during(conference.end());
    await over();
  });
});

describe('the table of conferences', () => {
  it('had all of its rows driven', () => {
    expect(conferenceRows.missing()).toEqual([]);
  });
});
