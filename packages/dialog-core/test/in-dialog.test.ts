import { createResponse } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

async function call() {
  const simulation = createSimulation({ seed: 6 });
  const alice = new Phone(simulation, 'alice', { userAgent: 'Strowger', supported: ['timer'] });
  const peer = new ScriptedHost(simulation, 'peer');
  alice.call('peer');
  await simulation.run(20);
  peer.answer('INVITE', 200);
  await simulation.run(20);
  const ack = peer.request('ACK');
  alice.log.length = 0;
  const say = async (
    method: string,
    cseq: number,
    more: { to?: string; headers?: [string, string][] } = {},
  ): Promise<void> => {
    peer.send(
      method,
      alice.host.hop(),
      [
        ['From', ack.to.toString()],
        ['To', more.to ?? ack.from.toString()],
        ['Call-ID', ack.callId],
        ['CSeq', `${cseq} ${method}`],
        ...(more.headers ?? []),
      ],
      `${method}${cseq}`,
    );
    await simulation.run(20);
  };
  const close = async (): Promise<void> => {
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  };
  return { simulation, alice, peer, say, close };
}

describe('a request in a dialog (RFC 3261 §12.2)', () => {
  it('reaches the owner, who answers', async () => {
    const { alice, peer, say, close } = await call();
    alice.onRequest = (transaction) => {
      transaction.respond(createResponse(transaction.request, 200));
    };
    await say('INFO', 100);
    expect(alice.log).toEqual(['INFO']);
    expect(peer.response(200).cseq).toEqual({ number: 100, method: 'INFO' });
    await close();
  });

  it('out of order gets 500 (RFC 3261 §12.2.2)', async () => {
    const { alice, peer, say, close } = await call();
    alice.onRequest = ({ request }) => alice.say(`took ${request.cseq.number}`);
    await say('INFO', 100);
    await say('MESSAGE', 99);
    expect(peer.response(500).cseq).toEqual({ number: 99, method: 'MESSAGE' });
    expect(alice.log).toEqual(['INFO', 'took 100']);
    await close();
  });

  it('with an option that we do not understand gets 420 (RFC 3261 §8.2.2.3)', async () => {
    const { alice, peer, say, close } = await call();
    await say('INFO', 5, { headers: [['Require', 'timer, teleport']] });
    const response = peer.response(420);
    expect(response.headers.raw('unsupported')).toEqual(['teleport']);
    expect(response.headers.raw('server')).toEqual(['Strowger']);
    expect(alice.log).toEqual([]);
    await close();
  });

  it('of an unknown dialog gets 481 (RFC 3261 §12.2.2)', async () => {
    const { peer, say, close } = await call();
    await say('BYE', 5, { to: '<sip:alice@alice>;tag=unknown' });
    await say('BYE', 6, { to: '<sip:alice@alice>' });
    expect(peer.all(481)).toHaveLength(2);
    await close();
  });

  it('that overtakes the 200 of its dialog gets 481, and so does each copy', async () => {
    const simulation = createSimulation({ seed: 6 });
    const alice = new Phone(simulation, 'alice');
    const peer = new ScriptedHost(simulation, 'peer');
    alice.call('peer');
    await simulation.run(20);
    const { from, to, callId } = peer.request('INVITE');
    const info = (): void =>
      peer.send('INFO', alice.host.hop(), [
        ['From', to.withTag('peer')],
        ['To', from],
        ['Call-ID', callId],
        ['CSeq', '7 INFO'],
      ]);
    info();
    await simulation.run(20);
    peer.answer('INVITE', 200);
    await simulation.run(20);
    info();
    await simulation.run(20);
    expect(peer.all(481)).toHaveLength(2);
    expect(alice.log).toEqual(['accepted 200']);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('of ours that overtook our 200 gets 481, and the dialog lives on', async () => {
    const simulation = createSimulation({ seed: 6 });
    const alice = new Phone(simulation, 'alice');
    const peer = new ScriptedHost(simulation, 'peer');
    alice.onInvite = (invite) => {
      alice.answer(invite);
      alice.ask('MESSAGE');
    };
    const fields: [string, string][] = [
      ['From', '<sip:peer@peer>;tag=theirs'],
      ['To', '<sip:alice@alice>'],
      ['Call-ID', 'c1'],
      ['Contact', '<sip:peer@peer>'],
    ];
    peer.send('INVITE', alice.host.hop(), [...fields, ['CSeq', '1 INVITE']], 'i');
    await simulation.run(20);
    const to = peer.response(200).to.toString();
    const inDialog = fields.map(([name, value]): [string, string] => [
      name,
      name === 'To' ? to : value,
    ]);
    peer.send('ACK', alice.host.hop(), [...inDialog, ['CSeq', '1 ACK']], 'a');
    await simulation.run(20);
    peer.answer('MESSAGE', 481);
    await simulation.run(20);
    expect(alice.log).toEqual(['ACK', 'MESSAGE 481']);
    expect(alice.dialog?.state).toBe('confirmed');
    alice.ask('MESSAGE');
    await simulation.run(20);
    peer.answer('MESSAGE', 481);
    await simulation.run(20);
    expect(alice.log.slice(2)).toEqual(['MESSAGE 481', 'ended refused 481']);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it.each(['BYE', 'INFO', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])(
    'of an unknown dialog is answered without keeping anything: %s',
    async (method) => {
      const { alice, peer, say, close } = await call();
      const before = alice.layer.counts().serverTransactions;
      await say(method, 5, { to: '<sip:alice@alice>;tag=unknown' });
      await say(method, 5, { to: '<sip:alice@alice>;tag=unknown' });
      expect(peer.all(481)).toHaveLength(2);
      expect(alice.layer.counts().serverTransactions).toBe(before);
      await close();
    },
  );

  it('counts up by one, and BYE as well (RFC 3261 §12.2.1.1)', async () => {
    const { simulation, alice, peer } = await call();
    alice.ask('INFO');
    await simulation.run(20);
    peer.answer('INFO', 200);
    alice.ask('MESSAGE');
    await simulation.run(20);
    peer.answer('MESSAGE', 404);
    alice.dialog?.bye({ headers: [['Reason', 'Q.850;cause=16']] });
    await simulation.run(20);
    const [info, message, bye] = ['INFO', 'MESSAGE', 'BYE'].map((name) => peer.request(name));
    expect([info, message, bye].map((one) => one?.cseq.number)).toEqual([2, 3, 4]);
    expect(bye?.headers.raw('reason')).toEqual(['Q.850;cause=16']);
    peer.answer('BYE', 200);
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['INFO 200', 'ended bye local', 'MESSAGE 404']);
    simulation.assertQuiet({ alice: alice.layer });
  });
});

describe('what we send', () => {
  it('says who we are and what we can', async () => {
    const { peer, close } = await call();
    const invite = peer.request('INVITE');
    const fields = ['max-forwards', 'contact', 'allow', 'supported', 'user-agent', 'content-type'];
    expect(
      Object.fromEntries(fields.map((name) => [name, invite.headers.raw(name)])),
    ).toMatchInlineSnapshot(`
        {
          "allow": [
            "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE",
          ],
          "contact": [
            "<sip:alice@10.0.0.1:5060>",
          ],
          "content-type": [
            "application/sdp",
          ],
          "max-forwards": [
            "70",
          ],
          "supported": [
            "timer, 100rel",
          ],
          "user-agent": [
            "Strowger",
          ],
        }
      `);
    await close();
  });

  it('refuses headers that the layer writes', async () => {
    const { alice, close } = await call();
    expect(() => alice.call('peer', { headers: [['Call-ID', 'x']] })).toThrow(/dialog layer/);
    await close();
  });
});

describe('an incoming INVITE', () => {
  const invite: [string, string][] = [
    ['From', '<sip:peer@peer>;tag=theirs'],
    ['To', '<sip:bob@bob>'],
    ['Call-ID', 'c1'],
    ['CSeq', '1 INVITE'],
    ['Contact', '<sip:peer@peer>'],
  ];
  const withCallId = (callId: string): [string, string][] =>
    invite.map(([name, value]) => [name, name === 'Call-ID' ? callId : value]);

  it('is refused with 420, 503 or by the owner', async () => {
    const simulation = createSimulation({ seed: 6 });
    const bob = new Phone(simulation, 'bob', {
      limits: { dialogs: 1 },
      reliableProvisionals: 'never',
    });
    const peer = new ScriptedHost(simulation, 'peer');
    bob.onInvite = (one) => one.ring();
    peer.send('INVITE', bob.host.hop(), [...invite, ['Require', '100rel']], 'a');
    await simulation.run(20);
    expect(peer.response(420).headers.raw('unsupported')).toEqual(['100rel']);
    peer.send('INVITE', bob.host.hop(), withCallId('c2'), 'b');
    await simulation.run(20);
    peer.send('INVITE', bob.host.hop(), withCallId('c3'), 'c');
    await simulation.run(20);
    expect(peer.response(503).headers.raw('retry-after')).toEqual(['10']);
    bob.incoming?.reject(486, { headers: [['Reason', 'Q.850;cause=17']] });
    await simulation.run(20);
    expect(peer.response(486).headers.raw('reason')).toEqual(['Q.850;cause=17']);
    expect(() => bob.incoming?.accept()).toThrow(/final response/);
    expect(() => bob.incoming?.reject(200)).toThrow(/status/);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ bob: bob.layer });
  });

  it('repeats its last provisional every minute (RFC 3261 §13.3.1.1)', async () => {
    const simulation = createSimulation({ seed: 6 });
    const bob = new Phone(simulation, 'bob');
    const peer = new ScriptedHost(simulation, 'peer');
    bob.onInvite = (one) => one.ring();
    peer.send('INVITE', bob.host.hop(), invite);
    await simulation.run(130_000);
    expect(peer.all(180)).toHaveLength(3);
    bob.incoming?.reject(480);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ bob: bob.layer });
  });
});

describe('close', () => {
  it('tells every owner and leaves nothing', async () => {
    const simulation = createSimulation({ seed: 6 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob');
    alice.call('bob');
    await simulation.run(500);
    bob.call('alice');
    await simulation.run(5000);
    alice.reinvite();
    alice.layer.close();
    bob.layer.close();
    expect(alice.log.slice(-3)).toEqual([
      'reinvite failed dialogEnded',
      'ended closed',
      'ended closed',
    ]);
    expect(() => alice.call('bob')).toThrow(/closed/);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});
