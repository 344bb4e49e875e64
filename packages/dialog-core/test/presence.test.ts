import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { formatPidf, PIDF_TYPE, parsePidf } from '@strowger/dialog-core';
import { Watcher } from './watcher.ts';

describe('presence over the wire (RFC 3856 §6)', () => {
  it('is told as PIDF with every change, and nothing of it while nobody has allowed it', async () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new Watcher(simulation, 'alice');
    const bob = new Watcher(simulation, 'bob');
    let basic: 'open' | 'closed' = 'closed';
    const pidf = (): string =>
      formatPidf({ entity: 'pres:bob@bob', tuples: [{ id: 't1', basic, notes: [] }], notes: [] });
    bob.onSubscribe = (subscribe) => {
      const notifier = subscribe.accept({
        state: 'pending',
        user: {
          content: (state) =>
            state === 'pending' ? undefined : { type: PIDF_TYPE, content: pidf() },
          onEnded: () => {},
        },
      });
      bob.after(1000, () => notifier.activate());
      bob.after(2000, () => {
        basic = 'open';
        notifier.notify({ type: PIDF_TYPE, content: pidf() });
      });
    };
    const told: unknown[] = [];
    alice.subscribe('bob', { accept: [PIDF_TYPE] });
    alice.watch = (subscription) => {
      alice.watched.push(subscription);
      subscription.user = {
        onNotify: ({ status, request }) => {
          const read = request.body.length > 0 ? parsePidf(request.body) : undefined;
          const tuples = read?.ok === true ? read.value.tuples : [];
          told.push([
            status.state,
            request.headers.raw('Content-Type'),
            tuples.map((one) => one.basic),
          ]);
        },
        onEnded: () => {},
      };
    };
    await simulation.run(3000);
    expect(told).toEqual([
      ['pending', [], []],
      ['active', [PIDF_TYPE], ['closed']],
      ['active', [PIDF_TYPE], ['open']],
    ]);
    alice.watched[0]?.unsubscribe();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});
