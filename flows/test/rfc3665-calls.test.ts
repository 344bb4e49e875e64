import { describe, expect } from 'vitest';
import { exchange } from '../src/exchange.ts';
import { flow } from '../src/flow.ts';
import { SoftPhone } from '../src/soft-phone.ts';
import type { Stage } from '../src/stage.ts';

const EXCHANGE = 'pbx.example.com';

/** Two registered phones with media, and the exchange between them. */
async function served(on: Stage) {
  const server = await exchange(on, {
    name: EXCHANGE,
    users: ['alice', 'bob'],
    ringTimeoutMs: 10_000,
  });
  const [alice, bob] = ['alice', 'bob'].map((name) => new SoftPhone(on, name, EXCHANGE));
  if (alice === undefined || bob === undefined) throw new Error('nobody');
  for (const phone of [alice, bob]) phone.register();
  await on.pause();
  on.wire.take();
  return { server, alice, bob };
}

describe('calls through the B2BUA, with media and records', () => {
  flow('RFC 3665 §3.1', 'Successful Session Establishment, through the B2BUA', async (on) => {
    const { server, alice, bob } = await served(on);
    alice.call('bob');
    await on.pause();
    on.shows(`
      alice           -> pbx.example.com INVITE [sendrecv]
      pbx.example.com -> alice           407 INVITE
      alice           -> pbx.example.com ACK
      alice           -> pbx.example.com INVITE [sendrecv]
      pbx.example.com -> bob             INVITE [sendrecv]
      bob             -> pbx.example.com 180 INVITE
      pbx.example.com -> alice           180 INVITE
    `);
    await bob.answer();
    await on.pause(2000);
    on.shows(`
      bob             -> pbx.example.com 200 INVITE [sendrecv]
      pbx.example.com -> bob             ACK
      pbx.example.com -> alice           200 INVITE [sendrecv]
      alice           -> pbx.example.com ACK
    `);
    expect([alice.session?.mediaState, bob.session?.mediaState]).toEqual(['active', 'active']);
    void alice.session?.hangUp();
    await on.pause();
    on.shows(`
      alice           -> pbx.example.com BYE
      pbx.example.com -> alice           200 BYE
      pbx.example.com -> bob             BYE
      bob             -> pbx.example.com 200 BYE
    `);
    expect(server.records).toMatchObject([{ outcome: 'answered', endedBy: 'caller', status: 200 }]);
    for (const leg of server.records[0]?.legs ?? []) {
      expect(leg.media?.packetsSent).toBeGreaterThan(50);
      expect(leg.media?.packetsReceived).toBeGreaterThan(50);
    }
    await server.close();
  });

  flow('RFC 3665 §3.8', 'Unsuccessful No Answer, through the B2BUA', async (on) => {
    const { server, alice, bob } = await served(on);
    const session = alice.call('bob');
    await on.pause(1000);
    on.wire.take();
    void session.hangUp();
    await on.pause();
    on.shows(`
      alice           -> pbx.example.com CANCEL
      pbx.example.com -> alice           200 CANCEL
      pbx.example.com -> alice           487 INVITE
      pbx.example.com -> bob             CANCEL
      alice           -> pbx.example.com ACK
      bob             -> pbx.example.com 200 CANCEL
      bob             -> pbx.example.com 487 INVITE
      pbx.example.com -> bob             ACK
    `);
    expect(server.records).toMatchObject([{ outcome: 'cancelled', status: 487, billableMs: 0 }]);
    // nobody answers, and nobody gives up: the exchange does, once
    alice.call('bob');
    await on.pause(11_000);
    expect(on.response(`${EXCHANGE} -> alice 480 INVITE`).status).toBe(480);
    on.wire.take();
    expect(server.records.map(({ outcome }) => outcome)).toEqual(['cancelled', 'noAnswer']);
    expect(bob.manager.sessions()).toEqual([]);
    await server.close();
  });
});
