import { seededRandom } from '@strowger/runtime';
import { uri } from '@strowger/sip-message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Phone, scene } from './two-phones.ts';

type Act = (phone: Phone, other: string) => unknown;

/** What an application may do at any moment; what the state does not allow throws, and is fine. */
const acts: Act[] = [
  (phone, other) => phone.manager.sessions().length < 3 && phone.call(other),
  (phone, other) => phone.manager.sessions().length < 3 && phone.call(other, { lateOffer: true }),
  (phone) => phone.session.ring(),
  (phone) => phone.session.progress(183, { withMedia: true }),
  (phone) => phone.session.answer(),
  (phone) => phone.session.reject(486),
  (phone) => phone.session.hangUp(),
  (phone) => phone.session.hold(),
  (phone) => phone.session.resume(),
  (phone) => phone.session.renegotiate(),
  (phone, other) => phone.session.transfer(uri(`sip:${other}@${other}`)),
  (phone, other) => phone.session.transfer(uri(`sip:${other}@${other}`), { bridge: 'always' }),
  (phone) => phone.media.failNext('acceptOffer'),
  (phone) => phone.media.failNext('acceptAnswer'),
  (phone) =>
    phone.media.endpoints[0]?.tell({ type: 'failed', code: 'SOCKET_LOST', message: 'gone' }),
];

async function tryAct(act: () => unknown): Promise<void> {
  try {
    await act();
  } catch {
    // refused, or ended meanwhile: both are allowed
  }
}

describe('random actions on two sides of lossy links', () => {
  it('leave nothing behind, and end every session once', async () => {
    const step = fc.tuple(fc.nat(acts.length - 1), fc.boolean(), fc.nat(3000));
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 25 }), async (seed, steps) => {
        const both = scene(
          { seed, loss: 0.1, duplicate: 0.05, reorder: 0.05 },
          { onRefer: () => ({ kind: seed % 2 === 0 ? 'call' : 'refuse' }) },
        );
        const { simulation, alice, bob } = both;
        const ends = new Map<string, number>();
        const chance = seededRandom(seed);
        for (const phone of [alice, bob]) {
          phone.onIncoming = (session) => (chance.float() < 0.5 ? session.answer() : undefined);
          phone.manager.on('created', ({ sessionId }) => ends.set(sessionId, 0));
          phone.manager.on('terminated', ({ sessionId }) =>
            ends.set(sessionId, (ends.get(sessionId) ?? 0) + 1),
          );
        }
        for (const [act, isAlice, pauseMs] of steps) {
          const [phone, other] = isAlice ? [alice, 'bob'] : [bob, 'alice'];
          void tryAct(() => acts[act]?.(phone, other));
          await simulation.run(pauseMs);
        }
        for (const phone of [alice, bob]) {
          for (const session of phone.manager.sessions()) void session.hangUp();
        }
        await simulation.runUntilQuiet();
        simulation.assertQuiet({ alice: alice.manager, bob: bob.manager });
        expect([...ends.values()].every((count) => count === 1)).toBe(true);
      }),
      { numRuns: 60, seed: 7 },
    );
  }, 60_000);
});
