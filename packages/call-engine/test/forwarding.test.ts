import type { IncomingInvite } from '@strowger/dialog-core';
import { describe, expect, it } from 'vitest';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import type { ForwardingRules } from '../src/forwarding-rules.ts';
import { echo } from '../src/service.ts';
import { type Stage, setStage } from './stage.ts';

const busy = (invite: IncomingInvite): void => invite.reject(486);
const rings = (invite: IncomingInvite): void => invite.ring();

/** Bob, and whoever he names, have wishes. */
function scene(rules: Record<string, ForwardingRules>, options: Partial<CallEngineOptions> = {}) {
  return setStage({}, { forwarding: (user) => rules[user], ...options });
}

async function phones({ registered }: Stage) {
  return {
    alice: await registered('alice'),
    bob: await registered('bob'),
    carol: await registered('carol'),
  };
}

const said = ({ invites }: { invites: IncomingInvite[] }, name: string): readonly string[] =>
  invites.at(-1)?.request.headers.raw(name) ?? [];

describe('a call to somebody who forwards', () => {
  it('always, goes there at once, and everybody is told (RFC 5806 §4.1, RFC 7044 §5)', async () => {
    const stage = scene({ bob: { always: 'carol' } });
    const { alice, bob, carol } = await phones(stage);
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    expect([call.outcome, call.progress]).toEqual([200, ['181', '180']]);
    expect([bob.invites.length, carol.invites.length]).toEqual([0, 1]);
    expect(said(carol, 'Diversion')).toEqual(['<sip:bob@pbx>;reason=unconditional;counter=1']);
    expect(said(carol, 'History-Info')).toEqual([
      '<sip:bob@pbx?Reason=SIP%3Bcause%3D302>;index=1',
      '<sip:carol@pbx;cause=302>;index=1.1;mp=1',
    ]);
    call.dialog?.bye();
    await stage.simulation.run(1000);
    expect(stage.records).toMatchObject([
      {
        callee: 'sip:bob@pbx',
        dialled: 'bob',
        outcome: 'answered',
        forwarded: [{ from: 'sip:bob@pbx', to: 'sip:carol@pbx', cause: 'always' }],
      },
    ]);
    await stage.strike();
  });

  it('on no answer, however long each of them rings', async () => {
    const stage = scene({
      bob: { noAnswer: 'carol', noAnswerMs: 100_000 },
      carol: { noAnswer: 'alice', noAnswerMs: 100_000 },
    });
    const { alice, bob, carol } = await phones(stage);
    [bob.onInvite, carol.onInvite] = [rings, rings];
    const call = alice.call('bob');
    await stage.simulation.run(205_000);
    expect(call.outcome).toBe(200);
    expect([bob.invites.length, carol.invites.length, alice.invites.length]).toEqual([1, 1, 1]);
    call.dialog?.bye();
    await stage.simulation.run(1000);
    await stage.strike();
  });

  it('on busy, goes there then, and comes back as busy where it may not', async () => {
    const stage = scene({ bob: { busy: 'carol' } });
    const { alice, bob, carol } = await phones(stage);
    bob.onInvite = busy;
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    expect([call.outcome, call.progress]).toEqual([200, ['181', '180']]);
    expect(said(carol, 'Diversion')).toEqual(['<sip:bob@pbx>;reason=user-busy;counter=1']);
    const ours = bob.call('bob');
    carol.onInvite = busy;
    await stage.simulation.run(5000);
    expect(ours.outcome).toBe(486);
    await stage.strike();
  });

  it('on no answer, is called elsewhere when bob has rung as long as he wants', async () => {
    const stage = scene({ bob: { noAnswer: 'carol', noAnswerMs: 3000 } });
    const { alice, bob, carol } = await phones(stage);
    bob.onInvite = rings;
    const call = alice.call('bob');
    await stage.simulation.run(2900);
    expect(carol.invites).toEqual([]);
    await stage.simulation.run(5000);
    expect([call.outcome, call.progress]).toEqual([200, ['180', '181', '180']]);
    expect(bob.log).toEqual(['CANCEL Q.850;cause=16']);
    expect(said(carol, 'Diversion')).toEqual(['<sip:bob@pbx>;reason=no-answer;counter=1']);
    call.dialog?.bye();
    await stage.simulation.run(1000);
    const [record] = stage.records;
    expect(record?.legs.map(({ role, status }) => [role, status])).toEqual([
      ['caller', 200],
      ['callee', 487],
      ['callee', 200],
    ]);
    await stage.strike();
  });

  it('on no answer, is called elsewhere where no phone is there', async () => {
    const stage = scene({ dave: { noAnswer: '*43' } }, { services: { '*43': echo() } });
    const { alice } = await phones(stage);
    await stage.addUser('dave');
    const call = alice.call('dave');
    await stage.simulation.run(1000);
    expect([call.outcome, call.progress]).toEqual([200, ['181']]);
    await stage.strike();
  });

  it('whose own phone answers although it was cancelled, is not heard any more', async () => {
    const stage = scene({ bob: { noAnswer: 'carol', noAnswerMs: 3000 } });
    const { alice, bob, carol } = await phones(stage);
    bob.onInvite = (invite) => {
      invite.ring();
      bob.after(2999, () => bob.answer(invite));
    };
    alice.call('bob');
    await stage.simulation.run(6000);
    expect(bob.log).toContain('ended bye');
    expect(carol.dialogs.map(({ state }) => state)).toEqual(['confirmed']);
    await stage.strike();
  });

  it('with early media, lets the caller hear the next one on the same relay', async () => {
    const stage = scene({ bob: { noAnswer: 'carol', noAnswerMs: 3000 } });
    const { alice, bob, carol } = await phones(stage);
    bob.onInvite = (invite) => bob.ringWithMedia(invite);
    carol.onInvite = (invite) => {
      carol.ringWithMedia(invite);
      carol.after(1000, () => carol.answer(invite));
    };
    const call = alice.call('bob');
    await stage.simulation.run(6000);
    expect([call.outcome, call.progress[0]]).toEqual([200, '183+']);
    expect(stage.media.usage().endpoints).toBe(2);
    const [dialog] = alice.dialogs;
    const held = dialog && alice.hold(dialog);
    await stage.simulation.run(1000);
    expect([await held, carol.reinvites]).toEqual(['recvonly', ['sendonly']]);
    await stage.strike();
  });

  it('in a circle, ends where it was before', async () => {
    const stage = scene({ bob: { always: 'carol' }, carol: { always: 'bob' } });
    const { alice } = await phones(stage);
    const call = alice.call('bob');
    await stage.simulation.run(1000);
    expect(call.outcome).toBe(482);
    const circle = scene({ bob: { busy: 'carol' }, carol: { busy: 'bob' } });
    const all = await phones(circle);
    all.bob.onInvite = busy;
    all.carol.onInvite = busy;
    const second = all.alice.call('bob');
    await circle.simulation.run(1000);
    expect([second.outcome, all.bob.invites.length]).toEqual([486, 1]);
    await circle.strike();
    await stage.strike();
  });

  it('too often, by whomever, ends', async () => {
    const stage = scene({ bob: { always: 'carol' } }, { maxForwardings: 3 });
    const { alice, carol } = await phones(stage);
    const diverted = (counter: number): [string, string][] => [
      ['Diversion', `<sip:one@elsewhere>;reason=user-busy;counter=${counter}`],
    ];
    const calls = [2, 3].map((counter) => alice.call('bob', { headers: diverted(counter) }));
    await stage.simulation.run(5000);
    expect(calls.map(({ outcome }) => outcome)).toEqual([200, 482]);
    // who comes next hears of both
    expect(said(carol, 'Diversion')).toHaveLength(2);
    await stage.strike();
  });

  it('to an address elsewhere, which the owner of the PBX wants', async () => {
    const stage = scene({ bob: { always: 'sip:desk@eve' } });
    const { alice } = await phones(stage);
    const eve = await stage.phone('eve');
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    expect([call.outcome, eve.invites[0]?.request.uri.toString()]).toEqual([200, 'sip:desk@eve']);
    await stage.strike();
  });
});

describe('a phone that redirects a call (RFC 3261 §8.1.3.4)', () => {
  const redirects =
    (contact: string) =>
    (invite: IncomingInvite): void =>
      invite.reject(302, { headers: [['Contact', contact]] });

  it('sends it to another user, the one it prefers', async () => {
    const stage = scene({});
    const { alice, bob, carol } = await phones(stage);
    bob.onInvite = redirects('<sip:nobody@elsewhere>, <sip:dave@pbx>;q=0.1, <sip:carol@pbx>;q=0.9');
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    expect([call.outcome, call.progress]).toEqual([200, ['181', '180']]);
    expect(said(carol, 'Diversion')).toEqual(['<sip:bob@pbx>;reason=deflection;counter=1']);
    await stage.strike();
  });

  it.each([
    ['<sip:premium@elsewhere>', {}],
    ['<sip:bob@pbx>', {}],
    ['<sip:carol@pbx>', { followRedirects: false }],
  ])('to %s with %j, sends it nowhere', async (contact, options) => {
    const stage = scene({}, options);
    const { alice, bob, carol } = await phones(stage);
    bob.onInvite = redirects(contact);
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    expect([call.outcome, bob.invites.length, carol.invites.length]).toEqual([480, 1, 0]);
    await stage.strike();
  });
});
