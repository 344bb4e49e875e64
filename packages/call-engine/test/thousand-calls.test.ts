import { seededRandom } from '@strowger/runtime';
import { expect, it } from 'vitest';
import type { Phone, PhoneCall } from './phone.ts';
import { setStage } from './stage.ts';

const CALLS = 1000;
const CALLERS = 10;

/** What is dialled, and what has to come of it: for the caller, and in the record. */
const PLANS = [
  { number: 'answers', status: 200, record: ['answered', 'caller'] },
  { number: 'hangs-up', status: 200, record: ['answered', 'callee'] },
  { number: 'two-phones', status: 200, record: ['answered', 'caller'] },
  { number: 'busy', status: 486, record: ['busy', 'callee'] },
  { number: 'declines', status: 603, record: ['rejected', 'callee'] },
  { number: 'rings', status: 480, record: ['noAnswer', 'engine'] },
  { number: 'rings', status: 487, record: ['cancelled', 'caller'], cancelAfterMs: 4000 },
  { number: 'offline', status: 480, record: ['rejected', 'engine'] },
  { number: 'nobody', status: 404, record: ['rejected', 'engine'] },
] as const;

it('puts a thousand calls through a bad network, each with its right outcome', async () => {
  const started = process.cpuUsage();
  const stage = setStage({
    seed: 20_260,
    jitterMs: 20,
    loss: 0.1,
    duplicate: 0.05,
    reorder: 0.1,
    ladder: false,
  });
  const { simulation } = stage;
  await people(stage);
  const callers: Phone[] = [];
  for (let n = 0; n < CALLERS; n++) callers.push(await stage.registered(`caller-${n}`));

  const random = seededRandom(4);
  const made: { call: PhoneCall; plan: (typeof PLANS)[number] }[] = [];
  for (let n = 0; n < CALLS; n++) {
    const plan = PLANS[n % PLANS.length] ?? PLANS[0];
    const caller = callers[n % CALLERS];
    simulation.clock.arm(random.float() * 60_000, () => {
      const call = caller?.call(plan.number);
      if (call === undefined) return;
      made.push({ call, plan });
      if ('cancelAfterMs' in plan) caller?.after(plan.cancelAfterMs, () => call.invite.cancel());
      if (plan.record[1] !== 'caller') return;
      caller?.after(20_000, () => call.dialog?.bye());
    });
  }
  await simulation.run(180_000);

  const byCallId = new Map(stage.records.map((record) => [record.callIds[0], record]));
  const wrong = made.flatMap(({ call, plan }) => {
    const record = byCallId.get(call.invite.callId);
    const came = [call.outcome, record?.outcome, record?.endedBy, record?.status];
    const due = [plan.status, ...plan.record, plan.status];
    return String(came) === String(due) ? [] : [{ dialled: plan.number, due, came }];
  });
  expect(wrong).toEqual([]);
  expect(stage.records).toHaveLength(CALLS);
  expect(await stage.stores.cdrs.count()).toBe(CALLS);
  await stage.strike();
  // ten seconds of this process, whatever else the machine does
  const { user, system } = process.cpuUsage(started);
  expect(user + system).toBeLessThan(10_000_000);
}, 60_000);

/** Those who are called. */
async function people(stage: ReturnType<typeof setStage>): Promise<void> {
  await stage.addUser('offline');
  const answers = await stage.registered('answers');
  answers.onInvite = (invite) => {
    invite.ring();
    answers.after(2000, () => answers.answer(invite));
  };
  const hangsUp = await stage.registered('hangs-up');
  hangsUp.onInvite = (invite) => {
    invite.ring();
    hangsUp.after(1000, () => hangsUp.answer(invite));
    hangsUp.after(15_000, () => invite.dialog?.bye());
  };
  await stage.registered('two-phones', { host: 'desk' });
  const mobile = await stage.registered('two-phones', { host: 'mobile' });
  mobile.onInvite = (invite) => invite.ring();
  (await stage.registered('busy')).onInvite = (invite) => invite.reject(486);
  (await stage.registered('declines')).onInvite = (invite) => invite.reject(603);
  (await stage.registered('rings')).onInvite = (invite) => invite.ring();
}
