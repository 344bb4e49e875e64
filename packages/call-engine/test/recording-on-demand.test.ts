import type { MediaEndpoint, MediaEndpointEvent } from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import { setStage } from './stage.ts';

const CODES = { start: '*1', pause: '*2', stop: '*3' };

/** Two who talk; ends of relays record, into `log`. */
async function talking(
  recording: CallEngineOptions['recording'] = {
    onDemand: { codes: CODES, target: ({ part }) => `call-${part}.wav` },
    of: () => false,
  },
  { supported = [] as string[] } = {},
) {
  const stage = setStage({}, { recording });
  const log: string[] = [];
  const records = (end: MediaEndpoint): void => {
    end.record = async (target) => {
      const path = typeof target === 'string' ? target : '';
      log.push(`record ${path}`);
      return {
        pause: () => log.push('pause'),
        resume: () => log.push('resume'),
        stop: async () => {
          log.push(`stop ${path}`);
          return { path, durationMs: 1000, sha256: '00', lostMs: 0 };
        },
      };
    };
  };
  const { openRelay } = stage.media;
  stage.media.openRelay = async (request) => {
    const relay = await openRelay.call(stage.media, request);
    records(relay.a);
    records(relay.b);
    return relay;
  };
  const alice = await stage.registered('alice', { supported });
  const bob = await stage.registered('bob');
  const call = alice.call('bob');
  await stage.simulation.run(3000);
  const type = async (digits: string, end = 0): Promise<void> => {
    for (const digit of digits) {
      const heard: MediaEndpointEvent = { type: 'digit', digit, durationMs: 100, source: 'rtp' };
      stage.media.endpoints[end]?.tell({ ...heard, passed: true });
      await stage.simulation.run(300);
    }
  };
  return { ...stage, alice, bob, call, log, type };
}

describe('a recording on demand', () => {
  it('is started, paused, resumed and stopped by codes, and is in the record', async () => {
    const { type, log, call, simulation, records, strike } = await talking();
    await type('7*1');
    expect(log).toEqual(['record call-1.wav']);
    await type('*1*2*1');
    expect(log.slice(1)).toEqual(['pause', 'resume']);
    await type('*3');
    expect(log.at(-1)).toBe('stop call-1.wav');
    await type('*1', 1); // the other one may as well
    call.dialog?.bye();
    await simulation.run(1000);
    expect(log.slice(-2)).toEqual(['record call-2.wav', 'stop call-2.wav']);
    expect(records[0]?.recordings).toMatchObject([
      { kind: 'own', path: 'call-1.wav' },
      { kind: 'own', path: 'call-2.wav' },
    ]);
    await strike();
  });

  it('takes a code by INFO, and none whose keys are far apart, or of who may not', async () => {
    const { type, log, alice, call, simulation, strike } = await talking({
      onDemand: { codes: CODES, target: () => 'x.wav', by: (user) => user === 'sip:alice@pbx' },
      of: () => false,
    });
    await type('*');
    await simulation.run(4000);
    await type('1');
    await type('*1', 1);
    expect(log).toEqual([]);
    if (call.dialog === undefined) throw new Error('no dialog');
    for (const digit of '*1') {
      void alice.info(call.dialog, 'application/dtmf-relay', `Signal=${digit}`);
      await simulation.run(500);
    }
    expect(log).toEqual(['record x.wav']);
    call.dialog.bye();
    await simulation.run(1000);
    await strike();
  });

  it('pauses what was begun with the call, unless that is required', async () => {
    for (const policy of ['optional', 'required'] as const) {
      const { type, log, call, simulation, records, strike } = await talking({
        target: () => 'whole.wav',
        onDemand: { codes: CODES, target: () => 'part.wav' },
        policy,
      });
      await type('*2*3');
      expect(log.slice(1)).toEqual(policy === 'required' ? [] : ['pause', 'stop whole.wav']);
      call.dialog?.bye();
      await simulation.run(1000);
      expect(records[0]?.recordings).toMatchObject([{ path: 'whole.wav' }]);
      await strike();
    }
  });

  it('that cannot be is told, in the record as well, and the call goes on', async () => {
    const { engine, type, call, simulation, records, strike } = await talking({
      onDemand: {
        codes: CODES,
        target: () => {
          throw new Error('no such folder');
        },
      },
      of: () => false,
    });
    const told: string[] = [];
    engine.on('recordingFailed', ({ what, reason }) => told.push(`${what}: ${reason}`));
    await type('*1');
    expect(told).toEqual(['own: no such folder']);
    call.dialog?.bye();
    await simulation.run(1000);
    expect(records).toMatchObject([
      { outcome: 'answered', recordings: [{ kind: 'own', error: 'no such folder' }] },
    ]);
    await strike();
  });
});

describe('a phone that is aware of recording (RFC 7866 §6.1.2, §7.1.2)', () => {
  const aware = { supported: ['record-aware'] };

  it('is told what becomes of it, and the other one is not bothered', async () => {
    const { alice, bob, type, call, simulation, strike } = await talking(undefined, aware);
    expect(alice.reinvites).toEqual([]);
    const told = (): string[] =>
      alice.offers.map((sdp) => /^a=record:(\w+)\r$/mu.exec(sdp)?.[1] ?? 'nothing');
    await type('*1');
    await simulation.run(500);
    expect(told()).toEqual(['on']);
    await type('*2');
    await simulation.run(500);
    await type('*1*3');
    await simulation.run(500);
    expect(told()).toEqual(['on', 'paused', 'on', 'off']);
    expect(bob.offers).toEqual([]);
    // what it changes itself is answered with the state as well
    await type('*1');
    await simulation.run(500);
    if (call.dialog === undefined) throw new Error('no dialog');
    const held = alice.hold(call.dialog);
    await simulation.run(1000);
    expect(await held).toBe('recvonly');
    expect(alice.answers.at(-1)).toContain('a=record:on\r\n');
    expect(bob.offers.at(-1)).not.toContain('a=record');
    call.dialog.bye();
    await simulation.run(1000);
    await strike();
  });

  it('is told with the answer where the call is recorded before it, and by nothing else', async () => {
    const { alice, call, strike, simulation } = await talking(
      { target: () => 'whole.wav', policy: 'required' },
      aware,
    );
    expect(call.descriptions.at(-1)).toContain('a=record:on\r\n');
    expect(alice.offers).toEqual([]);
    call.dialog?.bye();
    await simulation.run(1000);
    await strike();
  });

  it('starts and stops it by what it prefers (RFC 7866 §7.1.3, §7.3.2)', async () => {
    const { alice, call, log, simulation, strike } = await talking(undefined, aware);
    if (call.dialog === undefined) throw new Error('no dialog');
    for (const preference of ['on', 'on', 'pause', 'off', 'nopreference']) {
      void alice.hold(call.dialog, 'sendrecv', [`a=recordpref:${preference}`]);
      await simulation.run(1000);
    }
    expect(log).toEqual(['record call-1.wav', 'pause', 'stop call-1.wav']);
    call.dialog.bye();
    await simulation.run(1000);
    await strike();
  });
});
