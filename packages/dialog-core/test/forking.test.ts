import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

function forkedCall() {
  const simulation = createSimulation({ seed: 2 });
  const alice = new Phone(simulation, 'alice');
  const proxy = new ScriptedHost(simulation, 'proxy');
  return { simulation, alice, proxy };
}

describe('an INVITE that forks', () => {
  it('has an early dialog for each fork, and one call (RFC 3261 §12.1.2)', async () => {
    const { simulation, alice, proxy } = forkedCall();
    const invite = alice.call('proxy');
    await simulation.run(20);
    proxy.answer('INVITE', 180, { tag: 'one' });
    proxy.answer('INVITE', 183, { tag: 'two' });
    await simulation.run(20);
    expect(invite.earlyDialogs.map(({ id }) => id.remoteTag)).toEqual(['one', 'two']);
    proxy.answer('INVITE', 200, { tag: 'two' });
    await simulation.run(20);
    expect(alice.dialog?.id.remoteTag).toBe('two');
    expect(proxy.request('ACK').to.tag).toBe('two');
    expect(invite.earlyDialogs.map(({ id }) => id.remoteTag)).toEqual(['one']);
    await simulation.run(40_000);
    expect(invite.earlyDialogs).toEqual([]);
    expect(alice.log).toEqual([
      '180 early',
      '183 early',
      'accepted 200',
      'ended otherForkAnswered',
    ]);
    alice.dialog?.bye();
    await simulation.run(20);
    proxy.answer('BYE', 200);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('acknowledges the 2xx of a second fork and ends it with BYE (RFC 3261 §13.2.2.4)', async () => {
    const { simulation, alice, proxy } = forkedCall();
    alice.call('proxy');
    await simulation.run(20);
    proxy.answer('INVITE', 200, { tag: 'one' });
    await simulation.run(20);
    proxy.answer('INVITE', 200, { tag: 'two' });
    await simulation.run(20);
    expect(proxy.all('ACK').map(({ message }) => message.to.tag)).toEqual(['one', 'two']);
    expect(proxy.request('BYE').to.tag).toBe('two');
    proxy.answer('BYE', 200);
    proxy.answer('INVITE', 200, { tag: 'two' });
    await simulation.run(20);
    const [, second, third] = proxy.all('ACK').map(({ message }) => message.via.branch);
    expect(third).toBe(second);
    expect(alice.log).toEqual(['accepted 200']);
    alice.dialog?.bye();
    await simulation.run(20);
    proxy.answer('BYE', 200);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('acknowledges that 2xx with the credentials of the first (RFC 3261 §13.2.2.4)', async () => {
    const { simulation, alice, proxy } = forkedCall();
    const credentials = 'Digest username="alice", realm="r", nonce="n", uri="sip:p", response="0"';
    alice.call('proxy', { headers: [['Proxy-Authorization', credentials]] });
    await simulation.run(20);
    proxy.answer('INVITE', 200, { tag: 'one' });
    proxy.answer('INVITE', 200, { tag: 'two' });
    await simulation.run(20);
    const [first, second] = proxy.all('ACK').map(({ message }) => {
      const fields = [...message.headers.entries()];
      return fields.filter(([name]) => !/^(via|to)$/i.test(name));
    });
    expect(second).toEqual(first);
    expect(second).toContainEqual(['Proxy-Authorization', credentials]);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('answers a repeated 2xx with the same ACK, byte for byte (RFC 3261 §13.2.2.4)', async () => {
    const { simulation, alice, proxy } = forkedCall();
    alice.call('proxy');
    await simulation.run(20);
    proxy.answer('INVITE', 200);
    proxy.answer('INVITE', 200);
    await simulation.run(100);
    const [first, second] = proxy.all('ACK').map(({ message }) => [...message.headers.entries()]);
    expect(second).toEqual(first);
    expect(alice.log).toEqual(['accepted 200']);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('does not give back an early dialog that its fork has ended', async () => {
    const { simulation, alice, proxy } = forkedCall();
    alice.call('proxy');
    await simulation.run(20);
    proxy.answer('INVITE', 180, { tag: 'one' });
    await simulation.run(20);
    const { from, to, callId } = proxy.request('INVITE');
    proxy.send('BYE', alice.host.hop('udp'), [
      ['From', to.withTag('one')],
      ['To', from],
      ['Call-ID', callId],
      ['CSeq', '1 BYE'],
    ]);
    await simulation.run(20);
    proxy.answer('INVITE', 180, { tag: 'one' });
    proxy.answer('INVITE', 486, { tag: 'one' });
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['180 early', 'BYE', 'ended bye remote', '180', 'rejected 486']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('keeps no more early dialogs than the limit', async () => {
    const simulation = createSimulation({ seed: 2 });
    const alice = new Phone(simulation, 'alice', { limits: { earlyDialogs: 2 } });
    const proxy = new ScriptedHost(simulation, 'proxy');
    const invite = alice.call('proxy');
    await simulation.run(20);
    for (const tag of ['a', 'b', 'c', 'd']) proxy.answer('INVITE', 180, { tag });
    await simulation.run(20);
    expect(invite.earlyDialogs).toHaveLength(2);
    expect(alice.log).toEqual(['180 early', '180 early', '180', '180']);
    proxy.answer('INVITE', 486, { tag: 'd' });
    await simulation.runUntilQuiet();
    expect(alice.log.slice(4)).toEqual([
      'ended rejected 486',
      'ended rejected 486',
      'rejected 486',
    ]);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('is not flooded by 2xx of ever new forks', async () => {
    const simulation = createSimulation({ seed: 2 });
    const alice = new Phone(simulation, 'alice', { limits: { earlyDialogs: 3 } });
    const proxy = new ScriptedHost(simulation, 'proxy');
    alice.call('proxy');
    await simulation.run(20);
    for (let fork = 0; fork < 50; fork++) proxy.answer('INVITE', 200, { tag: `fork${fork}` });
    await simulation.run(20);
    expect(proxy.all('ACK')).toHaveLength(3);
    expect(alice.layer.counts().dialogs).toBe(3);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('takes route set and target from the 2xx, not from the 180', async () => {
    const { simulation, alice, proxy } = forkedCall();
    alice.call('proxy');
    await simulation.run(20);
    proxy.answer('INVITE', 180, { headers: [['Record-Route', '<sip:old.example;lr>']] });
    await simulation.run(20);
    proxy.answer('INVITE', 200, {
      headers: [
        ['Record-Route', '<sip:proxy;lr>, <sip:second.example;lr>'],
        ['Contact', '<sip:bob@10.9.9.9>'],
      ],
    });
    await simulation.run(20);
    expect(alice.dialog?.routeSet.map(String)).toEqual([
      '<sip:second.example;lr>',
      '<sip:proxy;lr>',
    ]);
    expect(alice.dialog?.remoteTarget.toString()).toBe('sip:bob@10.9.9.9');
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });
});
