import { createResponse } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IncomingOffer, IncomingReinvite } from '@strowger/dialog-core';
import { Phone, SDP } from './phone.ts';

const VERBS = [
  'cancel',
  'answer',
  'reject',
  'ring',
  'bye',
  'reinvite',
  'withdraw',
  'info',
  'earlyBye',
  'progress',
  'update',
  'earlyUpdate',
] as const;
const DISASTERS = ['partition', 'heal', 'drop', 'close'] as const;
type Verb = (typeof VERBS)[number] | (typeof DISASTERS)[number];

interface Act {
  readonly at: number;
  readonly byCaller: boolean;
  readonly verb: Verb;
}

/** Close together, so that messages cross, and far apart, so that timers run out. */
const time = fc.oneof(
  fc.integer({ min: 0, max: 400 }),
  fc.integer({ min: 0, max: 8 }).map((n) => 1000 + 10 * n),
  fc.integer({ min: 0, max: 40_000 }),
);
const actOf = (...verbs: readonly Verb[]): fc.Arbitrary<Act> =>
  fc.record({ at: time, byCaller: fc.boolean(), verb: fc.constantFrom(...verbs) });

/** A call that is answered most of the time, then what may happen to it. */
const story = (act: fc.Arbitrary<Act>): fc.Arbitrary<Act[]> =>
  fc
    .tuple(fc.boolean(), fc.array(act, { maxLength: 14 }))
    .map(([answered, acts]) =>
      answered ? [{ at: 200, byCaller: false, verb: 'answer' as const }, ...acts] : acts,
    );

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
    case 'progress':
      return incoming?.progress(183, { body: SDP });
    case 'update':
      if (dialog?.state === 'confirmed') tolerate('UPDATE_PENDING', () => phone.update());
      return;
    case 'earlyUpdate': {
      const [early] = outgoing?.earlyDialogs ?? [];
      if (early === undefined) return;
      return tolerate('UPDATE_PENDING', () => phone.update(undefined, early));
    }
    case 'withdraw':
      phone.updating?.withdraw();
      return phone.reinviting?.withdraw();
    case 'partition':
      return phone.simulation.network.partition('alice', 'bob');
    case 'heal':
      return phone.simulation.network.heal('alice', 'bob');
    case 'drop':
      return phone.host.dropConnections();
    case 'close':
      return phone.layer.close();
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

interface Settings {
  readonly seed: number;
  readonly acts: readonly Act[];
  readonly transport?: 'udp' | 'tcp';
}

async function run({ seed, acts, transport = 'udp' }: Settings) {
  const loss = { loss: 0.1, duplicate: 0.05, reorder: 0.05, jitterMs: 30 };
  const simulation = createSimulation({ seed, ...loss });
  const alice = new Phone(simulation, 'alice');
  const bob = new Phone(simulation, 'bob');
  bob.onInvite = () => {};
  for (const phone of [alice, bob]) {
    phone.onRequest = (transaction) =>
      transaction.respond(createResponse(transaction.request, 200));
    phone.onReinvite = (reinvite) => takeReinvite(phone, reinvite);
    phone.onUpdate = (update) => takeUpdate(phone, update);
  }
  alice.call('bob', { hops: [bob.host.hop(transport)] });
  for (const { at, byCaller, verb } of acts) {
    const phone = byCaller ? alice : bob;
    phone.after(at, () => perform(phone, verb));
  }
  alice.after(130_000, () => {
    perform(alice, 'heal');
    perform(alice, 'cancel');
    perform(alice, 'bye');
  });
  alice.after(180_000, () => {
    for (const verb of ['reject', 'bye'] as const) perform(bob, verb);
  });
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  const asked = [...alice.asked, ...bob.asked];
  return { alice: alice.log, bob: bob.log, asked, ladder: simulation.ladder() };
}

/** At once, later, or not at all: as this phone's chance has it. */
function takeReinvite(phone: Phone, reinvite: IncomingReinvite): void {
  const chance = phone.host.runtime.random.float();
  if (chance < 0.5) return reinvite.accept({ body: SDP });
  if (chance < 0.7) return reinvite.reject(488);
  reinvite.progress(183);
  phone.after(500, () => {
    if (reinvite.pending) reinvite.accept({ body: SDP });
  });
}

function takeUpdate(phone: Phone, update: IncomingOffer): void {
  const chance = phone.host.runtime.random.float();
  if (chance < 0.3) return update.reject(488);
  phone.after(chance < 0.7 ? 0 : 700, () => {
    if (update.pending) update.accept({ body: SDP });
  });
}

const count = (log: string[], what: RegExp) => log.filter((one) => what.test(one)).length;

const OUTCOME = /^(reinvite|update|INFO) (\d|accepted|rejected|failed)/;
const seeds = fc.integer({ min: 1, max: 1_000_000 });

describe('random calls at 10 % loss', () => {
  it('have one outcome each and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, story(actOf(...VERBS)), async (seed, acts) => {
        const { alice, bob, asked } = await run({ seed, acts });
        const all = [...alice, ...bob];
        expect(count(alice, /^(accepted|rejected|failed)/)).toBe(1);
        expect(count(bob, /^ACK$/)).toBeLessThanOrEqual(1);
        for (const log of [alice, bob]) expect(count(log, /^ended/)).toBeLessThanOrEqual(1);
        if (count(alice, /^accepted/) === 1) expect(count(alice, /^ended/)).toBe(1);
        // every 2xx is acknowledged, at the latest when it is repeated, and nobody is lost
        expect(all.join()).not.toMatch(/no ?ack|timeout|transport/i);
        expect(count(all, OUTCOME)).toBe(asked.length);
      }),
      { numRuns: 600, seed: 42 },
    );
  });

  it('survive partitions, broken connections and layers that close', async () => {
    const act = actOf(...VERBS, ...DISASTERS);
    const transport = fc.constantFrom('udp' as const, 'tcp' as const);
    await fc.assert(
      fc.asyncProperty(seeds, story(act), transport, async (seed, acts, over) => {
        const { alice, bob, asked } = await run({ seed, acts, transport: over });
        expect(count(alice, /^(accepted|rejected|failed)/)).toBe(1);
        for (const log of [alice, bob]) expect(count(log, /^ended/)).toBeLessThanOrEqual(1);
        expect(count([...alice, ...bob], OUTCOME)).toBe(asked.length);
      }),
      { numRuns: 600, seed: 43 },
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
    expect(await run({ seed: 11, acts })).toEqual(await run({ seed: 11, acts }));
  });
});
