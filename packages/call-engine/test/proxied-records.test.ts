import { describe, expect, it } from 'vitest';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import { setStage } from './stage.ts';

/** An engine that is a proxy, alice and bob. */
async function scene(options: Partial<CallEngineOptions> = {}) {
  const stage = setStage({}, { mode: 'proxy', ...options });
  const [alice, bob] = [await stage.registered('alice'), await stage.registered('bob')];
  const records = () => stage.stores.cdrs.recent(10);
  return { stage, alice, bob, records };
}

describe('the record of a call that passes through a proxy', () => {
  it('is written with the BYE of the caller', async () => {
    const { stage, alice, records } = await scene();
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    expect(await records()).toEqual([]);
    expect(stage.engine.counts().proxiedCalls).toBe(1);
    await stage.simulation.run(5000);
    call.dialog?.bye();
    await stage.simulation.run(1000);
    const [record] = await records();
    expect(record).toMatchObject({
      caller: 'sip:alice@pbx',
      callee: 'sip:bob@pbx',
      dialled: 'bob',
      outcome: 'answered',
      status: 200,
      cause: 16,
      endedBy: 'caller',
    });
    expect(record?.legs.map(({ role, status }) => [role, status])).toEqual([
      ['caller', 200],
      ['callee', 200],
    ]);
    expect(record?.billableMs).toBeGreaterThan(5000);
    expect(record?.billableMs).toBeLessThan(record?.durationMs ?? 0);
    expect(stage.engine.counts().proxiedCalls).toBe(0);
    await stage.strike();
    expect(await records()).toHaveLength(1);
  });

  it('says when the callee hung up, and is told when it is written', async () => {
    const { stage, alice, bob } = await scene();
    const told: string[] = [];
    stage.engine.on('proxiedCallEnded', ({ record }) => told.push(record.endedBy));
    alice.call('bob');
    await stage.simulation.run(3000);
    bob.dialogs[0]?.bye();
    await stage.simulation.run(1000);
    expect(told).toEqual(['callee']);
    await stage.strike();
  });

  it.each([
    ['busy', 486, 'busy', 'callee'],
    ['declined', 603, 'rejected', 'callee'],
    ['broken', 500, 'failed', 'engine'],
  ])('says what became of a call that nobody answered: %s', async (_, status, outcome, by) => {
    const { stage, alice, bob, records } = await scene();
    bob.onInvite = (invite) => invite.reject(status);
    alice.call('bob');
    await stage.simulation.run(2000);
    expect(await records()).toMatchObject([{ outcome, endedBy: by, status, billableMs: 0 }]);
    await stage.strike();
  });

  it('is written for a number that leads nowhere, and for a caller who gives up', async () => {
    const { stage, alice, bob, records } = await scene();
    alice.call('nobody');
    await stage.simulation.run(2000);
    bob.onInvite = (invite) => invite.ring();
    const call = alice.call('bob');
    await stage.simulation.run(2000);
    call.invite.cancel();
    await stage.simulation.run(2000);
    expect(await records()).toMatchObject([
      { outcome: 'cancelled', endedBy: 'caller', dialled: 'bob' },
      { outcome: 'rejected', status: 404, dialled: 'nobody' },
    ]);
    await stage.strike();
  });

  it('is one for a call that rings several phones', async () => {
    const { stage, alice, records } = await scene();
    await stage.registered('bob', { host: 'mobile' });
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    call.dialog?.bye();
    await stage.simulation.run(2000);
    expect(await records()).toMatchObject([{ outcome: 'answered', endedBy: 'caller' }]);
    expect(stage.engine.counts().proxiedCalls).toBe(0);
    await stage.strike();
  });

  it('ends by itself where no BYE ever comes', async () => {
    const { stage, alice, bob, records } = await scene({ maxCallMs: 100_000 });
    alice.call('bob');
    await stage.simulation.run(3000);
    stage.simulation.network.partition('alice');
    stage.simulation.network.partition('bob');
    await stage.simulation.run(150_000);
    expect(await records()).toMatchObject([{ endedBy: 'engine', outcome: 'answered', cause: 102 }]);
    stage.simulation.network.heal('alice');
    stage.simulation.network.heal('bob');
    alice.layer.close();
    bob.layer.close();
    await stage.strike();
  });

  it('counts towards the calls that an engine takes', async () => {
    const { stage, alice, bob } = await scene({ maxCalls: 1 });
    const first = alice.call('bob');
    await stage.simulation.run(40_000);
    const second = bob.call('alice');
    await stage.simulation.run(2000);
    expect(second.final?.status).toBe(503);
    first.dialog?.bye();
    await stage.simulation.run(1000);
    await stage.strike();
  });

  it('is written off when the engine closes', async () => {
    const { stage, alice, bob, records } = await scene();
    alice.call('bob');
    await stage.simulation.run(3000);
    alice.layer.close();
    bob.layer.close();
    await stage.strike();
    expect(await records()).toMatchObject([
      { endedBy: 'engine', outcome: 'answered', reason: 'closing' },
    ]);
  });
});
