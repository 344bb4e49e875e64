import { createResponse, NameAddr, uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import type { RequestOptions } from '@strowger/dialog-core';
import type { Hop } from '@strowger/transaction-core';
import { Phone } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

const register: RequestOptions = {
  method: 'REGISTER',
  requestUri: uri('sip:registrar'),
  to: uri('sip:alice@registrar'),
  from: new NameAddr({ uri: uri('sip:alice@registrar') }),
  contactParams: ';expires=300',
};

function world() {
  const simulation = createSimulation({ seed: 9 });
  const alice = new Phone(simulation, 'alice');
  const registrar = new ScriptedHost(simulation, 'registrar');
  const told: string[] = [];
  const user = {
    onProvisional: ({ status }: { status: number }) => told.push(`1xx ${status}`),
    onResponse: ({ status }: { status: number }) => told.push(`${status}`),
    onFailed: ({ kind }: { kind: string }) => told.push(kind),
  };
  return { simulation, alice, registrar, told, user };
}

describe('a request outside of dialogs', () => {
  it('carries our Contact where it is asked for, and goes on in its series', async () => {
    const { simulation, alice, registrar, told, user } = world();
    const first = alice.layer.request(register, user);
    await simulation.run(20);
    registrar.answer('REGISTER', 200);
    await simulation.run(20);
    const again = { ...register, callId: first.callId, cseq: first.cseq + 1 };
    alice.layer.request(again, user);
    await simulation.run(20);
    const [one, two] = registrar.all('REGISTER').map(({ message }) => message);
    expect(one?.headers.raw('contact')).toEqual(['<sip:alice@10.0.0.1:5060>;expires=300']);
    expect([one?.cseq.number, two?.cseq.number]).toEqual([1, 2]);
    expect(two?.callId).toBe(one?.callId);
    expect(one?.to.tag).toBe(undefined);
    registrar.answer('REGISTER', 423);
    await simulation.runUntilQuiet();
    expect(told).toEqual(['200', '423']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('times out, and fails where there is no way', async () => {
    const { simulation, alice, told, user } = world();
    alice.layer.request(register, user);
    alice.layer.request({ ...register, requestUri: uri('sip:nowhere') }, user);
    await simulation.runUntilQuiet();
    expect(told).toEqual(['transport', 'timeout']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('is not sent when the layer was closed while its hop was looked up', async () => {
    const { simulation, registrar, told, user } = world();
    const found: ((hops: readonly Hop[]) => void)[] = [];
    const host = simulation.network.host('slow');
    const sender = {
      send: host.send.bind(host),
      sentBy: host.sentBy.bind(host),
      locate: () => new Promise<readonly Hop[]>((resolve) => found.push(resolve)),
    };
    const slow = new Phone(simulation, 'slow', { host, sender });
    const { contactParams: _, ...options } = { ...register, method: 'OPTIONS' };
    slow.layer.request(register, user);
    slow.layer.request(options, user);
    slow.layer.close();
    for (const resolve of found) resolve([registrar.host.hop('udp')]);
    await simulation.runUntilQuiet();
    expect([found.length, registrar.heard.length]).toEqual([2, 0]);
    expect(told).toEqual(['dialogEnded', 'dialogEnded']);
    simulation.assertQuiet({ slow: slow.layer });
  });

  it('comes to the owner of the other side', async () => {
    const { simulation, alice, told, user } = world();
    const bob = new Phone(simulation, 'bob');
    bob.onRequest = (transaction) => {
      bob.say(transaction.method);
      transaction.respond(createResponse(transaction.request, 200));
    };
    alice.layer.request({ ...register, method: 'OPTIONS', requestUri: uri('sip:bob') }, user);
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['OPTIONS']);
    expect(told).toEqual(['200']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});

describe('an INVITE', () => {
  it('to nowhere, and to nobody who answers, has one outcome', async () => {
    const { simulation, alice } = world();
    alice.call('nowhere');
    alice.call('registrar');
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['failed transport', 'failed timeout']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('has a Contact of the transport that it takes', async () => {
    const { simulation, alice, registrar } = world();
    alice.call('registrar', { hops: [registrar.host.hop('tcp')] });
    await simulation.run(50);
    const { headers } = registrar.request('INVITE');
    expect(headers.raw('contact')).toEqual(['<sip:alice@10.0.0.1:5060;transport=tcp>']);
    alice.layer.close();
    await simulation.runUntilQuiet();
  });
});
