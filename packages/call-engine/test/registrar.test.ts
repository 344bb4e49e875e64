import type { SipResponse } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { type Hop, TransactionLayer } from '@strowger/transaction-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryLocationStore } from '../src/memory-stores.ts';
import { Registrar, type RegistrationChange } from '../src/registrar.ts';
import { type HeaderLine, registerRequest } from './register-phone.ts';

const ALICE = 'sip:alice@pbx.example';
const nobody = { onRequest() {}, onAck() {}, onStrayResponse() {} };

/** A registrar on real transactions, and a phone that sends it whatever a story needs. */
function stage() {
  const simulation = createSimulation({ seed: 7 });
  const host = simulation.network.host('pbx.example');
  const location = new MemoryLocationStore();
  const changes: RegistrationChange[] = [];
  const registrar = new Registrar({
    runtime: host.runtime,
    location,
    expiry: { minSeconds: 60, maxSeconds: 7200, defaultSeconds: 3600 },
    maxContacts: 4,
    onChange: (change) => changes.push(change),
  });
  const server = new TransactionLayer({
    runtime: host.runtime,
    sender: host,
    user: {
      ...nobody,
      async onRequest(transaction) {
        const { request, inbound } = transaction;
        transaction.respond(await registrar.register(ALICE, request, inbound));
      },
    },
  });
  host.receive = (inbound) => server.receive(inbound);
  const phone = simulation.network.host('phone', { address: '192.0.2.10' });
  const client = new TransactionLayer({ runtime: phone.runtime, sender: phone, user: nobody });
  phone.receive = (inbound) => client.receive(inbound);

  async function register(cseq: number, headers: HeaderLine[], callId = 'call-id') {
    let final: SipResponse | undefined;
    client.request(registerRequest({ user: 'alice', callId, cseq, headers }), {
      onResponse: (response) => (final = response),
      onTimeout() {},
      onTransportError() {},
    });
    await simulation.run(1000);
    if (final === undefined) throw new Error('no answer came');
    return final;
  }
  return { simulation, location, changes, registrar, register, server, client };
}

let on: ReturnType<typeof stage>;
beforeEach(() => {
  on = stage();
});

const contacts = (response: SipResponse): string[] => {
  const value = response.headers.get('contact');
  return Array.isArray(value) ? value.map(String) : [];
};

describe('the registrar (RFC 3261 §10.3)', () => {
  it('answers with every contact, the time it has left, and the date', async () => {
    await on.register(1, [['Contact', '<sip:alice@192.0.2.10>;expires=100']]);
    const answer = await on.register(2, [
      ['Contact', '<sip:alice@192.0.2.11;transport=tcp>;q=0.5;+sip.instance="<urn:uuid:1>"'],
      ['Expires', '600'],
    ]);
    expect(answer.status).toBe(200);
    expect(contacts(answer)).toEqual([
      '<sip:alice@192.0.2.10>;expires=99',
      '<sip:alice@192.0.2.11;transport=tcp>;q=0.5;+sip.instance="<urn:uuid:1>";expires=600',
    ]);
    expect(answer.headers.get('date')).toBe('Thu, 01 Jan 2026 00:00:01 GMT');
    expect(contacts(await on.register(3, []))).toHaveLength(2);
  });

  it('keeps the way that the REGISTER took, for calls through a NAT', async () => {
    await on.register(1, [['Contact', '<sip:alice@10.1.1.1:9>']]);
    const [binding] = await on.registrar.lookup(ALICE);
    const hop: Partial<Hop> = { transport: 'udp', address: '192.0.2.10', port: 5060 };
    expect(binding?.received).toMatchObject(hop);
  });

  it('leaves the way to the contact where no NAT was passed', async () => {
    await on.register(1, [['Contact', '<sip:alice@192.0.2.10:5070>']]);
    const [binding] = await on.registrar.lookup(ALICE);
    expect(binding).toMatchObject({ contact: 'sip:alice@192.0.2.10:5070' });
    expect(binding?.received).toBeUndefined();
  });

  it('gives contacts in order of q, then the latest first', async () => {
    await on.register(1, [['Contact', '<sip:old@x>']]);
    await on.register(2, [['Contact', '<sip:new@x>, <sip:last@x>;q=0.1']]);
    const order = (await on.registrar.lookup(ALICE)).map(({ contact }) => contact);
    expect(order).toEqual(['sip:new@x', 'sip:old@x', 'sip:last@x']);
  });

  it('refuses too brief a time with 423 and Min-Expires (RFC 3261 §10.2.8)', async () => {
    const answer = await on.register(1, [['Contact', '<sip:alice@192.0.2.10>;expires=5']]);
    expect(answer.status).toBe(423);
    expect(answer.headers.get('min-expires')).toBe(60);
    expect(await on.location.count()).toBe(0);
  });

  it('refuses a REGISTER that was overtaken by a later one', async () => {
    await on.register(5, [['Contact', '<sip:alice@192.0.2.10>']]);
    const late = await on.register(4, [['Contact', '<sip:alice@192.0.2.10>;expires=0']]);
    expect(late.status).toBe(500);
    expect(await on.registrar.lookup(ALICE)).toHaveLength(1);
  });

  it('changes nothing when one of several contacts cannot be registered', async () => {
    await on.register(5, [['Contact', '<sip:alice@192.0.2.10>']]);
    const both = '<sip:new@192.0.2.10>, <sip:alice@192.0.2.10>';
    expect((await on.register(4, [['Contact', both]])).status).toBe(500);
    expect((await on.register(6, [['Contact', `${both};expires=1`]])).status).toBe(423);
    expect(await on.registrar.lookup(ALICE)).toHaveLength(1);
  });

  it('removes all contacts with * and Expires 0', async () => {
    await on.register(1, [['Contact', '<sip:a@x>, <sip:b@x>']]);
    expect((await on.register(2, [['Contact', '*']])).status).toBe(400);
    const gone = await on.register(3, [
      ['Contact', '*'],
      ['Expires', '0'],
    ]);
    expect([gone.status, contacts(gone)]).toEqual([200, []]);
    expect(on.changes.at(-1)?.removed).toHaveLength(2);
    expect(await on.location.count()).toBe(0);
  });

  it('bears a bounded number of contacts', async () => {
    await on.register(1, [['Contact', '<sip:a@x>, <sip:b@x>, <sip:c@x>']]);
    expect((await on.register(2, [['Contact', '<sip:d@x>, <sip:e@x>']])).status).toBe(403);
    expect((await on.register(3, [['Contact', '<sip:d@x>']])).status).toBe(200);
  });

  it('lets a binding run out in its time, tells so, and then rests', async () => {
    await on.register(1, [['Contact', '<sip:alice@192.0.2.10>;expires=60']]);
    await on.simulation.run(58_000);
    expect(await on.registrar.lookup(ALICE)).toHaveLength(1);
    await on.simulation.run(2000);
    expect(await on.registrar.lookup(ALICE)).toHaveLength(0);
    await on.simulation.runUntilQuiet();
    expect(on.changes.map(({ added, removed }) => [added.length, removed.length])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    on.simulation.assertQuiet({ server: on.server, client: on.client });
  });

  it('loses nothing when a REGISTER crosses another one of the same user', async () => {
    const both = await Promise.all([
      on.register(1, [['Contact', '<sip:a@x>']], 'phone-1'),
      on.register(1, [['Contact', '<sip:b@x>']], 'phone-2'),
    ]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await on.registrar.lookup(ALICE)).toHaveLength(2);
  });
});
