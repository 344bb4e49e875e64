import { NameAddr, uri } from '@strowger/sip-message';
import { FakeRecorder } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import { setStage } from './stage.ts';

const SERVER = { uri: uri('sip:srs@srs'), answerMs: 2000 };

/** Alice and bob are registered, and there is a recording server. */
async function scene(recording: CallEngineOptions['recording'] = { server: SERVER }) {
  const stage = setStage({}, { recording });
  const srs = new FakeRecorder(stage.simulation.network.host('srs'));
  const told: string[] = [];
  stage.engine.on('recordingStarted', ({ what }) => told.push(`${what} started`));
  stage.engine.on('recordingFailed', ({ what, reason }) => told.push(`${what} failed: ${reason}`));
  const alice = await stage.registered('alice');
  const bob = await stage.registered('bob');
  return { ...stage, srs, alice, bob, told };
}

describe('a call that is recorded at a server', () => {
  it('opens a recording session with both parties, and ends it with the call (RFC 7866 §6.1, §9.1)', async () => {
    const { simulation, engine, alice, srs, told, records, strike } = await scene();
    const call = alice.call('bob');
    await simulation.run(5000);
    expect([call.outcome, told]).toEqual([200, ['server started']]);
    expect(engine.counts()).toMatchObject({ sessions: 3, endpoints: 3 });
    const [recording] = srs.recordings;
    const [metadata] = recording?.metadata ?? [];
    const [one, two] = metadata?.streams ?? [];
    expect(metadata?.participants).toMatchObject([
      { aor: 'sip:alice@pbx', name: 'ALICE', sends: [one?.id], receives: [two?.id] },
      { aor: 'sip:bob@pbx', sends: [two?.id], receives: [one?.id] },
    ]);
    call.dialog?.bye();
    await simulation.run(1000);
    expect(recording?.end).toBe('bye');
    expect(records[0]?.recordings).toEqual([
      { kind: 'server', server: 'sip:srs@srs', outcome: 'completed' },
    ]);
    await strike();
  });

  it('tells the server who is held, once for both dialogs', async () => {
    const { simulation, alice, srs, strike } = await scene();
    const call = alice.call('bob');
    await simulation.run(5000);
    for (const direction of ['sendonly', 'sendrecv']) {
      if (call.dialog) void alice.hold(call.dialog, direction);
      await simulation.run(1000);
    }
    const flows = srs.recordings[0]?.metadata.map(({ participants }) =>
      participants.map(({ sends, receives }) => `${sends.length}/${receives.length}`),
    );
    // sends and receives of alice, and of bob
    expect(flows).toEqual([
      ['1/1', '1/1'],
      ['1/0', '0/1'],
      ['1/1', '1/1'],
    ]);
    await strike();
  });

  it('goes on to record who takes somebody’s place', async () => {
    const { simulation, alice, bob, srs, registered, strike } = await scene();
    const carol = await registered('carol');
    const call = alice.call('bob');
    await simulation.run(5000);
    call.dialog?.refer(
      { referTo: new NameAddr({ uri: uri('sip:carol@pbx') }) },
      { onEnded: () => {} },
    );
    await simulation.run(10_000);
    expect([carol.dialogs.length, bob.dialogs.length]).toEqual([1, 1]);
    const last = srs.recordings[0]?.metadata.at(-1);
    expect(srs.recordings).toHaveLength(1);
    expect(
      last?.participants.map(({ aor, sends, until }) => [aor, sends.length, until === undefined]),
    ).toEqual([
      ['sip:carol@pbx', 1, true],
      ['sip:bob@pbx', 1, true],
      ['sip:alice@pbx', 0, false],
    ]);
    await strike();
  });

  it('is answered all the same where the server refuses and need not', async () => {
    const { simulation, alice, srs, told, records, strike } = await scene();
    srs.onInvite = ({ invite }) => invite.reject(480, { reason: 'Full' });
    const call = alice.call('bob');
    await simulation.run(5000);
    expect([call.outcome, told.length]).toEqual([200, 1]);
    expect(told[0]).toMatch(/^server failed: Not recorded: /u);
    call.dialog?.bye();
    await simulation.run(1000);
    expect(records[0]?.recordings).toMatchObject([{ outcome: 'refused', status: 480 }]);
    await strike();
  });

  it('is refused where it must be recorded and cannot', async () => {
    const { simulation, alice, bob, srs, records, strike } = await scene({
      server: SERVER,
      policy: 'required',
    });
    srs.onInvite = ({ invite }) => invite.reject(503);
    const call = alice.call('bob');
    await simulation.run(5000);
    expect([call.outcome, bob.log.at(-1)]).toEqual([500, 'ended bye']);
    expect(records).toMatchObject([
      { outcome: 'failed', reason: 'recordingFailed', recordings: [{ outcome: 'refused' }] },
    ]);
    await strike();
  });

  it('waits for the server where it must be recorded, and no longer than it may take', async () => {
    const { simulation, alice, srs, records, strike } = await scene({
      server: SERVER,
      policy: 'required',
    });
    srs.onInvite = (recording) => simulation.clock.arm(1500, () => srs.answer(recording));
    const late = alice.call('bob');
    await simulation.run(2000);
    expect(late.outcome).toBeUndefined();
    await simulation.run(2000);
    expect(late.outcome).toBe(200);
    srs.onInvite = () => {};
    const never = alice.call('bob');
    await simulation.run(5000);
    expect(never.outcome).toBe(500);
    await simulation.run(10_000);
    expect(records).toMatchObject([{ reason: 'recordingFailed' }]);
    await strike();
  });

  it('ends with its recording where it must be recorded, and goes on where not', async () => {
    for (const policy of ['required', 'optional'] as const) {
      const { simulation, alice, srs, told, records, strike } = await scene({
        server: SERVER,
        policy,
      });
      alice.call('bob');
      await simulation.run(5000);
      srs.recordings[0]?.dialog?.bye();
      await simulation.run(1000);
      expect(told).toEqual(['server started', expect.stringMatching(/^server failed: /u)]);
      expect(records.map(({ reason }) => reason)).toEqual(
        policy === 'required' ? ['recordingFailed'] : [],
      );
      await strike();
      expect(records[0]?.recordings).toMatchObject([{ outcome: 'lost' }]);
    }
  });

  it('leaves nothing when the caller gives up while the server is asked', async () => {
    const { simulation, alice, srs, records, strike } = await scene({
      server: SERVER,
      policy: 'required',
    });
    srs.onInvite = () => {};
    const call = alice.call('bob');
    await simulation.run(1500);
    call.invite.cancel();
    await simulation.run(1000);
    expect(records).toMatchObject([
      { outcome: 'cancelled', recordings: [{ outcome: 'cancelled' }] },
    ]);
    expect(srs.recordings[0]?.end).toBe('cancelled');
    await strike();
  });

  it('is refused where we cannot record it ourselves and must; else the record says so', async () => {
    for (const policy of ['required', 'optional'] as const) {
      // the fake backend does not record
      const parts: string[] = [];
      const { simulation, engine, alice, told, records, strike } = await scene({
        target: ({ caller, callee, part }) => {
          parts.push(`${caller} ${callee} ${part}`);
          return '/nowhere/call.wav';
        },
        policy,
      });
      const call = alice.call('bob');
      await simulation.run(5000);
      expect(call.outcome).toBe(policy === 'required' ? 500 : 200);
      expect(told).toEqual([expect.stringMatching(/^own failed: .*recording/u)]);
      expect(parts).toEqual(['sip:alice@pbx sip:bob@pbx 1']);
      const [live] = engine.calls();
      if (live) {
        await expect(live.record('x.wav')).rejects.toMatchObject({ code: 'MEDIA_UNSUPPORTED' });
      }
      call.dialog?.bye();
      await simulation.run(1000);
      expect(records[0]?.reason).toBe(policy === 'required' ? 'recordingFailed' : undefined);
      const failed = { kind: 'own', path: '/nowhere/call.wav', error: expect.any(String) };
      expect(records[0]?.recordings).toEqual([failed]);
      await strike();
    }
  });

  it.each(['of', 'target'] as const)(
    'is told what %s throws, and the policy decides',
    async (hook) => {
      for (const policy of ['required', 'optional'] as const) {
        const broken = (): never => {
          throw new Error('no such folder');
        };
        const { simulation, alice, told, records, strike } = await scene({
          server: SERVER,
          policy,
          [hook]: broken,
        });
        const call = alice.call('bob');
        await simulation.run(5000);
        expect(call.outcome).toBe(policy === 'required' ? 500 : 200);
        expect(told).toContain('own failed: no such folder');
        call.dialog?.bye();
        await simulation.run(10_000);
        expect(records[0]?.reason).toBe(policy === 'required' ? 'recordingFailed' : undefined);
        expect(records[0]?.recordings).toContainEqual({
          kind: 'own',
          path: '',
          error: 'no such folder',
        });
        await strike();
      }
    },
  );

  it('begins with who takes somebody’s place where that one is recorded', async () => {
    const { simulation, alice, srs, registered, records, strike } = await scene({
      server: SERVER,
      of: ({ caller, callee }) => [caller, callee].includes('sip:carol@pbx'),
    });
    await registered('carol');
    const call = alice.call('bob');
    await simulation.run(5000);
    expect(srs.recordings).toEqual([]);
    call.dialog?.refer(
      { referTo: new NameAddr({ uri: uri('sip:carol@pbx') }) },
      { onEnded: () => {} },
    );
    await simulation.run(10_000);
    expect(srs.recordings[0]?.metadata.at(-1)?.participants.map(({ aor }) => aor)).toEqual([
      'sip:carol@pbx',
      'sip:bob@pbx',
    ]);
    await strike();
    expect(records[0]?.recordings).toMatchObject([{ kind: 'server', outcome: 'completed' }]);
  });

  it('can be recorded on demand while two talk, and not before', async () => {
    const { simulation, engine, alice, strike } = await scene(undefined);
    alice.call('bob');
    await simulation.run(500);
    expect(() => engine.calls()[0]?.record('early.wav')).toThrow(/ringing cannot be recorded/u);
    await strike();
  });

  it('records those calls alone that it is asked to, and no service', async () => {
    const { simulation, alice, bob, srs, records, strike } = await scene({
      server: SERVER,
      of: ({ caller }) => caller === 'sip:bob@pbx',
    });
    const calls = [alice.call('bob')];
    await simulation.run(5000);
    calls[0]?.dialog?.bye();
    await simulation.run(1000);
    expect([srs.recordings.length, records[0]?.recordings]).toEqual([0, undefined]);
    bob.call('alice');
    await simulation.run(5000);
    expect(srs.recordings).toHaveLength(1);
    await strike();
  });
});
