import { computeHa1, createResponse, type SipRequest } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { type CredentialSource, DigestServer } from '@strowger/transaction-core';
import { describe, expect, it } from 'vitest';
import { Phone } from './phone.ts';

const REALM = 'pbx.example';
const ha1 = computeHa1('MD5', { username: 'alice', realm: REALM, password: 'secret' });
const secret: CredentialSource = (realm) =>
  realm === REALM ? { username: 'alice', password: 'secret' } : undefined;

/** Bob behind a proxy that asks everybody for credentials: its nonces last a second. */
function guardedCall(nonceLifetimeMs = 1000) {
  const simulation = createSimulation({ seed: 10 });
  const alice = new Phone(simulation, 'alice');
  const bob = new Phone(simulation, 'bob');
  bob.onInvite = (invite) => bob.answer(invite);
  bob.onRequest = (transaction) => transaction.respond(createResponse(transaction.request, 200));
  const server = new DigestServer({ runtime: bob.host.runtime, realm: REALM, nonceLifetimeMs });
  const passed: SipRequest[] = [];
  bob.host.receive = async (inbound) => {
    const { message, hop } = inbound;
    if (message.kind === 'request' && message.method !== 'CANCEL' && message.method !== 'ACK') {
      const { outcome } = await server.verify(message, 407, (name) =>
        name === 'alice' ? { MD5: ha1 } : undefined,
      );
      if (outcome !== 'ok') {
        const challenge = server.challenge(407, message, { stale: outcome === 'stale' });
        return bob.host.send(challenge, hop, () => {});
      }
    }
    if (message.kind === 'request') passed.push(message);
    bob.layer.receive(inbound);
  };
  return { simulation, alice, bob, passed };
}

describe('a challenge', () => {
  it('to INVITE, re-INVITE, INFO and BYE is answered, each with the next CSeq (RFC 3261 §22.2)', async () => {
    const { simulation, alice, bob, passed } = guardedCall();
    alice.call('bob', { credentials: secret });
    await simulation.run(5000);
    alice.reinvite();
    await simulation.run(5000);
    alice.ask('INFO');
    await simulation.run(5000);
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  407
          20 alice --> bob  ACK
          20 alice --> bob  INVITE
          30 bob --> alice  200
          40 alice --> bob  ACK
        5000 alice --> bob  INVITE
        5010 bob --> alice  407
        5020 alice --> bob  ACK
        5020 alice --> bob  INVITE
        5030 bob --> alice  200
        5040 alice --> bob  ACK
       10000 alice --> bob  INFO
       10010 bob --> alice  407
       10020 alice --> bob  INFO
       10030 bob --> alice  200
       15000 alice --> bob  BYE
       15010 bob --> alice  407
       15020 alice --> bob  BYE
       15030 bob --> alice  200"
    `);
    expect(alice.log).toEqual(['accepted 200', 'reinvite accepted', 'INFO 200', 'ended bye local']);
    const numbers = passed.map(({ cseq }) => `${cseq.number} ${cseq.method}`);
    expect(numbers.filter((one) => !one.endsWith('ACK'))).toEqual([
      '2 INVITE',
      '4 INVITE',
      '6 INFO',
      '8 BYE',
    ]);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('is not waited for while the nonce is good', async () => {
    const { simulation, alice, bob } = guardedCall(60_000);
    alice.call('bob', { credentials: secret });
    await simulation.run(1000);
    alice.call('bob', { credentials: secret });
    await simulation.run(1000);
    expect(simulation.ladder().match(/407/g)).toHaveLength(1);
    alice.layer.close();
    bob.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('leaves its credentials in the ACK (RFC 3261 §22.1)', async () => {
    const { simulation, alice, bob, passed } = guardedCall();
    alice.call('bob', { credentials: secret });
    await simulation.run(1000);
    const [invite, ack] = passed
      .filter(({ cseq }) => cseq.number === 2)
      .map(({ headers }) => headers.raw('proxy-authorization'));
    expect(invite).toHaveLength(1);
    expect(ack).toEqual(invite);
    alice.layer.close();
    bob.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('is told where there are no credentials, or wrong ones', async () => {
    const { simulation, alice, bob } = guardedCall();
    alice.call('bob');
    alice.call('bob', { credentials: () => ({ username: 'alice', password: 'wrong' }) });
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['rejected 407', 'rejected 407']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('is answered by the layer for a dialog that the peer began', async () => {
    const { simulation, bob } = guardedCall();
    const carol = new Phone(simulation, 'carol', { credentials: secret });
    bob.call('carol');
    carol.onInvite = (invite) => carol.answer(invite);
    await simulation.run(1000);
    carol.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['accepted 200', 'BYE', 'ended bye remote']);
    simulation.assertQuiet({ bob: bob.layer, carol: carol.layer });
  });

  it('gets nothing from a phone that has no credentials for whom it does not know', async () => {
    const { simulation, bob, passed } = guardedCall();
    const asked: string[] = [];
    const elsewhere: CredentialSource = (realm) => void asked.push(realm);
    const carol = new Phone(simulation, 'carol', { credentials: elsewhere });
    bob.call('carol');
    carol.onInvite = (invite) => carol.answer(invite);
    await simulation.run(1000);
    carol.dialog?.bye();
    await simulation.run(40_000);
    expect(new Set(asked)).toEqual(new Set([REALM]));
    expect(simulation.ladder().match(/carol --> bob {2}BYE/g)).toHaveLength(1);
    expect(passed.map(({ method }) => method)).not.toContain('BYE');
    bob.layer.close(); // its dialog lives on: nobody proved that it is over
  });
});
