import { createSimulation } from '@strowger/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Phone, SDP } from './phone.ts';
import { boot, restart } from './restarting.ts';

const VERBS = ['reinvite', 'lateReinvite', 'update', 'info', 'bye'] as const;

interface Act {
  readonly at: number;
  readonly byCaller: boolean;
  readonly verb: (typeof VERBS)[number];
}

interface Story {
  readonly before: readonly Act[];
  readonly after: readonly Act[];
  readonly intervalSeconds: number;
  readonly isLate: boolean;
}

/** Everything before has settled by then, but for the session timer. */
const RESTART_AT_MS = 70_003;

const acts = (...verbs: Act['verb'][]): fc.Arbitrary<Act[]> =>
  fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 2000 }).map((n) => 10 * n),
      byCaller: fc.boolean(),
      verb: fc.constantFrom(...verbs),
    }),
    { maxLength: 6 },
  );

const stories: fc.Arbitrary<Story> = fc.record({
  before: acts('reinvite', 'lateReinvite', 'update', 'info'),
  after: acts(...VERBS),
  intervalSeconds: fc.constantFrom(90, 100, 1800),
  isLate: fc.boolean(),
});

function perform(phone: Phone, verb: Act['verb']): void {
  const { dialog } = phone;
  if (dialog?.state !== 'confirmed') return;
  try {
    if (verb === 'bye') dialog.bye();
    else if (verb === 'info') phone.ask('INFO');
    else if (verb === 'update') phone.update();
    else if (verb === 'reinvite') phone.reinvite();
    else lateReinvite(phone);
  } catch (error) {
    // another one is under way
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

function lateReinvite(phone: Phone): void {
  const { dialog } = phone;
  phone.reinviting = dialog?.reinvite(
    {},
    {
      onAccepted: () => dialog.ack(SDP),
      onRejected: ({ status }) => phone.say(`late reinvite rejected ${status}`),
      onFailed: ({ kind }) => phone.say(`late reinvite failed ${kind}`),
    },
  );
}

/** Every byte on the wire after the moment at which these are restarted, and what users hear. */
async function run(story: Story, restarted: readonly ('alice' | 'bob')[]) {
  const simulation = createSimulation({ seed: 11 });
  const { network } = simulation;
  const options = { sessionTimers: { intervalSeconds: story.intervalSeconds } };
  for (const name of ['alice', 'bob']) network.host(name);
  const phones = {
    alice: boot(simulation, 'alice', options),
    bob: boot(simulation, 'bob', options),
  };
  const { bob } = phones;
  bob.onInvite = (invite) => bob.answer(invite);
  const call = story.isLate ? { body: undefined } : {};
  phones.alice.onAccepted = (dialog) => dialog.ack(story.isLate ? SDP : undefined);
  phones.alice.call('bob', call);
  await simulation.run(1000);
  const schedule = (some: readonly Act[]): void => {
    for (const { at, byCaller, verb } of some) {
      simulation.clock.arm(at, () => perform(byCaller ? phones.alice : phones.bob, verb));
    }
  };
  schedule(story.before);
  await simulation.run(RESTART_AT_MS);
  for (const name of restarted) phones[name] = await restart(phones[name], options);
  for (const phone of Object.values(phones)) phone.log.length = 0;
  const wire: string[] = [];
  network.tap(({ type, host, at, bytes }) => {
    wire.push(`${at} ${host} ${type}\n${new TextDecoder().decode(bytes)}`);
  });
  schedule(story.after);
  await simulation.run(200_000);
  for (const phone of Object.values(phones)) perform(phone, 'bye');
  await simulation.runUntilQuiet({ limitMs: 3_600_000 });
  simulation.assertQuiet({ alice: phones.alice.layer, bob: phones.bob.layer });
  return { wire, alice: phones.alice.log, bob: phones.bob.log };
}

describe('a dialog with any history', () => {
  it('behaves to the byte as if its processes had never died', async () => {
    const who = fc.constantFrom(['alice'] as const, ['bob'] as const, ['alice', 'bob'] as const);
    await fc.assert(
      fc.asyncProperty(stories, who, async (story, restarted) => {
        const { wire, ...logs } = await run(story, restarted);
        const original = await run(story, []);
        expect(logs).toEqual({ alice: original.alice, bob: original.bob });
        expect(wire).toEqual(original.wire);
      }),
      { numRuns: 150, seed: 44 },
    );
  }, 60_000);
});
