import { createSimulation, type Simulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone, SDP } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

function scene(options: Parameters<typeof createSimulation>[0] = { seed: 9 }) {
  const simulation = createSimulation(options);
  const alice = new Phone(simulation, 'alice', { sessionTimers: false });
  const bob = new Phone(simulation, 'bob', { sessionTimers: false });
  return { simulation, alice, bob };
}

async function finish(simulation: Simulation, ...phones: Phone[]): Promise<void> {
  await simulation.runUntilQuiet();
  simulation.assertQuiet(Object.fromEntries(phones.map(({ name, layer }) => [name, layer])));
}

const INVITE: [string, string][] = [
  ['From', '<sip:peer@peer>;tag=theirs'],
  ['To', '<sip:bob@bob>'],
  ['Call-ID', 'c1'],
  ['CSeq', '1 INVITE'],
  ['Contact', '<sip:peer@peer>'],
];

/** Bob, called by a peer that does what the test says. */
function called(supported = '100rel', options: ConstructorParameters<typeof Phone>[2] = {}) {
  const simulation = createSimulation({ seed: 9 });
  const bob = new Phone(simulation, 'bob', options);
  const peer = new ScriptedHost(simulation, 'peer');
  bob.onInvite = () => {};
  const invite = (more: [string, string][] = []): void =>
    peer.send('INVITE', bob.host.hop(), [...INVITE, ['Supported', supported], ...more], {
      branch: 'i',
      body: 'v=0',
    });
  const prack = (rack: string, cseq = 2): void => {
    const { to } = peer.response(183);
    const headers = INVITE.filter(([name]) => name !== 'To' && name !== 'CSeq');
    peer.send(
      'PRACK',
      bob.host.hop(),
      [...headers, ['To', to.toString()], ['CSeq', `${cseq} PRACK`], ['RAck', rack]],
      `p${cseq}`,
    );
  };
  const rseq = (): number => Number(peer.response(183).headers.raw('RSeq')[0]);
  return { simulation, bob, peer, invite, prack, rseq };
}

describe('a reliable provisional response (RFC 3262 §3)', () => {
  it('is acknowledged by PRACK, and the 2xx does not repeat its description', async () => {
    const { simulation, alice, bob } = scene();
    bob.onInvite = (invite) => {
      invite.progress(183, { body: SDP });
      bob.after(500, () => bob.answer(invite));
    };
    alice.onAccepted = (dialog) => dialog.ack();
    alice.call('bob');
    await simulation.run(2000);
    expect(alice.dialog?.offerState).toEqual({ name: 'complete' });
    expect(bob.dialog?.offerState).toEqual({ name: 'complete' });
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  183
          20 alice --> bob  PRACK
          30 bob --> alice  200
         510 bob --> alice  200
         520 alice --> bob  ACK"
    `);
    alice.dialog?.bye();
    await finish(simulation, alice, bob);
  });

  it('is repeated from T1, doubling, until its PRACK comes: PRACK with lost provisionals', async () => {
    const { simulation, alice, bob } = scene();
    bob.onInvite = (invite) => {
      invite.progress(183, { body: SDP });
      bob.after(5000, () => bob.answer(invite));
    };
    alice.call('bob');
    await simulation.run(5);
    simulation.network.link('alice', 'bob', { loss: 1 });
    await simulation.run(2000);
    simulation.network.link('alice', 'bob', { loss: 0 });
    await simulation.run(6000);
    const ladder = simulation.ladder({ between: ['alice', 'bob'] }).split('\n');
    // the last one twice: the repeated INVITE is answered with it as well
    expect(ladder.filter((line) => line.includes('183'))).toMatchInlineSnapshot(`
      [
        "    10 bob --x alice  183",
        "   510 bob --x alice  183",
        "  1510 bob --x alice  183",
        "  3510 bob --> alice  183",
        "  3510 bob --> alice  183",
      ]
    `);
    expect(alice.log).toEqual(['183 early', 'accepted 200']);
    alice.dialog?.bye();
    await finish(simulation, alice, bob);
  });

  it('without PRACK is sent at 0, 0.5, 1.5 … 31.5 s, and at 32 s the INVITE gets 504', async () => {
    const { simulation, bob, peer, invite } = called();
    const times: number[] = [];
    peer.host.receive = (inbound) => {
      peer.heard.push(inbound);
      if (inbound.message.kind === 'response' && inbound.message.status === 183) {
        times.push((simulation.clock.now() - 20) / 1000);
      }
    };
    bob.onInvite = (one) => {
      one.progress(183, { body: SDP });
      if (one.dialog !== undefined) bob.watch(one.dialog);
    };
    invite();
    await simulation.run(32_015);
    expect(times).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]);
    expect(bob.log).toEqual(['no PRACK', 'ended rejected 504']);
    await simulation.run(10);
    expect(peer.all(504).length).toBeGreaterThan(0);
    bob.layer.close();
    await finish(simulation, bob);
  });

  it('keeps the 2xx back until its description is acknowledged', async () => {
    const { simulation, bob, peer, invite, prack, rseq } = called();
    bob.onInvite = (one) => {
      one.progress(183, { body: SDP });
      bob.answer(one);
      expect(one.pending).toBe(false);
    };
    invite();
    await simulation.run(1000);
    expect(peer.all(200)).toHaveLength(0);
    prack(`${rseq()} 1 INVITE`);
    await simulation.run(20);
    expect(
      peer
        .all(200)
        .map(({ message }) => message.cseq.method)
        .toSorted(),
    ).toEqual(['INVITE', 'PRACK']);
    bob.layer.close();
    await finish(simulation, bob);
  });

  it('held back with its 2xx ends with CANCEL, BYE, Expires, ours, or without PRACK', async () => {
    const ways = ['CANCEL', 'BYE', 'expires', 'silence', 'hang up', 'close'] as const;
    const ends: string[] = [];
    const statuses: number[] = [];
    for (const way of ways) {
      const { simulation, bob, peer, invite } = called();
      bob.onInvite = (one) => {
        one.progress(183, { body: SDP });
        bob.answer(one);
      };
      invite(way === 'expires' ? [['Expires', '3']] : []);
      await simulation.run(1000);
      const to = peer.response(183).to.toString();
      if (way === 'CANCEL') peer.send('CANCEL', bob.host.hop(), cancelled, 'i');
      if (way === 'BYE') peer.send('BYE', bob.host.hop(), inDialog(to, '2 BYE'), 'b');
      if (way === 'hang up') bob.dialog?.bye();
      if (way === 'close') bob.layer.close();
      await simulation.run(20);
      const last = peer.heard.findLast(({ message }) => message.kind === 'response')?.message;
      statuses.push(last?.kind === 'response' ? last.status : 0);
      await simulation.run(40_000);
      ends.push(bob.log.at(-1) ?? '');
      bob.layer.close();
      await finish(simulation, bob);
    }
    expect(ends).toEqual([
      'ended cancelled',
      'ended bye remote',
      'ended cancelled',
      'ended rejected 504',
      'ended bye local',
      'ended closed',
    ]);
    // the caller need not wait for what nobody will say any more
    expect(statuses.at(-2)).toBe(480);
  });

  it('waiting for its PRACK ends with every end of the INVITE', async () => {
    const statuses: number[] = [];
    for (const way of ['CANCEL', 'BYE', 'expires', 'reject', 'accept', 'close'] as const) {
      const { simulation, bob, peer, invite, prack, rseq } = called();
      bob.onInvite = (one) => one.progress(183, { reliable: true });
      invite(way === 'expires' ? [['Expires', '3']] : []);
      await simulation.run(1000);
      const to = peer.response(183).to.toString();
      if (way === 'CANCEL') peer.send('CANCEL', bob.host.hop(), cancelled, 'i');
      if (way === 'BYE') peer.send('BYE', bob.host.hop(), inDialog(to, '2 BYE'), 'b');
      if (way === 'reject') bob.incoming?.reject(486);
      if (way === 'accept' && bob.incoming) bob.answer(bob.incoming);
      if (way === 'close') bob.layer.close();
      await simulation.run(3000);
      // the 2xx need not wait for a PRACK without description, which may still come
      if (way === 'accept') prack(`${rseq()} 1 INVITE`);
      await simulation.run(20);
      const last = peer.heard.findLast(({ message }) => message.kind === 'response')?.message;
      statuses.push(last?.kind === 'response' ? last.status : 0);
      bob.layer.close();
      await finish(simulation, bob);
    }
    expect(statuses).toEqual([487, 487, 487, 486, 200, 183]);
  });

  it('waits for the PRACK of the one before it; unreliable ones need not', async () => {
    const { simulation, bob, peer, invite, prack, rseq } = called();
    bob.onInvite = (one) => {
      one.progress(183, { body: SDP });
      for (let more = 0; more < 12; more++) one.progress(183, { reliable: true });
      one.progress(180);
    };
    invite();
    await simulation.run(100);
    expect([peer.all(183).length, peer.all(180).length]).toEqual([1, 1]);
    const first = rseq();
    for (let cseq = 2; cseq < 14; cseq++) {
      prack(`${rseq()} 1 INVITE`, cseq);
      await simulation.run(20);
    }
    // eight wait at most; the last PRACKs have nothing to acknowledge
    expect(rseq()).toBe(first + 8);
    expect(peer.all(481)).toHaveLength(3);
    await simulation.run(60_000);
    expect(rseq(), 'refreshed after a minute').toBe(first + 9);
    bob.incoming?.reject(480);
    await finish(simulation, bob);
  });

  it('is not acknowledged by a PRACK for another one, which gets 481', async () => {
    const { simulation, bob, peer, invite, prack, rseq } = called();
    bob.onInvite = (one) => one.progress(183, { body: SDP });
    invite();
    await simulation.run(20);
    for (const [at, rack] of [`${rseq() + 1} 1 INVITE`, `${rseq()} 2 INVITE`].entries()) {
      prack(rack, 2 + at);
      await simulation.run(20);
    }
    expect(peer.all(481)).toHaveLength(2);
    bob.incoming?.reject(480);
    await finish(simulation, bob);
  });

  it('goes on when a response could not be sent', async () => {
    const { simulation, alice, bob } = scene();
    bob.onInvite = (invite) => {
      invite.progress(183, { body: SDP });
      bob.after(100, () => bob.host.dropConnections());
      bob.after(200, () => invite.progress(183, { reliable: false }));
      if (bob.name === 'held') bob.answer(invite);
    };
    alice.call('bob', { hops: [bob.host.hop('tcp')] });
    await simulation.run(60_000);
    alice.layer.close();
    bob.layer.close();
    await finish(simulation, alice, bob);
  });
});

const cancelled: [string, string][] = INVITE.map(([name, value]) => [
  name,
  name === 'CSeq' ? '1 CANCEL' : value,
]);

function inDialog(to: string, cseq: string): [string, string][] {
  const fixed = INVITE.filter(([name]) => name !== 'To' && name !== 'CSeq');
  return [...fixed, ['To', to], ['CSeq', cseq]];
}

describe('100rel (RFC 3262)', () => {
  it('is used for what the peer requires', async () => {
    const { simulation, bob, peer, invite } = called('timer');
    bob.onInvite = (one) => one.ring();
    invite([['Require', '100rel']]);
    await simulation.run(20);
    expect(peer.response(180).headers.raw('Require')).toEqual(['100rel']);
    expect(peer.response(180).headers.raw('Allow')[0]).toContain('UPDATE');
    bob.incoming?.reject(480);
    await finish(simulation, bob);
  });

  it('is not used where nobody needs it', async () => {
    const { simulation, bob, peer, invite } = called();
    bob.onInvite = (one) => one.ring();
    invite();
    await simulation.run(20);
    expect(peer.response(180).headers.has('RSeq')).toBe(false);
    bob.incoming?.reject(480);
    await finish(simulation, bob);
  });

  it('gets 421 where it is required here and the peer lacks it, 420 where it is never used', async () => {
    const strict = called('timer', { reliableProvisionals: 'required' });
    strict.invite();
    await strict.simulation.run(20);
    expect(strict.peer.response(421).headers.raw('Require')).toEqual(['100rel']);
    strict.bob.layer.close();
    await finish(strict.simulation, strict.bob);
    const never = called('timer', { reliableProvisionals: 'never' });
    never.invite([['Require', '100rel']]);
    await never.simulation.run(20);
    expect(never.peer.response(420).headers.raw('Unsupported')).toEqual(['100rel']);
    never.bob.layer.close();
    await finish(never.simulation, never.bob);
  });

  it('required here makes every provisional reliable', async () => {
    const simulation = createSimulation({ seed: 9 });
    const alice = new Phone(simulation, 'alice', { reliableProvisionals: 'required' });
    const bob = new Phone(simulation, 'bob');
    alice.call('bob');
    await simulation.run(2000);
    expect(simulation.ladder()).toContain('PRACK');
    alice.dialog?.bye();
    await finish(simulation, alice, bob);
  });

  it('lets no offer go out in an unreliable response (RFC 3262 §5)', async () => {
    const simulation = createSimulation({ seed: 9 });
    const alice = new Phone(simulation, 'alice', { reliableProvisionals: 'never' });
    const bob = new Phone(simulation, 'bob');
    bob.onInvite = (invite) => {
      expect(() => invite.progress(183, { body: SDP })).toThrow(/100rel/);
      invite.reject(488);
    };
    alice.call('bob', { body: undefined });
    await finish(simulation, alice, bob);
  });
});

describe('the reliable provisionals of forks (RFC 3262 §4)', () => {
  it('are each acknowledged in their own early dialog and order', async () => {
    const simulation = createSimulation({ seed: 9 });
    const alice = new Phone(simulation, 'alice');
    const peer = new ScriptedHost(simulation, 'peer');
    const invite = alice.call('peer');
    await simulation.run(20);
    const reliable = (tag: string, rseq: number): void => {
      const headers: [string, string][] = [
        ['Require', '100rel'],
        ['RSeq', `${rseq}`],
      ];
      peer.answer('INVITE', 183, { tag, headers, body: 'v=0' });
    };
    for (const [tag, rseq] of [
      ['a', 7],
      ['b', 500],
      ['a', 8],
      ['a', 8], // once more
      ['a', 10], // 9 is missing
      ['b', 500],
      ['b', 501],
    ] as const) {
      reliable(tag, rseq);
      await simulation.run(20);
      if (peer.all('PRACK').length > 0) peer.answer('PRACK', 200);
    }
    const pracks = new Map(
      peer
        .all('PRACK')
        .map(({ message }): [string, string] => [
          `${message.to.tag} ${message.headers.raw('RAck')[0]}`,
          `CSeq ${message.cseq.number}`,
        ]),
    );
    expect([...pracks]).toEqual([
      ['a 7 1 INVITE', 'CSeq 2'],
      ['b 500 1 INVITE', 'CSeq 2'],
      ['a 8 1 INVITE', 'CSeq 3'],
      ['b 501 1 INVITE', 'CSeq 3'],
    ]);
    expect(alice.log.filter((line) => line === '183 early')).toHaveLength(4);
    expect(invite.earlyDialogs).toHaveLength(2);
    expect(invite.earlyDialogs[0]?.offerState).toEqual({ name: 'complete' });
    alice.layer.close();
    await finish(simulation, alice);
  });

  it.each([
    ['once more with the next CSeq', false, ['CSeq 2', 'CSeq 4']],
    ['no more once the early dialog was ended', true, ['CSeq 2']],
  ])('are acknowledged, where an UPDATE overtook the PRACK, %s', async (_, isEnded, expected) => {
    const simulation = createSimulation({ seed: 9 });
    const alice = new Phone(simulation, 'alice');
    const peer = new ScriptedHost(simulation, 'peer');
    const invite = alice.call('peer');
    await simulation.run(20);
    const headers: [string, string][] = [
      ['Require', '100rel'],
      ['RSeq', '7'],
      ['Allow', 'UPDATE'],
    ];
    peer.answer('INVITE', 183, { tag: 'a', headers, body: 'v=0' });
    await simulation.run(20);
    const [early] = invite.earlyDialogs;
    early?.update({}, { onAccepted() {}, onRejected() {}, onFailed() {} });
    await simulation.run(20);
    peer.answer('UPDATE', 200);
    if (isEnded) early?.bye();
    peer.answer('PRACK', 500);
    await simulation.run(20);
    expect(peer.all('PRACK').map(({ message }) => `CSeq ${message.cseq.number}`)).toEqual(expected);
    alice.layer.close();
    await finish(simulation, alice);
  });
});
