import { NameAddr, uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

function callThroughProxy(routes: string[]) {
  const simulation = createSimulation({ seed: 7 });
  const bob = new Phone(simulation, 'bob');
  const proxy = new ScriptedHost(simulation, 'proxy');
  bob.onInvite = (invite) => bob.answer(invite);
  const { address } = proxy.host;
  proxy.send('INVITE', bob.host.hop(), [
    ['Via', `SIP/2.0/UDP ${address}:5060;branch=z9hG4bKp, SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa`],
    ...routes.map((route): [string, string] => ['Record-Route', route]),
    ['From', '<sip:alice@a.example>;tag=alice'],
    ['To', '<sip:bob@b.example>'],
    ['Call-ID', 'routed'],
    ['CSeq', '17 INVITE'],
    ['Contact', '<sip:alice@192.0.2.1:5070;transport=udp>'],
  ]);
  return { simulation, bob, proxy };
}

async function acknowledge({ simulation, bob, proxy }: ReturnType<typeof callThroughProxy>) {
  const { to } = proxy.response(200);
  proxy.send('ACK', bob.host.hop(), [
    ['From', '<sip:alice@a.example>;tag=alice'],
    ['To', to.toString()],
    ['Call-ID', 'routed'],
    ['CSeq', '17 ACK'],
  ]);
  await simulation.run(20);
}

describe('the route set of a callee (RFC 3261 §12.1.1)', () => {
  it('is Record-Route in order, copied into the responses; requests go through it', async () => {
    const call = callThroughProxy(['<sip:proxy;lr>', '<sip:edge.example;lr;x=1>']);
    await call.simulation.run(20);
    expect(call.proxy.response(200).headers.raw('record-route')).toEqual([
      '<sip:proxy;lr>',
      '<sip:edge.example;lr;x=1>',
    ]);
    await acknowledge(call);
    call.bob.dialog?.bye();
    await call.simulation.run(20);
    const bye = call.proxy.request('BYE');
    expect(bye.uri.toString()).toBe('sip:alice@192.0.2.1:5070;transport=udp');
    expect(bye.headers.raw('route')).toEqual(['<sip:proxy;lr>', '<sip:edge.example;lr;x=1>']);
    call.proxy.answer('BYE', 200);
    await call.simulation.runUntilQuiet();
    call.simulation.assertQuiet({ bob: call.bob.layer });
  });

  it('gives a strict router its own URI, and the target at the end of Route (RFC 3261 §12.2.1.1)', async () => {
    const call = callThroughProxy(['<sip:proxy>', '<sip:edge.example;lr>']);
    await call.simulation.run(20);
    await acknowledge(call);
    call.bob.dialog?.bye();
    await call.simulation.run(20);
    const bye = call.proxy.request('BYE');
    expect(bye.uri.toString()).toBe('sip:proxy');
    expect(bye.headers.raw('route')).toEqual([
      '<sip:edge.example;lr>',
      '<sip:alice@192.0.2.1:5070;transport=udp>',
    ]);
    call.proxy.answer('BYE', 200);
    await call.simulation.runUntilQuiet();
    call.simulation.assertQuiet({ bob: call.bob.layer });
  });
});

describe('the ACK and later requests of a caller (RFC 3261 §12.1.2)', () => {
  it('take the reversed Record-Route of the 200', async () => {
    const simulation = createSimulation({ seed: 7 });
    const alice = new Phone(simulation, 'alice');
    const proxy = new ScriptedHost(simulation, 'proxy');
    alice.call('proxy');
    await simulation.run(20);
    proxy.answer('INVITE', 200, {
      headers: [
        ['Record-Route', '<sip:far.example;lr>, <sip:proxy;lr>'],
        ['Contact', '<sip:bob@198.51.100.7>'],
      ],
    });
    await simulation.run(20);
    const ack = proxy.request('ACK');
    expect(ack.uri.toString()).toBe('sip:bob@198.51.100.7');
    expect(ack.headers.raw('route')).toEqual(['<sip:proxy;lr>', '<sip:far.example;lr>']);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('preload the route that the owner gives', async () => {
    const simulation = createSimulation({ seed: 7 });
    const proxy = new ScriptedHost(simulation, 'proxy');
    const carol = new Phone(simulation, 'carol');
    carol.call('nowhere', { route: [new NameAddr({ uri: uri('sip:proxy;lr') })] });
    await simulation.run(20);
    const invite = proxy.request('INVITE');
    expect(invite.uri.toString()).toBe('sip:nowhere@nowhere');
    expect(invite.headers.raw('route')).toEqual(['<sip:proxy;lr>']);
    carol.layer.close();
    await simulation.runUntilQuiet();
  });
});

describe('a peer that speaks to us directly', () => {
  const invite = (contact: string, via: string): [string, string][] => [
    ['Via', via],
    ['From', '<sip:phone@home>;tag=phone'],
    ['To', '<sip:bob@bob>'],
    ['Call-ID', 'direct'],
    ['CSeq', '1 INVITE'],
    ['Contact', contact],
  ];

  async function hears(transport: 'udp' | 'tcp', contact: string, viaHost?: string) {
    const simulation = createSimulation({ seed: 8 });
    const bob = new Phone(simulation, 'bob');
    bob.onInvite = (call) => bob.answer(call);
    const phone = new ScriptedHost(simulation, 'phone');
    const elsewhere = new ScriptedHost(simulation, 'elsewhere');
    const host = viaHost ?? phone.host.address;
    const via = `SIP/2.0/${transport.toUpperCase()} ${host}:5060;branch=z9hG4bK1;rport`;
    phone.send('INVITE', bob.host.hop(transport), invite(contact, via));
    await simulation.run(50);
    const { to } = phone.response(200);
    phone.send('ACK', bob.host.hop(transport), [
      ['From', '<sip:phone@home>;tag=phone'],
      ['To', to.toString()],
      ['Call-ID', 'direct'],
      ['CSeq', '1 ACK'],
    ]);
    await simulation.run(50);
    bob.dialog?.bye();
    await simulation.run(50);
    const heard = [phone, elsewhere].map((one) => one.all('BYE').length);
    bob.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ bob: bob.layer });
    return heard;
  }

  it('is reached at its Contact', async () => {
    expect(await hears('udp', '<sip:phone@elsewhere>')).toEqual([0, 1]);
  });

  it('behind a NAT is reached where it was heard from', async () => {
    expect(await hears('udp', '<sip:phone@192.168.1.5>', '192.168.1.5')).toEqual([1, 0]);
    expect(await hears('udp', '<sip:phone@192.168.1.5>')).toEqual([1, 0]);
  });

  it('over a stream is reached on its connection', async () => {
    expect(await hears('tcp', '<sip:phone@xyz.invalid;transport=ws>')).toEqual([1, 0]);
  });

  it('whose connection broke is looked for at its Contact', async () => {
    const simulation = createSimulation({ seed: 8 });
    const bob = new Phone(simulation, 'bob');
    const alice = new Phone(simulation, 'alice');
    bob.onInvite = (call) => bob.answer(call);
    alice.call('bob', { hops: [bob.host.hop('tcp')] });
    await simulation.run(500);
    alice.host.dropConnections();
    bob.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['accepted 200', 'BYE', 'ended bye remote']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});
