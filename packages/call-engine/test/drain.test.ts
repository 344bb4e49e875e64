import { StrowgerError } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { echo } from '../src/service.ts';
import { MemoryCdrStore, memoryStores } from '../src/memory-stores.ts';
import { setStage } from './stage.ts';

describe('draining', () => {
  it('takes no new call, lets the others end, and hangs up at the deadline', async () => {
    const stage = setStage({}, { services: { '*43': echo() } });
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    bob.onInvite = (invite) => {
      if (bob.invites.length === 1) bob.after(500, () => bob.answer(invite));
      else invite.ring();
    };
    const [talks, rings, echoes] = [alice.call('bob'), alice.call('bob'), alice.call('*43')];
    await stage.simulation.run(2000);
    let drained = false;
    const draining = stage.engine.drain({ deadlineMs: 5000 }).then(() => (drained = true));
    echoes.dialog?.bye();
    const late = alice.call('*43');
    await stage.simulation.run(4900);
    expect([late.outcome, late.final?.headers.get('retry-after')?.seconds]).toEqual([503, 10]);
    expect([talks.dialog?.state, rings.outcome, drained]).toEqual(['confirmed', undefined, false]);
    await stage.simulation.run(200);
    await draining;
    expect([talks.dialog?.state, rings.outcome]).toEqual(['terminated', 503]);
    expect(stage.records.map(({ outcome, endedBy, reason }) => [outcome, endedBy, reason])).toEqual(
      [
        ['answered', 'caller', undefined],
        ['answered', 'engine', 'draining'],
        ['failed', 'engine', 'draining'],
      ],
    );
    expect(await stage.stores.cdrs.count()).toBe(3);
    await stage.strike();
  });

  it('waits for a store that is slow to take the last record', async () => {
    const cdrs = new (class extends MemoryCdrStore {
      failures = 2;
      override async append(record: Parameters<MemoryCdrStore['append']>[0]): Promise<boolean> {
        if (this.failures-- > 0) throw new Error('busy');
        return super.append(record);
      }
    })();
    const stage = setStage({}, { stores: { ...memoryStores(), cdrs } });
    const alice = await stage.registered('alice');
    alice.call('nobody');
    await stage.simulation.run(500);
    let drained = false;
    const draining = stage.engine.drain({ deadlineMs: 0 }).then(() => (drained = true));
    await stage.simulation.run(100);
    expect([drained, await cdrs.count()]).toEqual([false, 0]);
    await stage.simulation.run(2000);
    await draining;
    expect(await cdrs.count()).toBe(1);
    await stage.strike();
  });
});

describe('a record', () => {
  it('is written although media never closes', async () => {
    const stage = setStage({}, { services: { '*43': echo() } });
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    for (const callee of ['bob', '*43']) {
      const call = alice.call(callee);
      await stage.simulation.run(3000);
      for (const endpoint of stage.media.endpoints) {
        const close = endpoint.close.bind(endpoint);
        endpoint.close = () => {
          void close();
          return new Promise(() => {});
        };
      }
      call.dialog?.bye();
      await stage.simulation.run(20_000);
    }
    expect(stage.records.map(({ outcome }) => outcome)).toEqual(['answered', 'answered']);
    expect(bob.log.at(-1)).toBe('ended bye');
    await stage.strike();
  });

  it('is written although the callee cannot be called at all', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    await stage.registered('bob', { host: 'desk' });
    const { sessions } = stage.engine;
    const place = sessions.call.bind(sessions);
    let placed = 0;
    sessions.call = (options) => {
      if (placed++ > 0) throw new StrowgerError('TOO_MANY_SESSIONS', 'there are too many');
      return place(options);
    };
    const call = alice.call('bob');
    await stage.simulation.run(40_000);
    expect(call.outcome).toBe(500);
    expect(stage.records).toMatchObject([{ outcome: 'failed', legs: [{}, {}] }]);
    expect(bob.log.length + bob.invites.length).toBeLessThan(3);
    await stage.strike();
  });
});

describe('a full engine', () => {
  it('refuses further calls until one has ended', async () => {
    const stage = setStage({}, { maxCalls: 1, services: { '*43': echo() } });
    const alice = await stage.registered('alice');
    const first = alice.call('*43');
    await stage.simulation.run(1000);
    const second = alice.call('*43');
    await stage.simulation.run(1000);
    expect([first.outcome, second.outcome]).toEqual([200, 503]);
    first.dialog?.bye();
    await stage.simulation.run(1000);
    const third = alice.call('*43');
    await stage.simulation.run(1000);
    expect(third.outcome).toBe(200);
    expect(stage.records).toHaveLength(1);
    await stage.strike();
  });

  it('ends a call that has lasted too long', async () => {
    const stage = setStage({}, { maxCallMs: 10_000, services: { '*43': echo() } });
    const alice = await stage.registered('alice');
    alice.call('*43');
    await stage.simulation.run(11_000);
    expect(stage.records).toMatchObject([{ outcome: 'answered', reason: 'maxCallMs' }]);
    expect(alice.log).toEqual(['BYE Q.850;cause=16', 'ended bye']);
    await stage.strike();
  });
});

describe('the events of an engine', () => {
  it('tell registrations and calls in order', async () => {
    const stage = setStage({}, { services: { '*43': echo() } });
    const told: string[] = [];
    const { engine } = stage;
    engine.on('registered', ({ addressOfRecord }) => told.push(`registered ${addressOfRecord}`));
    engine.on('unregistered', ({ addressOfRecord }) => told.push(`gone ${addressOfRecord}`));
    engine.on('callStarted', ({ call }) => told.push(`started ${call.parties.dialled}`));
    engine.on('callAnswered', ({ call }) => told.push(`answered ${call.state}`));
    engine.on('callEnded', ({ record }) => told.push(`ended ${record.outcome}`));
    const alice = await stage.registered('alice');
    const call = alice.call('*43');
    await stage.simulation.run(1000);
    call.dialog?.bye();
    await stage.simulation.run(1000);
    void alice.register(0);
    await stage.simulation.run(1000);
    expect(told).toEqual([
      'registered sip:alice@pbx',
      'started *43',
      'answered serving',
      'ended answered',
      'gone sip:alice@pbx',
    ]);
    await stage.strike();
  });
});
