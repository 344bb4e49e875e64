import { NameAddr, SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { echo } from '../src/service.ts';
import { sdp } from './phone.ts';
import { setStage } from './stage.ts';

const proxyStage = () => setStage({}, { mode: 'proxy', services: { '*43': echo() } });

describe('an engine that is a proxy', () => {
  it('passes a call on: the phones talk to each other, not to the engine', async () => {
    const stage = proxyStage();
    const [alice, bob] = [await stage.registered('alice'), await stage.registered('bob')];
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    expect(call.outcome).toBe(200);
    expect(bob.invites[0]?.request.text()).toBe(sdp(alice.host.address));
    expect(call.final?.text()).toBe(sdp(bob.host.address));
    expect(stage.engine.counts()).toMatchObject({ calls: 0, sessions: 0, endpoints: 0 });
    call.dialog?.bye();
    await stage.simulation.run(1000);
    expect(bob.log).toContain('ended bye');
    expect(stage.records).toEqual([]);
    expect(stage.simulation.ladder({ between: ['alice', 'bob'] })).toBe('');
    await stage.strike();
  });

  it('shows its users who calls, and not what was proven to it (RFC 3261 §22.3, RFC 3325)', async () => {
    const stage = proxyStage();
    const [alice, bob] = [await stage.registered('alice'), await stage.registered('bob')];
    const call = alice.call('bob', { headers: [['P-Asserted-Identity', '<sip:boss@pbx>']] });
    await stage.simulation.run(3000);
    const headers = bob.invites[0]?.request.headers;
    expect(headers?.get('from')?.uri.toString()).toBe('sip:alice@pbx');
    expect(headers?.has('Proxy-Authorization')).toBe(false);
    expect(headers?.has('P-Asserted-Identity')).toBe(false);
    call.dialog?.bye();
    await stage.strike();
  });

  it('stays on the way of the dialog: hold and BYE of the callee pass through', async () => {
    const stage = proxyStage();
    const [alice, bob] = [await stage.registered('alice'), await stage.registered('bob')];
    alice.call('bob');
    await stage.simulation.run(3000);
    const [dialog] = bob.dialogs;
    if (dialog === undefined) throw new Error('bob has no dialog');
    const answer = bob.hold(dialog);
    await stage.simulation.run(1000);
    expect(await answer).toBe('recvonly');
    dialog.bye();
    await stage.simulation.run(1000);
    expect(alice.log.at(-1)).toBe('ended bye');
    await stage.strike();
  });

  it('rings all phones of a user, and tells the others that one has answered', async () => {
    const stage = proxyStage();
    const alice = await stage.registered('alice');
    const [first, second] = [
      await stage.registered('bob', { host: 'desk' }),
      await stage.registered('bob', { host: 'mobile' }),
    ];
    second.onInvite = (invite) => invite.ring();
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    expect(call.outcome).toBe(200);
    expect(first.dialogs).toHaveLength(1);
    expect(second.log).toEqual(['CANCEL SIP;cause=200;text="Call completed elsewhere"']);
    call.dialog?.bye();
    await stage.strike();
  });

  it.each([
    ['nobody', 404],
    ['carol', 480],
    ['bob', 486],
  ])('%s comes to %i', async (number, status) => {
    const stage = proxyStage();
    await stage.addUser('carol');
    const [alice, bob] = [await stage.registered('alice'), await stage.registered('bob')];
    bob.onInvite = (invite) => invite.reject(486);
    const call = alice.call(number);
    await stage.simulation.run(1000);
    expect(call.outcome).toBe(status);
    await stage.strike();
  });

  it('asks who calls, and lets nobody call in the name of others', async () => {
    const stage = proxyStage();
    await stage.registered('bob');
    const alice = await stage.registered('alice');
    await stage.addUser('mallory');
    const mallory = await stage.phone('mallory', { password: 'guessed' });
    const outcomes = [];
    const from = (text: string) => ({ from: new NameAddr({ uri: uri(text) }) });
    for (const call of [
      mallory.call('bob'),
      alice.call('bob', from('sip:bob@pbx')),
      alice.call('bob', from('sip:president@elsewhere.example')),
    ]) {
      await stage.simulation.run(2000);
      outcomes.push(call.outcome);
    }
    expect(outcomes).toEqual([407, 403, 403]);
    await stage.strike();
  });

  it('is no way to strangers, and none into dialogs that it has not seen', async () => {
    const stage = proxyStage();
    const alice = await stage.registered('alice');
    stage.simulation.network.name('elsewhere.example', 'pbx');
    const statuses: number[] = [];
    const user = {
      onResponse: ({ status }: { status: number }) => void statuses.push(status),
      onFailed: () => void statuses.push(0),
    };
    const credentials = () => ({ username: 'alice', password: 'pw-alice' });
    const message = (to: NameAddr) =>
      alice.layer.request(
        { method: 'MESSAGE', requestUri: to.uri, to, from: alice.address, credentials },
        user,
      );
    message(new NameAddr({ uri: uri('sip:bob@elsewhere.example') }));
    await stage.simulation.run(1000);
    const request = (await stage.phone('bob')).layer.transactions;
    request.request(
      new SipRequest({
        method: 'BYE',
        uri: uri('sip:alice@pbx'),
        headers: [
          ['From', '<sip:bob@pbx>;tag=b'],
          ['To', '<sip:alice@pbx>;tag=a'],
          ['Call-ID', 'unseen'],
          ['CSeq', '2 BYE'],
          ['Max-Forwards', '70'],
        ],
      }),
      { ...user, onTimeout() {}, onTransportError() {} },
    );
    await stage.simulation.run(1000);
    expect(statuses).toEqual([404, 481]);
    await stage.strike();
  });

  it('still has services, with their records', async () => {
    const stage = proxyStage();
    const alice = await stage.registered('alice');
    const call = alice.call('*43');
    await stage.simulation.run(3000);
    expect(call.outcome).toBe(200);
    call.dialog?.bye();
    await stage.simulation.run(1000);
    expect(stage.records).toMatchObject([{ callee: '*43', outcome: 'answered' }]);
    await stage.strike();
  });

  it('takes no new call once it drains', async () => {
    const stage = proxyStage();
    const [alice] = [await stage.registered('alice'), await stage.registered('bob')];
    void stage.engine.drain({ deadlineMs: 0 });
    const call = alice.call('bob');
    await stage.simulation.run(2000);
    expect(call.final?.status).toBe(503);
    expect(call.final?.headers.get('retry-after')?.seconds).toBe(10);
    await stage.strike();
  });
});
