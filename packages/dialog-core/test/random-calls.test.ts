import { createResponse } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Phone } from './phone.ts';

const VERBS = [
  'cancel',
  'answer',
  'reject',
  'ring',
  'bye',
  'reinvite',
  'info',
  'earlyBye',
] as const;
type Verb = (typeof VERBS)[number];

interface Act {
  readonly at: number;
  readonly byCaller: boolean;
  readonly verb: Verb;
}

const act: fc.Arbitrary<Act> = fc.record({
  at: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 40_000 })),
  byCaller: fc.boolean(),
  verb: fc.constantFrom(...VERBS),
});

/** Does what is possible at that moment; a misuse that throws is part of the story. */
function perform(phone: Phone, verb: Verb): void {
  const { incoming, outgoing, dialog } = phone;
  const answerable = incoming?.pending === true;
  switch (verb) {
    case 'cancel':
      return outgoing?.cancel();
    case 'answer':
      if (answerable) phone.answer(incoming);
      return;
    case 'reject':
      if (answerable) incoming.reject(486);
      return;
    case 'ring':
      return incoming?.ring();
    case 'bye':
      return dialog?.bye();
    case 'earlyBye':
      return outgoing?.earlyDialogs[0]?.bye();
    case 'reinvite':
      if (dialog?.state === 'confirmed') tolerate('REINVITE_PENDING', () => phone.reinvite());
      return;
    case 'info':
      if (dialog?.state === 'confirmed') phone.ask('INFO');
      return;
    default:
      verb satisfies never;
  }
}

function tolerate(code: string, use: () => void): void {
  try {
    use();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === code)) throw error;
  }
}

async function run(seed: number, acts: readonly Act[]) {
  const simulation = createSimulation({
    seed,
    loss: 0.1,
    duplicate: 0.05,
    reorder: 0.05,
    jitterMs: 30,
  });
  const alice = new Phone(simulation, 'alice');
  const bob = new Phone(simulation, 'bob');
  bob.onInvite = () => {};
  for (const phone of [alice, bob]) {
    phone.onRequest = (transaction) =>
      transaction.respond(createResponse(transaction.request, 200));
  }
  alice.call('bob');
  for (const { at, byCaller, verb } of acts) {
    const phone = byCaller ? alice : bob;
    phone.after(at, () => perform(phone, verb));
  }
  alice.after(50_000, () => {
    alice.outgoing?.cancel();
    alice.dialog?.bye();
  });
  alice.after(90_000, () => {
    for (const verb of ['reject', 'bye'] as const) perform(bob, verb);
  });
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  const asked = [...alice.asked, ...bob.asked];
  return { alice: alice.log, bob: bob.log, asked, ladder: simulation.ladder() };
}

describe('random calls at 10 % loss', () => {
  it('have one outcome each and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.array(act, { maxLength: 12 }),
        async (seed, acts) => {
          const { alice, bob, asked } = await run(seed, acts);
          const count = (log: string[], what: RegExp) => log.filter((one) => what.test(one)).length;
          expect(count(alice, /^(accepted|rejected|failed)/)).toBe(1);
          expect(count(alice, /^ended/)).toBeLessThanOrEqual(1);
          expect(count(bob, /^ended/)).toBeLessThanOrEqual(1);
          if (count(alice, /^accepted/) === 1) expect(count(alice, /^ended/)).toBe(1);
          expect(count(bob, /^ACK$/)).toBeLessThanOrEqual(1);
          // every 2xx is acknowledged, at the latest when it is repeated, and nobody is lost
          expect([...alice, ...bob].join()).not.toMatch(/no ?ack|timeout|transport/i);
          const outcomes = count([...alice, ...bob], /^(reinvite|INFO) (\d|accepted|rej|failed)/);
          expect(outcomes).toBe(asked.length);
        },
      ),
      { numRuns: 300, seed: 42 },
    );
  });

  it('replay to the millisecond', async () => {
    const acts: Act[] = [
      { at: 100, byCaller: false, verb: 'ring' },
      { at: 700, byCaller: false, verb: 'answer' },
      { at: 3000, byCaller: true, verb: 'reinvite' },
      { at: 3005, byCaller: false, verb: 'reinvite' },
      { at: 20_000, byCaller: false, verb: 'bye' },
    ];
    expect(await run(11, acts)).toEqual(await run(11, acts));
  });
});
