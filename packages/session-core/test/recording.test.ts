import { rowsOf } from '@strowger/runtime';
import { NameAddr, uri } from '@strowger/sip-message';
import {
  partyOf,
  type RecordingEnding,
  type RecordingSession,
  recordingTable,
} from '@strowger/session-core';
import { FakeRecorder } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { finish, Phone, type Scene, scene } from './two-phones.ts';

const SERVER = { uri: uri('sip:srs@srs') };

interface Recorded extends Scene {
  readonly srs: FakeRecorder;
}

/** Alice talks to bob; there is a recording server. */
async function talking(): Promise<Recorded> {
  const both = scene();
  const srs = new FakeRecorder(both.simulation.network.host('srs'));
  both.alice.call('bob');
  await both.simulation.run(1000);
  return { ...both, srs };
}

async function over(all: Recorded): Promise<void> {
  for (const session of all.alice.manager.sessions()) void session.hangUp();
  await all.simulation.run(1000);
  all.srs.close(); // where it has not heard of the end
  await finish(all);
  expect(all.alice.media.usage()).toEqual({ endpoints: 0, ports: 0 });
}

/** What comes of it when some time has passed. */
async function soon<T>({ simulation }: Scene, promise: Promise<T> | undefined): Promise<T> {
  promise?.catch(() => {});
  await simulation.run(500);
  if (promise === undefined) throw new Error('there is nothing to wait for');
  return promise;
}

/** How it ended, once it has. */
function endingOf(recording: RecordingSession): { value: RecordingEnding | undefined } {
  const told: { value: RecordingEnding | undefined } = { value: undefined };
  void recording.ended.then((ending) => (told.value = ending));
  return told;
}

describe('a session that is recorded at a server', () => {
  it('opens a recording session with both parties, and ends it with the call', async () => {
    const all = await talking();
    const { simulation, alice, srs } = all;
    const recording = alice.session.recordAt(SERVER);
    await soon(all, recording.started);
    expect(recording.state).toBe('recording');
    const [seen] = srs.recordings;
    const [metadata] = seen?.metadata ?? [];
    expect(seen?.offers[0]?.match(/^a=(sendonly|label:\d)/gmu)).toEqual([
      'a=label:1',
      'a=sendonly',
      'a=label:2',
      'a=sendonly',
    ]);
    const [one, two] = metadata?.streams ?? [];
    expect(metadata?.participants).toMatchObject([
      { aor: 'sip:bob@bob', sends: [one?.id], receives: [two?.id] },
      { aor: 'sip:alice@alice', sends: [two?.id], receives: [one?.id] },
    ]);
    expect(metadata?.session.sipSessionIds[0]).toMatch(/^[\da-f]{32};remote=[\da-f]{32}$/u);
    void alice.manager.sessions()[0]?.hangUp();
    await simulation.run(1000);
    expect(await recording.ended).toEqual({ kind: 'completed' });
    expect(seen?.end).toBe('bye');
    await over(all);
  });

  it('tells the server of a hold, once, and of its end', async () => {
    const all = await talking();
    const { simulation, alice, srs } = all;
    const [session] = alice.manager.sessions();
    await soon(all, session?.recordAt(SERVER).started);
    await soon(all, session?.hold());
    await simulation.run(1000);
    await soon(all, session?.resume());
    await simulation.run(1000);
    const flows = srs.recordings[0]?.metadata.map(({ participants }) =>
      participants.map(({ sends, receives }) => `${sends.length}/${receives.length}`),
    );
    // sends and receives of bob, and of alice
    expect(flows).toEqual([
      ['1/1', '1/1'],
      ['0/1', '1/0'],
      ['1/1', '1/1'],
    ]);
    const ids = srs.recordings[0]?.metadata.map(({ session: { id }, participants }) => [
      id,
      ...participants.map((one) => one.id),
    ]);
    expect(new Set(ids?.map((each) => each.join())).size).toBe(1);
    await over(all);
  });

  it('tells a server everything that asks for it', async () => {
    const all = await talking();
    const { simulation, alice, srs } = all;
    await soon(all, alice.session.recordAt(SERVER).started);
    const [recording] = srs.recordings;
    expect(recording?.invite.request.headers.raw('Accept')[0]).toContain('rs-metadata-request');
    if (recording !== undefined) srs.askForMetadata(recording);
    await simulation.run(1000);
    const [first, second, ...others] = recording?.metadata ?? [];
    expect(second).toEqual(first);
    expect([second?.mode, others]).toEqual(['complete', []]);
    await over(all);
  });

  it('is told that the server refuses, and the call goes on', async () => {
    const all = await talking();
    const { simulation, alice, srs } = all;
    srs.onInvite = ({ invite }) => invite.reject(480, { reason: 'Full' });
    const [session] = alice.manager.sessions();
    const recording = session?.recordAt(SERVER);
    await expect(soon(all, recording?.started)).rejects.toMatchObject({
      code: 'RECORDING_REFUSED',
    });
    await simulation.run(100);
    expect(await recording?.ended).toMatchObject({ kind: 'refused', status: 480 });
    expect(session?.state).toBe('connected');
    await over(all);
  });

  it('gives a server up that does not answer, and takes back its late answer', async () => {
    const all = await talking();
    const { simulation, alice, srs } = all;
    srs.onInvite = () => {};
    const recording = alice.session.recordAt({ ...SERVER, answerMs: 2000 });
    const started = recording.started.then(
      () => 'yes',
      (error: Error) => error.message,
    );
    await simulation.run(2005);
    expect(await started).toBe('Not recorded: no answer');
    const [late] = srs.recordings;
    if (late) srs.answer(late); // its CANCEL is still on the way
    expect(late?.dialog).toBeDefined();
    await simulation.run(40_000);
    expect(late?.end).toBe('bye');
    expect(await recording.ended).toEqual({ kind: 'refused', status: 408, text: 'no answer' });
    await over(all);
  });

  it('gives up at once where the server is not there', async () => {
    const all = await talking();
    const { simulation, alice } = all;
    const recording = alice.session.recordAt({ uri: uri('sip:srs@nowhere') });
    const ending = endingOf(recording);
    await simulation.run(10_000);
    await expect(soon(all, recording.started)).rejects.toMatchObject({ code: 'RECORDING_REFUSED' });
    await simulation.run(40_000);
    expect(ending.value?.kind).toBe('refused');
    await over(all);
  });

  it('notices that the server ended it, or is gone', async () => {
    const all = await talking();
    const { simulation, alice, srs } = all;
    const [session] = alice.manager.sessions();
    const first = session?.recordAt(SERVER);
    await soon(all, first?.started);
    srs.recordings[0]?.dialog?.bye();
    await simulation.run(1000);
    expect(await first?.ended).toMatchObject({ kind: 'lost' });
    const second = session?.recordAt(SERVER);
    await soon(all, second?.started);
    simulation.network.partition('srs');
    await soon(all, session?.hold());
    await soon(all, session?.resume());
    await simulation.run(100_000);
    expect(await second?.ended).toMatchObject({ kind: 'lost', status: 408 });
    expect(session?.state).toBe('connected');
    await over(all);
  });

  it('ends what is still on its way when the call ends first', async () => {
    const all = await talking();
    const { simulation, alice, srs } = all;
    // before media is open, before the answer, while it is told of a change
    const open = alice.media.pause('openRecordingFeed');
    const [session] = alice.manager.sessions();
    const recordings = [session?.recordAt(SERVER)];
    const stopped = recordings[0]?.stop();
    open();
    expect(await stopped).toEqual({ kind: 'cancelled' });
    srs.onInvite = () => {};
    recordings.push(session?.recordAt(SERVER));
    await simulation.run(500);
    srs.onInvite = (recording) => srs.answer(recording);
    recordings.push(session?.recordAt(SERVER));
    await simulation.run(500);
    recordings[2]?.update();
    await simulation.run(50);
    recordings.push(session?.recordAt(SERVER));
    await simulation.run(500);
    recordings[3]?.update();
    await simulation.run(101);
    expect(recordings.map((one) => one?.state)).toEqual([
      'ended',
      'calling',
      'recording',
      'updating',
    ]);
    recordings[2]?.update();
    void session?.hangUp();
    await simulation.run(1000);
    const endings = await Promise.all(recordings.flatMap((one) => (one ? [one.ended] : [])));
    expect(endings.map(({ kind }) => kind)).toEqual([
      'cancelled',
      'cancelled',
      'completed',
      'completed',
    ]);
    expect(srs.recordings.map(({ end }) => end)).toEqual(['cancelled', 'bye', 'bye']);
    await over(all);
  });

  it('says that media cannot be copied, and lets the call alone', async () => {
    const all = await talking();
    const { alice, srs } = all;
    alice.media.failNext('openRecordingFeed');
    const recording = alice.session.recordAt(SERVER);
    await expect(soon(all, recording.started)).rejects.toMatchObject({ code: 'RECORDING_REFUSED' });
    expect(await recording.ended).toMatchObject({ kind: 'refused', status: 488 });
    expect(srs.recordings).toEqual([]);
    await over(all);
  });

  it('keeps to the policy of the manager, feed and session alike; the server’s goes before it', async () => {
    const both = scene();
    const { simulation } = both;
    const srs = new FakeRecorder(simulation.network.host('srs'));
    const carol = new Phone(simulation, 'carol', { encrypts: true, srtp: 'required' });
    const asked: unknown[] = [];
    const { openRecordingFeed } = carol.media;
    carol.media.openRecordingFeed = (request) => {
      asked.push([request.srtp, request.keying]);
      return openRecordingFeed.call(carol.media, request);
    };
    both.bob.onIncoming = (session) => session.answer();
    const session = carol.call('bob', { srtp: 'off' });
    await simulation.run(1000);
    const recordings = [
      session.recordAt(SERVER),
      session.recordAt({ ...SERVER, srtp: 'off', keying: ['sdes'] }),
    ];
    await simulation.run(1000);
    expect(asked).toEqual([
      ['required', undefined],
      ['off', ['sdes']],
    ]);
    // the feed of the fake backend is not encrypted: what requires that does not begin
    expect(recordings.map(({ state }) => state)).toEqual(['ended', 'recording']);
    void session.hangUp();
    await simulation.run(1000);
    srs.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ carol: carol.manager, bob: both.bob.manager });
  });

  it('ends where its parties cannot be told any more', async () => {
    const all = await talking();
    const { simulation, alice } = all;
    const [session] = alice.manager.sessions();
    let isBroken = false;
    const recording = alice.manager.startRecordingSession({
      server: SERVER,
      from: new NameAddr({ uri: uri('sip:alice@alice') }),
      parties: () => {
        if (isBroken || session?.media === undefined) throw new Error('nobody knows');
        return [partyOf(session, { of: session.media, flow: 'received' })];
      },
    });
    const ending = endingOf(recording);
    await soon(all, recording.started);
    isBroken = true;
    recording.update();
    await simulation.run(1000);
    expect(ending.value).toMatchObject({ kind: 'lost' });
    expect(session?.state).toBe('connected');
    await over(all);
  });

  it('has an arrow for everything that can be asked of it, in every state', () => {
    for (const [name, rows] of Object.entries(recordingTable)) {
      expect(Object.keys(rows), name).toContain('stop');
    }
    expect(rowsOf(recordingTable).length).toBeGreaterThan(20);
  });
});
