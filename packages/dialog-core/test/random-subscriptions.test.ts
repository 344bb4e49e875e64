import { createSimulation } from '@strowger/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IncomingRefer, type ReferProgress } from '@strowger/dialog-core';
import { uri } from '@strowger/sip-message';
import { Phone } from './phone.ts';
import { text, Watcher } from './watcher.ts';

const VERBS = [
  'subscribe',
  'fetch',
  'unsubscribe',
  'refresh',
  'notify',
  'activate',
  'terminate',
  'partition',
  'heal',
] as const;
const REFER_VERBS = ['refer', 'unsubscribe', 'progress', 'final', 'bye', 'silent'] as const;

const time = fc.oneof(
  fc.integer({ min: 0, max: 400 }),
  fc.integer({ min: 0, max: 20 }).map((n) => 1000 + 10 * n),
  fc.integer({ min: 0, max: 100_000 }),
);
const acts = <V extends string>(verbs: readonly V[]) =>
  fc.array(fc.record({ at: time, verb: fc.constantFrom(...verbs), pick: fc.nat(3) }), {
    maxLength: 20,
  });
const seeds = fc.integer({ min: 1, max: 1_000_000 });
const LOSS = { loss: 0.1, duplicate: 0.05, reorder: 0.05, jitterMs: 30 };

describe('random subscribers at 10 % loss', () => {
  it('have one end for each subscription, on both sides, and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, acts(VERBS), async (seed, story) => {
        const simulation = createSimulation({ seed, ...LOSS });
        const alice = new Watcher(simulation, 'alice');
        const bob = new Watcher(simulation, 'bob');
        const asked: { unsubscribe(): void }[] = [];
        bob.onSubscribe = (subscribe) => {
          const chance = bob.host.runtime.random.float();
          bob.acceptance = chance < 0.3 ? { state: 'pending' } : {};
          if (chance > 0.95) subscribe.reject(403);
          else if (chance > 0.8) {
            bob.after(700, () => {
              if (subscribe.pending) bob.accept(subscribe);
            });
          } else bob.accept(subscribe);
        };
        for (const { at, verb, pick } of story) {
          alice.after(at, () => {
            const watcher = bob.watchers[pick % Math.max(1, bob.watchers.length)];
            const watched = alice.watched[pick % Math.max(1, alice.watched.length)];
            switch (verb) {
              case 'subscribe':
                return void asked.push(alice.subscribe('bob', { expiresSeconds: 60 + 20 * pick }));
              case 'fetch':
                return void asked.push(alice.subscribe('bob', { expiresSeconds: 0 }));
              case 'unsubscribe':
                return watched?.unsubscribe();
              case 'refresh':
                return watched?.refresh();
              case 'notify':
                return watcher?.notify(text(`${at}`));
              case 'activate':
                return watcher?.activate();
              case 'terminate':
                return watcher?.terminate({ reason: 'noresource' });
              case 'partition':
                return simulation.network.partition('alice', 'bob');
              case 'heal':
                return simulation.network.heal('alice', 'bob');
              default:
                verb satisfies never;
            }
          });
        }
        alice.after(150_000, () => {
          simulation.network.heal('alice', 'bob');
          for (const one of asked) one.unsubscribe();
        });
        await simulation.runUntilQuiet({ limitMs: 1_200_000 });
        simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
        const count = (log: string[], what: RegExp) => log.filter((one) => what.test(one)).length;
        expect(count(alice.log, /^ended/u)).toBe(alice.watched.length);
        expect(count(alice.log, /^(failed|ended)/u)).toBeGreaterThanOrEqual(asked.length);
        expect(count(bob.log, /^watcher/u)).toBe(bob.watchers.length);
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});

describe('random transfers at 10 % loss', () => {
  it('have one end each and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, acts(REFER_VERBS), async (seed, story) => {
        const simulation = createSimulation({ seed, ...LOSS });
        const alice = new Phone(simulation, 'alice', { events: {} });
        const bob = new Phone(simulation, 'bob', { events: {} });
        const progress: ReferProgress[] = [];
        const refers: { unsubscribe(): void }[] = [];
        bob.onInvite = (invite) => bob.answer(invite);
        bob.onRefer = (refer: IncomingRefer) => {
          if (bob.host.runtime.random.float() < 0.1) refer.reject(603);
          else progress.push(refer.accept());
        };
        alice.call('bob');
        let ends = 0;
        for (const { at, verb, pick } of story) {
          alice.after(at, () => {
            if (verb === 'bye') return alice.dialog?.bye();
            if (verb === 'unsubscribe') return refers[pick]?.unsubscribe();
            if (verb === 'progress') return progress[pick]?.report(180);
            if (verb === 'final') return progress[pick]?.report(200);
            if (alice.dialog?.state !== 'confirmed') return undefined;
            const subscription = verb === 'silent' ? 'none' : 'implicit';
            const options = { referTo: uri('sip:carol@carol'), subscription } as const;
            const refer = alice.dialog.refer(options, { onEnded: () => ends++ });
            return void refers.push(refer);
          });
        }
        for (const phone of [alice, bob]) phone.after(130_000, () => phone.dialog?.bye());
        await simulation.runUntilQuiet({ limitMs: 1_200_000 });
        simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
        expect(ends).toBe(refers.length);
      }),
      { numRuns: 150, seed: 8 },
    );
  });
});
