import { createResponse, type SipRequest } from '@strowger/sip-message';
import { TransactionLayer } from '@strowger/transaction-core';
import { describe, expect, it } from 'vitest';
import { during, finish, scene } from './scene.ts';

const GRUU = 'sip:alice@pbx.example;gr=urn:uuid:f81d4fae';

/** Alice with a proxy between her and whom she calls: it refuses all and keeps what it hears. */
function proxied(client: { instanceId?: string } = {}) {
  const all = scene({ client });
  const { simulation } = all;
  const host = simulation.network.host('edge');
  const heard: SipRequest[] = [];
  const proxy: TransactionLayer = new TransactionLayer({
    runtime: host.runtime,
    sender: host,
    user: {
      onRequest: (transaction) => {
        heard.push(transaction.request);
        transaction.respond(createResponse(transaction.request, 486));
      },
      onAck() {},
      onStrayResponse() {},
    },
  });
  host.receive = (inbound) => proxy.receive(inbound);
  return { ...all, all, heard, proxy };
}

describe('the Service-Route of a registrar (RFC 3608)', () => {
  it('is the preloaded route of what is sent after REGISTER', async () => {
    const { simulation, registrar, alice, all, heard, proxy } = proxied();
    registrar.extra.push(['Service-Route', '<sip:edge;lr>, <sip:home.example;lr>']);
    await during(simulation, alice.client.register());
    const call = await during(simulation, alice.client.call('bob'));
    await during(simulation, call.ended);
    expect(heard[0]?.headers.raw('Route').join()).toBe('<sip:edge;lr>,<sip:home.example;lr>');
    expect(heard[0]?.uri.toString()).toBe('sip:bob@pbx.example');
    await finish(all);
    proxy.close();
  });

  it('is forgotten when the next 2xx has none, or the registration ends', async () => {
    const { simulation, registrar, alice, all, heard, proxy } = proxied();
    registrar.extra.push(['Service-Route', '<sip:edge;lr>']);
    await during(simulation, alice.client.register());
    await during(simulation, alice.client.options('bob'));
    registrar.extra.length = 0;
    await during(simulation, alice.client.register());
    await during(simulation, alice.client.options('bob'));
    registrar.extra.push(['Service-Route', '<sip:edge;lr>']);
    await during(simulation, alice.client.register());
    await during(simulation, alice.client.unregister());
    await during(simulation, alice.client.options('bob'));
    expect(heard.map(({ method }) => method)).toEqual(['OPTIONS']);
    await finish(all);
    proxy.close();
  });
});

describe('a GRUU (RFC 5627)', () => {
  it('is asked for with our instance, and our Contact from then on', async () => {
    const instanceId = 'urn:uuid:f81d4fae';
    const { simulation, registrar, alice, all, heard, proxy } = proxied({ instanceId });
    registrar.extra.push(['Service-Route', '<sip:edge;lr>']);
    registrar.contactParams = `;pub-gruu="${GRUU}";temp-gruu="sip:x@pbx.example;gr"`;
    await during(simulation, alice.client.register());
    const [register] = registrar.seen;
    expect(register?.headers.raw('Contact')[0]).toContain(`;+sip.instance="<${instanceId}>"`);
    expect(register?.headers.raw('Supported').join()).toContain('gruu');
    const call = await during(simulation, alice.client.call('bob'));
    await during(simulation, call.ended);
    expect(heard[0]?.headers.raw('Contact')).toEqual([`<${GRUU}>`]);
    await during(simulation, alice.client.register());
    expect(registrar.seen.at(-1)?.headers.raw('Contact')[0]).toContain(alice.host.address);
    registrar.contactParams = '';
    await during(simulation, alice.client.register());
    const next = await during(simulation, alice.client.call('bob'));
    await during(simulation, next.ended);
    expect(heard[1]?.headers.raw('Contact')[0]).toContain(alice.host.address);
    await finish(all);
    proxy.close();
  });

  it('that belongs to another contact is not ours', async () => {
    const { simulation, registrar, alice, all, heard, proxy } = proxied({ instanceId: 'urn:x:1' });
    registrar.extra.push(
      ['Service-Route', '<sip:edge;lr>'],
      ['Contact', `<sip:alice@192.0.2.77>;pub-gruu="${GRUU}"`],
    );
    await during(simulation, alice.client.register());
    const call = await during(simulation, alice.client.call('bob'));
    await during(simulation, call.ended);
    expect(heard[0]?.headers.raw('Contact')[0]).toContain(alice.host.address);
    await finish(all);
    proxy.close();
  });
});
