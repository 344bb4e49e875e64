import { expect, it } from 'vitest';
import { setStage } from './stage.ts';
import { sdp } from './phone.ts';

it('a call between phones with 100rel, UPDATE and timers keeps each leg to itself', async () => {
  const stage = setStage();
  const alice = await stage.registered('alice');
  const bob = await stage.registered('bob');
  bob.onInvite = (invite) => {
    bob.ringWithMedia(invite);
    bob.after(1000, () => bob.answer(invite));
  };
  const before = stage.simulation.ladder().split('\n').length;
  const call = alice.call('bob');
  await stage.simulation.run(5000);
  expect([call.outcome, call.progress]).toEqual([200, ['183+']]);
  const ladder = stage.simulation.ladder().split('\n').slice(before);
  expect(
    ladder
      .filter((line) => line.includes('PRACK'))
      .map((line) => line.trim().replace(/^\d+ /u, '')),
  ).toEqual(['pbx --> bob  PRACK', 'alice --> pbx  PRACK']);
  // a session timer on each leg
  expect(call.dialog?.sessionTimer.name).toBe('refresher');
  expect(bob.dialogs[0]?.sessionTimer.name).toBe('watching');
  // alice holds by UPDATE, bob hears of it by re-INVITE
  const held = new Promise<string>((resolve) => {
    call.dialog?.update(
      { body: { type: 'application/sdp', content: sdp(alice.host.address, 'sendonly') } },
      {
        onAccepted: (response) => resolve(response.text()),
        onRejected: ({ status }) => resolve(`${status}`),
        onFailed: ({ kind }) => resolve(kind),
      },
    );
  });
  await stage.simulation.run(1000);
  expect(await held).toContain('a=recvonly');
  expect(bob.reinvites).toHaveLength(1);
  // half an hour later both legs have been refreshed, without a word to the other one
  await stage.simulation.run(1_900_000);
  expect(stage.engine.counts().calls).toBe(1);
  const refreshes = stage.simulation.ladder().match(/\S+ --> \S+ {2}UPDATE/gu);
  expect(refreshes?.slice(1)).toEqual([
    'pbx --> bob  UPDATE',
    'alice --> pbx  UPDATE',
    'pbx --> bob  UPDATE',
    'alice --> pbx  UPDATE',
  ]);
  call.dialog?.bye();
  await stage.simulation.run(1000);
  expect(stage.records).toMatchObject([{ outcome: 'answered', endedBy: 'caller' }]);
  await stage.strike();
});
