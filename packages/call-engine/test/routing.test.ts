import { NameAddr, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { echo, type Service, tone } from '../src/service.ts';
import { setStage } from './stage.ts';

describe('what is dialled', () => {
  it.each([
    ['nobody', 404, 'rejected'],
    ['carol', 480, 'rejected'],
  ])('%s comes to %i', async (number, status, outcome) => {
    const stage = setStage();
    await stage.addUser('carol');
    const alice = await stage.registered('alice');
    const call = alice.call(number);
    await stage.simulation.run(1000);
    expect(call.outcome).toBe(status);
    expect(stage.records).toMatchObject([{ dialled: number, status, outcome, endedBy: 'engine' }]);
    await stage.strike();
  });

  it('may be a service, which does not outlive a phone that is gone', async () => {
    const stage = setStage({}, { services: { '*43': echo() } });
    const alice = await stage.registered('alice');
    alice.call('*43');
    await stage.simulation.run(3000);
    stage.media.endpoints[0]?.tell({ type: 'timeout', silentMs: 30_000 });
    await stage.simulation.run(1000);
    expect(stage.records).toMatchObject([{ outcome: 'answered', reason: 'mediaTimeout' }]);
    await stage.strike();
  });

  it('may be a service, which talks until somebody hangs up', async () => {
    const stage = setStage({}, { services: { '*43': echo(), '*60': tone(440) } });
    const alice = await stage.registered('alice');
    for (const number of ['*43', '*60']) {
      const call = alice.call(number);
      await stage.simulation.run(3000);
      expect([number, call.outcome]).toEqual([number, 200]);
      call.dialog?.bye();
      await stage.simulation.run(1000);
    }
    expect(stage.records).toMatchObject([
      {
        callee: '*43',
        outcome: 'answered',
        endedBy: 'caller',
        legs: [{ media: { codec: 'pcmu' } }],
      },
      { callee: '*60', outcome: 'answered', endedBy: 'caller' },
    ]);
    expect(stage.records[0]?.billableMs).toBeGreaterThan(2900);
    await stage.strike();
  });

  it('may be a service that hangs up, or fails, or answers nobody', async () => {
    const services: Record<string, Service> = {
      short: ({ session }) => session.answer(),
      broken: async ({ session }) => {
        await session.answer();
        throw new Error('a bug');
      },
      silent: async () => {},
      closed: async ({ session }) => session.reject(603),
    };
    const stage = setStage({}, { services });
    const alice = await stage.registered('alice');
    const outcomes = [];
    for (const number of Object.keys(services)) {
      const call = alice.call(number);
      await stage.simulation.run(3000);
      const record = stage.records.at(-1);
      outcomes.push([call.outcome, record?.outcome, record?.endedBy, record?.reason]);
    }
    expect(outcomes).toEqual([
      [200, 'answered', 'engine', undefined],
      [200, 'answered', 'engine', 'serviceFailed'],
      [480, 'rejected', 'engine', undefined],
      [603, 'rejected', 'engine', undefined],
    ]);
    await stage.strike();
  });

  it('is refused where it belongs to somebody else', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    stage.simulation.network.name('elsewhere.example', 'pbx');
    let status = 0;
    alice.layer.invite(
      {
        to: uri('sip:bob@elsewhere.example'),
        from: alice.address,
        credentials: () => ({ username: 'alice', password: 'pw-alice' }),
      },
      { onAccepted() {}, onFailed() {}, onRejected: (response) => (status = response.status) },
    );
    await stage.simulation.run(1000);
    expect(status).toBe(404);
    await stage.strike();
  });

  it('is refused with 483 when it has come too far (RFC 3261 §16.3)', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const call = alice.call('alice', { headers: [['Max-Forwards', '0']] });
    await stage.simulation.run(1000);
    expect(call.outcome).toBe(483);
    await stage.strike();
  });

  it('reaches a phone behind a NAT by the way that its REGISTER came', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const [binding] = (await stage.stores.location.read('sip:bob@pbx')).bindings;
    if (binding === undefined) throw new Error('bob is not registered');
    const { version } = await stage.stores.location.read('sip:bob@pbx');
    const address = /@([^:;>]+)/.exec(binding.contact)?.[1] ?? '';
    const received = { transport: 'udp', address, port: 5060 } as const;
    const hidden = { ...binding, contact: 'sip:bob@192.168.77.77:5060', received };
    await stage.stores.location.replace('sip:bob@pbx', version, [hidden]);
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    expect(call.outcome).toBe(200);
    expect(bob.invites[0]?.request.uri.toString()).toBe('sip:bob@192.168.77.77:5060');
    await stage.strike();
  });
});

describe('a caller who is no user', () => {
  const stranger = new NameAddr({ uri: uri('sip:eve@elsewhere.example') });

  it('reaches what is open to the public, and nothing else', async () => {
    const stage = setStage(
      {},
      { publicAccess: ['*43'], services: { '*43': echo(), '*60': tone(440) } },
    );
    const eve = await stage.phone('eve', { password: 'wrong' });
    await stage.registered('bob');
    const calls = ['*43', '*60', 'bob', 'nobody'].map((number) =>
      eve.call(number, { from: stranger }),
    );
    await stage.simulation.run(3000);
    expect(calls.map(({ outcome }) => outcome)).toEqual([200, 407, 407, 407]);
    expect(stage.engine.calls()[0]?.parties.caller).toBe('sip:eve@elsewhere.example');
    await stage.strike();
  });

  it('does not become a user by saying so', async () => {
    const stage = setStage({}, { publicAccess: ['*43'], services: { '*43': echo() } });
    await stage.addUser('bob');
    const eve = await stage.phone('eve', { password: 'wrong' });
    const asBob = eve.call('*43', { from: new NameAddr({ uri: uri('sip:bob@pbx') }) });
    const mallory = await stage.phone('mallory');
    const asBobToo = mallory.call('*43', { from: new NameAddr({ uri: uri('sip:bob@pbx') }) });
    await stage.simulation.run(3000);
    expect([asBob.outcome, asBobToo.outcome]).toEqual([407, 403]);
    const rooted = eve.call('*43', { from: new NameAddr({ uri: uri('sip:bob@PBX.') }) });
    await stage.simulation.run(1000);
    expect(rooted.outcome).toBe(407);
    await stage.strike();
  });
});
