import { type HeaderInput, NameAddr, SipUri, uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import {
  type IncomingRefer,
  type ReferEnd,
  type ReferOptions,
  type ReferProgress,
  type ReferUser,
  referToReplacing,
} from '@strowger/dialog-core';
import { Phone } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

const carol = uri('sip:carol@carol');
const detail = (end: ReferEnd): string => {
  if ('status' in end) return ` ${end.status}`;
  if (end.kind === 'noProgress') return ` ${end.eventsAt ?? 'anywhere'}`;
  return end.kind === 'lost' ? ` after ${end.lastStatus ?? 'nothing'}` : ` ${end.why.kind}`;
};
/** Writes how a REFER goes. */
const told = (phone: Phone): ReferUser => ({
  onAccepted: ({ status }) => phone.say(`refer ${status}`),
  onProgress: (status) => phone.say(`progress ${status}`),
  onEnded: (end) => phone.say(`refer ${end.kind}${detail(end)}`),
});

/** Alice and Bob talk; Bob keeps the REFERs that come. */
async function talking(seed = 1) {
  const simulation = createSimulation({ seed });
  const refers: IncomingRefer[] = [];
  const progress: ReferProgress[] = [];
  const alice = new Phone(simulation, 'alice', { events: {} });
  const bob = new Phone(simulation, 'bob', { events: {} });
  bob.onRefer = (refer) => {
    refers.push(refer);
    const onUnwanted = ({ kind }: { kind: string }): void => bob.say(`unwanted ${kind}`);
    progress.push(refer.accept({ onUnwanted }));
  };
  alice.call('bob');
  await simulation.run(2000);
  const refer = (options: Partial<ReferOptions> = {}) =>
    alice.dialog?.refer({ referTo: carol, ...options }, told(alice));
  return { simulation, alice, bob, refers, progress, refer };
}

describe('REFER in a call (RFC 3515)', () => {
  it('is no longer told of, where what ends it is overtaken by another request', async () => {
    const { simulation, alice, bob, progress, refer } = await talking();
    const referral = refer();
    await simulation.run(1000);
    simulation.network.partition('alice', 'bob');
    referral?.unsubscribe();
    await simulation.run(100);
    simulation.network.heal('alice', 'bob');
    alice.ask('INFO');
    await simulation.run(2000);
    // the first copy that came got 500: INFO had the higher number (RFC 3261 §12.2.2)
    expect(simulation.ladder({ between: ['alice', 'bob'] })).toContain('bob --> alice  500');
    expect(bob.log.at(-1)).toBe('unwanted unsubscribed');
    progress[0]?.report(180);
    await simulation.run(1000);
    expect(alice.log.at(-1)).toBe('refer lost after 100');
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('is accepted, and NOTIFYs tell how the new call goes', async () => {
    const { simulation, alice, bob, refers, progress, refer } = await talking();
    refer({ referredBy: new NameAddr({ uri: uri('sip:alice@alice') }) });
    await simulation.run(1000);
    progress[0]?.report(180, 'It rings');
    await simulation.run(1000);
    progress[0]?.report(200);
    await simulation.run(1000);
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(alice.log.slice(2)).toEqual([
      'refer 202',
      'progress 100',
      'progress 180',
      'progress 200',
      'refer finished 200',
      'ended bye local',
    ]);
    expect(String(refers[0]?.referTo)).toBe('<sip:carol@carol>');
    expect(String(refers[0]?.referredBy?.uri)).toBe('sip:alice@alice');
    expect(refers[0]?.method).toBe('INVITE');
    expect(`\n${simulation.ladder()}`).toMatchInlineSnapshot(`
      "
           0 alice --> bob  INVITE
          10 bob --> alice  180
        1010 bob --> alice  200
        1020 alice --> bob  ACK
        2000 alice --> bob  REFER
        2010 bob --> alice  202
        2010 bob --> alice  NOTIFY
        2020 alice --> bob  200
        3000 bob --> alice  NOTIFY
        3010 alice --> bob  200
        4000 bob --> alice  NOTIFY
        4010 alice --> bob  200
        5000 alice --> bob  BYE
        5010 bob --> alice  200"
    `);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('goes on telling after the call was hung up (RFC 5057 §4.2)', async () => {
    const { simulation, alice, bob, progress, refer } = await talking();
    refer();
    await simulation.run(500);
    alice.dialog?.bye();
    await simulation.run(500);
    expect(alice.layer.counts()).toMatchObject({ dialogs: 0, subscriptions: 1 });
    progress[0]?.report(180);
    await simulation.run(500);
    progress[0]?.report(486);
    await simulation.runUntilQuiet();
    expect(alice.log.slice(-2)).toEqual(['progress 486', 'refer finished 486']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('hangs up once more where a NOTIFY overtook the BYE, which is refused as out of order', async () => {
    const { simulation, alice, bob, progress, refer } = await talking();
    refer();
    await simulation.run(1000);
    simulation.network.partition('alice');
    bob.dialog?.bye();
    simulation.network.heal('alice');
    progress[0]?.report(200);
    await simulation.runUntilQuiet();
    expect(alice.log.slice(2)).toEqual([
      'refer 202',
      'progress 100',
      'progress 200',
      'refer finished 200',
      'BYE',
      'ended bye remote',
    ]);
    const bye = simulation.ladder().split('\n').slice(-7);
    expect(bye.map((line) => line.trim())).toEqual([
      '3000 bob --x alice  BYE',
      '3000 bob --> alice  NOTIFY',
      '3010 alice --> bob  200',
      '3500 bob --> alice  BYE',
      '3510 alice --> bob  500',
      '3520 bob --> alice  BYE',
      '3530 alice --> bob  200',
    ]);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('tells two transfers of one dialog apart by id', async () => {
    const { simulation, alice, bob, progress, refer } = await talking();
    refer();
    await simulation.run(500);
    refer();
    await simulation.run(500);
    progress[1]?.report(404);
    progress[0]?.report(200);
    await simulation.run(1000);
    expect(alice.log.filter((line) => line.startsWith('refer finished'))).toEqual([
      'refer finished 404',
      'refer finished 200',
    ]);
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('is over when the peer refuses it, or does not know it', async () => {
    const { simulation, alice, bob, refer } = await talking();
    bob.onRefer = (incoming) => incoming.reject(603);
    refer();
    await simulation.run(500);
    bob.onRefer = undefined;
    refer();
    await simulation.run(500);
    expect(alice.log.slice(-2)).toEqual(['refer rejected 603', 'refer rejected 405']);
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('ends by itself when the new call takes too long', async () => {
    const { simulation, alice, bob, progress, refer } = await talking();
    refer();
    await simulation.run(1000);
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(alice.log.at(-1)).toBe('refer lost after 100');
    expect(bob.log.at(-1)).toBe('unwanted expired');
    expect(progress[0]?.isWanted).toBe(false);
    progress[0]?.report(200);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('makes no subscription where none is wanted (RFC 4488)', async () => {
    const { simulation, alice, bob, progress, refer } = await talking();
    refer({ subscription: 'none' });
    await simulation.run(1000);
    expect(progress[0]?.isWanted).toBe(false);
    progress[0]?.report(200);
    await simulation.run(1000);
    expect(alice.log.slice(2)).toEqual(['refer 202', 'refer noProgress anywhere']);
    expect(simulation.ladder()).not.toContain('NOTIFY');
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('stops telling when the sender does not want to hear more', async () => {
    const { simulation, alice, bob, refer } = await talking();
    const outgoing = refer();
    await simulation.run(1000);
    outgoing?.unsubscribe();
    await simulation.run(1000);
    expect(alice.log.at(-1)).toBe('refer lost after 100');
    expect(bob.log.at(-1)).toBe('unwanted unsubscribed');
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('names the dialog that an attended transfer replaces (RFC 5359 §2.5)', async () => {
    const { simulation, alice, bob, refers, progress, refer } = await talking();
    const { dialog } = bob;
    if (dialog === undefined) throw new Error('no dialog');
    refer({ referTo: referToReplacing(dialog) });
    await simulation.run(1000);
    const [incoming] = refers;
    const { callId, localTag, remoteTag } = dialog.id;
    expect(incoming?.replaces).toEqual({ callId, toTag: remoteTag, fromTag: localTag });
    progress[0]?.report(200);
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});

describe('REFER to and from a scripted peer', () => {
  const scripted = async () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new Phone(simulation, 'alice', { events: {} });
    const bob = new ScriptedHost(simulation, 'bob');
    alice.call('bob');
    await simulation.run(100);
    bob.answer('INVITE', 200);
    await simulation.run(100);
    const notify = (cseq: number, event: string, state: string, line?: string): void => {
      const invite = bob.request('INVITE');
      const headers: [string, HeaderInput][] = [
        ['From', '<sip:bob@bob>;tag=peer'],
        ['To', invite.from.toString()],
        ['Call-ID', invite.callId],
        ['CSeq', `${cseq} NOTIFY`],
        ['Event', event],
        ['Subscription-State', state],
      ];
      bob.send('NOTIFY', alice.host.hop(), headers, { branch: `n${cseq}`, body: line });
    };
    return { simulation, alice, bob, notify };
  };

  it('takes progress before the 202 and a final status that forgets to terminate', async () => {
    const { simulation, alice, bob, notify } = await scripted();
    alice.dialog?.refer({ referTo: carol }, told(alice));
    await simulation.run(100);
    const { number } = bob.request('REFER').cseq;
    notify(1, `refer;id=${number}`, 'active;expires=20', 'SIP/2.0 100 Trying');
    await simulation.run(100);
    bob.answer('REFER', 202);
    notify(2, 'refer', 'active', 'SIP/2.0 200 OK\r\n');
    await simulation.run(100);
    notify(3, 'refer', 'active', 'nonsense');
    notify(4, 'refer;id=77', 'active', 'SIP/2.0 200 OK\r\n');
    await simulation.run(100);
    expect(alice.log.slice(1)).toEqual([
      'progress 100',
      'refer 202',
      'progress 200',
      'refer finished 200',
    ]);
    expect(bob.all(481)).toHaveLength(1);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('gives up when nobody tells anything, and reads where to subscribe (RFC 7614)', async () => {
    const { simulation, alice, bob } = await scripted();
    alice.dialog?.refer({ referTo: carol, subscription: 'explicit' }, told(alice));
    await simulation.run(100);
    expect(bob.request('REFER').headers.get('require')).toEqual(['explicitsub']);
    bob.answer('REFER', 200, { headers: [['Refer-Events-At', '<sip:events-7@bob>']] });
    alice.dialog?.refer({ referTo: carol }, told(alice));
    await simulation.run(100);
    bob.answer('REFER', 202);
    await simulation.run(33_000);
    expect(alice.log.slice(1)).toEqual([
      'refer 200',
      'refer noProgress sip:events-7@bob',
      'refer 202',
      'refer lost after nothing',
    ]);
    alice.dialog?.refer({ referTo: carol }, told(alice));
    await simulation.run(40_000);
    expect(alice.log.at(-1)).toMatch(/^refer (failed timeout|lost after nothing)$/u);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });
});

describe('REFER outside of dialogs (RFC 3515 §2.4.1)', () => {
  it('makes a dialog of its own for its NOTIFYs', async () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new Phone(simulation, 'alice', { events: {} });
    const bob = new Phone(simulation, 'bob', { events: {} });
    const progress: ReferProgress[] = [];
    bob.onRefer = (refer) => progress.push(refer.accept());
    const address = { to: uri('sip:bob@bob'), from: new NameAddr({ uri: uri('sip:alice@alice') }) };
    alice.layer.refer({ ...address, referTo: carol }, told(alice));
    await simulation.run(500);
    progress[0]?.report(200);
    alice.layer.refer({ ...address, referTo: carol, subscription: 'none' }, told(alice));
    bob.onRefer = (refer) => refer.accept();
    await simulation.run(500);
    bob.onRefer = (refer) => refer.reject(480);
    alice.layer.refer({ ...address, referTo: carol }, told(alice));
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual([
      'refer 202',
      'progress 100',
      'progress 200',
      'refer finished 200',
      'refer 202',
      'refer noProgress anywhere',
      'refer rejected 480',
    ]);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('is refused with 400 without exactly one Refer-To', async () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new ScriptedHost(simulation, 'alice');
    const bob = new Phone(simulation, 'bob', { events: {} });
    bob.onRefer = () => bob.say('refer');
    const send = (cseq: number, ...targets: string[]): void =>
      alice.send(
        'REFER',
        bob.host.hop(),
        [
          ['From', '<sip:alice@alice>;tag=a'],
          ['To', '<sip:bob@bob>'],
          ['Call-ID', `refer${cseq}`],
          ['CSeq', `${cseq} REFER`],
          ...targets.map((target): [string, HeaderInput] => ['Refer-To', target]),
        ],
        `r${cseq}`,
      );
    send(1);
    send(2, '<sip:carol@carol>', '<sip:dave@dave>');
    await simulation.runUntilQuiet();
    expect(alice.all(400)).toHaveLength(2);
    expect(bob.log).toEqual([]);
    simulation.assertQuiet({ bob: bob.layer });
  });

  it('reads method and Replaces of the Refer-To, whatever they are', async () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new Phone(simulation, 'alice', { events: {} });
    const bob = new Phone(simulation, 'bob', { events: {} });
    const seen: (string | undefined)[] = [];
    bob.onRefer = (refer) => {
      seen.push(refer.method, refer.replaces?.callId);
      refer.reject(603);
    };
    const address = { to: uri('sip:bob@bob'), from: new NameAddr({ uri: uri('sip:alice@alice') }) };
    const odd = [
      new SipUri({ host: 'carol', params: [['method', 'bye']] }),
      new SipUri({ host: 'carol', headers: [['Replaces', 'x\r\nEvil: 1;to-tag=1;from-tag=2']] }),
      new SipUri({ host: 'carol', headers: [['Replaces', 'no tags']] }),
      new SipUri({ host: 'carol', headers: [['replaces', 'call@x;to-tag=1;from-tag=2']] }),
      uri('tel:+15551234'),
    ];
    for (const referTo of odd) alice.layer.refer({ ...address, referTo }, told(alice));
    await simulation.runUntilQuiet();
    expect(seen).toEqual([
      'BYE',
      undefined,
      'INVITE',
      undefined,
      'INVITE',
      undefined,
      'INVITE',
      'call@x',
      'INVITE',
      undefined,
    ]);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});
