import { referToReplacing, type ReferEnd, type Dialog } from '@strowger/dialog-core';
import { NameAddr, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type { Phone } from './phone.ts';
import { type Stage, setStage } from './stage.ts';

/** A REFER of a phone, and what it hears. */
function refer(
  dialog: Dialog | undefined,
  referTo: NameAddr,
): { progress: number[]; end?: ReferEnd } {
  const heard: { progress: number[]; end?: ReferEnd } = { progress: [] };
  dialog?.refer(
    { referTo },
    {
      onProgress: (status) => void heard.progress.push(status),
      onEnded: (end) => (heard.end = end),
    },
  );
  return heard;
}

const number = (name: string): NameAddr => new NameAddr({ uri: uri(`sip:${name}@pbx`) });

interface Scene extends Stage {
  readonly alice: Phone;
  readonly bob: Phone;
  readonly carol: Phone;
}

/** Alice has called bob. */
async function talking(): Promise<Scene> {
  const stage = setStage();
  const alice = await stage.registered('alice');
  const bob = await stage.registered('bob');
  const carol = await stage.registered('carol');
  alice.call('bob');
  await stage.simulation.run(5000);
  return { ...stage, alice, bob, carol };
}

/** Everybody whose call goes on. */
function alive(...phones: Phone[]): string[] {
  return phones.flatMap(({ name, dialogs }) =>
    dialogs.filter(({ state }) => state === 'confirmed').map(() => name),
  );
}

describe('a phone that transfers a call blindly (RFC 5589 §6)', () => {
  it('as the called one, leaves the caller with somebody else', async () => {
    const { simulation, engine, records, strike, alice, bob, carol } = await talking();
    const transferred: string[] = [];
    engine.on('callTransferred', ({ call }) => transferred.push(call.id));
    const heard = refer(bob.dialogs[0], number('carol'));
    await simulation.run(5000);
    expect(heard).toEqual({ progress: [100, 180, 200], end: { kind: 'finished', status: 200 } });
    expect(alive(alice, bob, carol)).toEqual(['alice', 'carol']);
    expect(transferred).toEqual([engine.calls()[0]?.id]);
    expect(engine.counts()).toMatchObject({ calls: 1, sessions: 2, endpoints: 2 });
    const info = alice.info(dialogOf(alice), 'application/dtmf', '5');
    await simulation.run(1000);
    expect([await info, carol.log]).toEqual([200, ['INFO 5']]);
    carol.dialogs[0]?.bye();
    await simulation.run(1000);
    expect(alive(alice, bob, carol)).toEqual([]);
    expect(records).toMatchObject([{ outcome: 'answered', endedBy: 'callee' }]);
    expect(records[0]?.legs.map(({ role, media }) => [role, media?.codec])).toEqual([
      ['caller', 'pcmu'],
      ['callee', 'pcmu'],
      ['callee', 'pcmu'],
    ]);
    await strike();
  });

  it('as the caller, leaves the called one with somebody else', async () => {
    const { simulation, records, strike, alice, bob, carol } = await talking();
    const heard = refer(alice.dialogs[0], number('carol'));
    await simulation.run(5000);
    expect(heard.end).toEqual({ kind: 'finished', status: 200 });
    expect(alive(alice, bob, carol)).toEqual(['bob', 'carol']);
    bob.dialogs[0]?.bye();
    await simulation.run(1000);
    expect(alive(alice, bob, carol)).toEqual([]);
    expect(records[0]?.legs.map(({ role }) => role)).toEqual(['caller', 'caller', 'callee']);
    await strike();
  });

  it('hears the outcome before it is hung up', async () => {
    const { simulation, strike, bob } = await talking();
    const heard = refer(bob.dialogs[0], number('carol'));
    await simulation.run(5000);
    expect(heard.end).toEqual({ kind: 'finished', status: 200 });
    expect(between(simulation.ladder(), 'bob').slice(-4)).toEqual([
      'pbx --> bob  NOTIFY',
      'bob --> pbx  200',
      'pbx --> bob  BYE',
      'bob --> pbx  200',
    ]);
    await strike();
  });

  it('has its call back, and is heard, where who answered is gone at once', async () => {
    const { simulation, engine, strike, alice, bob, carol } = await talking();
    alice.reinviteMs = 1000;
    carol.onInvite = (invite) => {
      carol.answer(invite);
      carol.after(300, () => carol.dialogs[0]?.bye());
    };
    const heard = refer(bob.dialogs[0], number('carol'));
    await simulation.run(5000);
    expect(heard.end).toEqual({ kind: 'finished', status: 480 });
    expect(alive(alice, bob, carol)).toEqual(['alice', 'bob']);
    // to the new relay, and back
    expect(alice.reinvites).toEqual(['sendrecv', 'sendrecv']);
    expect(engine.counts()).toMatchObject({ sessions: 2, endpoints: 2 });
    alice.reinviteMs = 0;
    const held = bob.hold(dialogOf(bob));
    await simulation.run(1000);
    expect([await held, alice.reinvites.at(-1)]).toEqual(['recvonly', 'sendonly']);
    await strike();
  });

  it('may hang up as soon as it was accepted', async () => {
    const { simulation, strike, alice, bob, carol } = await talking();
    refer(bob.dialogs[0], number('carol'));
    await simulation.run(200);
    bob.dialogs[0]?.bye();
    await simulation.run(5000);
    expect(alive(alice, bob, carol)).toEqual(['alice', 'carol']);
    await strike();
  });

  it('has its call back where nobody answers', async () => {
    const { simulation, engine, strike, alice, bob, carol } = await talking();
    carol.onInvite = (invite) => invite.reject(486);
    const heard = refer(bob.dialogs[0], number('carol'));
    await simulation.run(3000);
    expect(heard.end).toEqual({ kind: 'finished', status: 486 });
    expect(alive(alice, bob, carol)).toEqual(['alice', 'bob']);
    expect(engine.counts()).toMatchObject({ sessions: 2, endpoints: 2 });
    carol.onInvite = (invite) => invite.ring();
    const again = refer(bob.dialogs[0], number('carol'));
    await simulation.run(40_000);
    expect(again.end).toEqual({ kind: 'finished', status: 480 });
    const held = alice.hold(dialogOf(alice));
    await simulation.run(1000);
    expect(await held).toBe('recvonly');
    expect(alive(alice, bob, carol)).toEqual(['alice', 'bob']);
    await strike();
  });

  it('and is gone, leaves nobody in the air where nobody answers', async () => {
    const { simulation, records, strike, alice, bob, carol } = await talking();
    carol.onInvite = (invite) => {
      invite.ring();
      carol.after(2000, () => invite.reject(486));
    };
    refer(bob.dialogs[0], number('carol'));
    await simulation.run(200);
    bob.dialogs[0]?.bye();
    await simulation.run(5000);
    expect(alive(alice, bob, carol)).toEqual([]);
    expect(records).toMatchObject([{ outcome: 'answered', reason: 'transferFailed' }]);
    await strike();
  });

  it('leaves nothing where the one who waits hangs up', async () => {
    const { simulation, engine, strike, alice, bob, carol } = await talking();
    carol.onInvite = (invite) => invite.ring();
    const heard = refer(bob.dialogs[0], number('carol'));
    await simulation.run(500);
    alice.dialogs[0]?.bye();
    await simulation.run(2000);
    expect(heard.end).toMatchObject({ kind: 'finished', status: 487 });
    expect(alive(alice, bob, carol)).toEqual([]);
    expect(engine.counts()).toMatchObject({ calls: 0, endpoints: 0 });
    await strike();
  });

  it.each([
    ['nobody', 404],
    ['dave', 480],
    ['*43', 404],
  ])('to %s is told %i', async (target, status) => {
    const { simulation, addUser, strike, alice, bob, carol } = await talking();
    await addUser('dave');
    const heard = refer(bob.dialogs[0], number(target));
    await simulation.run(2000);
    expect(heard.end).toEqual({ kind: 'rejected', status });
    expect(alive(alice, bob, carol)).toEqual(['alice', 'bob']);
    await strike();
  });

  it('may not send anybody elsewhere than to us', async () => {
    const { simulation, strike, bob } = await talking();
    const heard = refer(bob.dialogs[0], new NameAddr({ uri: uri('sip:premium@elsewhere') }));
    await simulation.run(2000);
    expect(heard.end).toEqual({ kind: 'rejected', status: 403 });
    await strike();
  });
});

describe('a phone with two calls (RFC 5589 §7)', () => {
  it('connects the other parties of both', async () => {
    const { simulation, engine, records, strike, alice, bob, carol } = await talking();
    const consultation = bob.call('carol');
    await simulation.run(5000);
    if (consultation.dialog === undefined) throw new Error('carol did not answer');
    const heard = refer(bob.dialogs[0], referToReplacing(consultation.dialog));
    await simulation.run(5000);
    expect(heard.end).toEqual({ kind: 'finished', status: 200 });
    expect(alive(alice, bob, carol)).toEqual(['alice', 'carol']);
    expect(engine.counts()).toMatchObject({ calls: 1, sessions: 2, endpoints: 2 });
    expect(records).toMatchObject([{ caller: 'sip:bob@pbx', reason: 'transferred' }]);
    const ladder = between(simulation.ladder(), 'bob');
    const lastNotify = ladder.lastIndexOf('pbx --> bob  NOTIFY');
    expect(ladder.slice(lastNotify + 1, lastNotify + 3)).toEqual([
      'bob --> pbx  200',
      'pbx --> bob  BYE',
    ]);
    alice.dialogs[0]?.bye();
    await simulation.run(1000);
    expect(alive(alice, bob, carol)).toEqual([]);
    await strike();
  });

  it('cannot move the calls of others, though it may know of them', async () => {
    const { simulation, strike, alice, bob, carol } = await talking();
    const other = carol.call('alice');
    await simulation.run(5000);
    const heard = refer(other.dialog, referToReplacing(dialogOf(bob)));
    await simulation.run(2000);
    expect(heard.end).toEqual({ kind: 'rejected', status: 403 });
    expect(alive(alice, bob, carol)).toEqual(['alice', 'alice', 'bob', 'carol']);
    await strike();
  });

  it('makes nobody a user whom it brings into a call', async () => {
    const stage = setStage({}, { publicAccess: ['bob'] });
    const { simulation, strike } = stage;
    const bob = await stage.registered('bob');
    const alice = await stage.registered('alice');
    await stage.registered('dave');
    const eve = await stage.phone('eve');
    const stranger = new NameAddr({ uri: uri('sip:eve@elsewhere') });
    const incoming = eve.call('bob', { from: stranger });
    await simulation.run(5000);
    const asks = async (): Promise<ReferEnd | undefined> => {
      const heard = refer(dialogOf(eve), number('dave'));
      await simulation.run(2000);
      return heard.end;
    };
    expect([incoming.outcome, await asks()]).toEqual([200, { kind: 'rejected', status: 403 }]);
    const consultation = bob.call('alice');
    await simulation.run(5000);
    const heard = refer(consultation.dialog, referToReplacing(dialogOf(bob)));
    await simulation.run(5000);
    expect(heard.end).toEqual({ kind: 'finished', status: 200 });
    expect(alive(alice, bob, eve)).toEqual(['alice', 'eve']);
    expect(await asks()).toEqual({ kind: 'rejected', status: 403 });
    // alice is still who she was
    const again = refer(dialogOf(alice), number('dave'));
    await simulation.run(5000);
    expect(again.end).toEqual({ kind: 'finished', status: 200 });
    await strike();
  });

  it('is told where the second call is not there', async () => {
    const { simulation, strike, bob } = await talking();
    const stale = referToReplacing({
      id: { callId: 'gone', localTag: 'a', remoteTag: 'b' },
      remoteTarget: uri('sip:carol@pbx'),
      remoteUri: uri('sip:carol@pbx'),
    });
    const heard = refer(bob.dialogs[0], stale);
    await simulation.run(2000);
    expect(heard.end).toEqual({ kind: 'rejected', status: 481 });
    await strike();
  });
});

/** The arrows from and to one host, without their times. */
function between(ladder: string, host: string): string[] {
  const arrows = ladder.split('\n').map((line) => line.trim().replace(/^\d+ /, ''));
  return arrows.filter((arrow) => arrow.split(' ').includes(host));
}

function dialogOf({ dialogs }: Phone): Dialog {
  const live = dialogs.find(({ state }) => state === 'confirmed');
  if (live === undefined) throw new Error('there is no call');
  return live;
}
