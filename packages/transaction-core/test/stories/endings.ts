import { createResponse } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { answer, type Element, twoElements } from '../two-elements.ts';

/** Sends a response to alice past bob's transaction: what a strange or slow peer may do. */
function inject({ alice, bob }: { alice: Element; bob: Element }, status: number): () => void {
  return () => {
    for (const request of alice.requests) {
      bob.host.send(createResponse(request, status), alice.host.hop(), () => {});
    }
  };
}

/** Told by `transactions.test.ts`, which counts the rows that they drive. */
export function endingStories(): void {
  describe('when nothing can be sent', () => {
    it('the request fails, never before the call that made it has returned', async () => {
      const { simulation, alice, assertQuiet } = twoElements();
      alice.unplug();
      alice.send('INVITE', 'bob');
      alice.send('OPTIONS', 'bob');
      expect(alice.heard).toEqual([]);
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['0 UNPLUGGED', '0 UNPLUGGED', '0 over', '0 over']);
      assertQuiet();
    });

    it('an answered INVITE ends without a second outcome when its ACK cannot be sent', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(486);
      alice.send('INVITE', 'bob');
      await simulation.run(15);
      alice.unplug();
      await simulation.runUntilQuiet();
      expect(alice.heard.slice(0, 3)).toEqual(['20 486', '20 over', '520 stray 486']);
      assertQuiet();
    });

    it('a request in progress ends when it cannot be repeated', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      alice.send('OPTIONS', 'bob');
      bob.host.receive = undefined;
      simulation.clock.arm(100, inject({ alice, bob }, 100));
      await simulation.run(200);
      alice.unplug();
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['110 100', '500 UNPLUGGED', '500 over']);
      assertQuiet();
    });

    it.each([180, 200, 486])('an INVITE server lives on after a %i (RFC 6026)', async (status) => {
      const { simulation, alice, bob } = twoElements();
      bob.serve = answer(status);
      bob.unplug();
      alice.send('INVITE', 'bob');
      await simulation.run(11);
      expect(bob.heard).toEqual(['10 INVITE', '10 UNPLUGGED']);
      expect(bob.layer.counts().serverTransactions).toBe(1);
    });

    it('other servers end', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(200);
      bob.unplug();
      alice.send('OPTIONS', 'bob').terminate();
      await simulation.run(11);
      expect(bob.heard).toEqual(['10 OPTIONS', '10 UNPLUGGED', '10 over']);
      bob.serve = () => {};
      alice.send('MESSAGE', 'bob').terminate();
      await simulation.run(4000);
      expect(bob.heard).toContain('3521 UNPLUGGED');
      await simulation.runUntilQuiet();
      assertQuiet();
    });
  });

  describe('the owner of a request', () => {
    it.each([0, 15, 25])('may end it after %i ms, whatever stands', async (afterMs) => {
      for (const [method, status] of [
        ['INVITE', 180],
        ['INVITE', 200],
        ['INVITE', 486],
        ['OPTIONS', 200],
      ] as const) {
        const { simulation, alice, bob } = twoElements();
        bob.serve = answer(status);
        const transaction = alice.send(method, 'bob');
        await simulation.run(afterMs);
        transaction.terminate();
        expect(alice.layer.counts().clientTransactions).toBe(0);
        await simulation.run(1);
        expect(alice.heard.at(-1)).toBe(`${afterMs} over`);
      }
    });

    it('may end one that got its 100', async () => {
      const { simulation, alice, bob } = twoElements();
      bob.host.receive = undefined;
      const transaction = alice.send('OPTIONS', 'bob');
      inject({ alice, bob }, 100)();
      await simulation.run(20);
      transaction.terminate();
      await simulation.run(1);
      expect(alice.heard).toEqual(['10 100', '20 over']);
    });

    it('hears every provisional response', async () => {
      const { simulation, alice, bob } = twoElements();
      bob.serve = (transaction) => {
        answer(180)(transaction);
        answer(183)(transaction);
      };
      alice.send('INVITE', 'bob');
      await simulation.run(30);
      expect(alice.heard).toEqual(['20 180', '20 183']);
    });

    it('hears the failure of a request that was slow or was not', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(404);
      alice.send('OPTIONS', 'bob');
      await simulation.run(30);
      bob.serve = (transaction) => {
        simulation.clock.arm(4000, () => {
          answer(100)(transaction);
          answer(404)(transaction);
        });
      };
      alice.send('MESSAGE', 'bob');
      await simulation.runUntilQuiet();
      expect(alice.heard).toContain('20 404');
      expect(alice.heard).toContain('4050 404');
      assertQuiet();
    });

    it('hears a final response once', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(200);
      alice.send('OPTIONS', 'bob');
      simulation.clock.arm(50, inject({ alice, bob }, 200));
      simulation.clock.arm(60, inject({ alice, bob }, 404));
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['20 200', '5020 over']);
      assertQuiet();
    });
  });

  describe('a server transaction', () => {
    it('absorbs an INVITE that comes after the ACK to its failure', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(486);
      alice.send('INVITE', 'bob');
      await simulation.run(100);
      for (const request of alice.requests) alice.host.send(request, bob.host.hop(), () => {});
      await simulation.runUntilQuiet();
      expect(bob.incoming).toHaveLength(1);
      expect(simulation.ladder().match(/486/g)).toHaveLength(1);
      assertQuiet();
    });

    it('sends the 2xx again when its owner says so', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(200);
      alice.send('INVITE', 'bob');
      await simulation.run(510);
      bob.incoming.map(answer(200));
      await simulation.runUntilQuiet();
      expect(simulation.ladder()).toContain('510 bob --> alice  200');
      assertQuiet();
    });

    it('gives up in silence where 100 is switched off', async () => {
      const timers = { nonInviteTryingAfterMs: 60_000 };
      const { simulation, alice, bob, assertQuiet } = twoElements({}, { timers });
      alice.send('OPTIONS', 'bob');
      await simulation.runUntilQuiet();
      expect(bob.heard).toEqual(['10 OPTIONS', '32010 timeout', '32010 over']);
      assertQuiet();
    });
  });

  describe('close()', () => {
    it('frees every transaction and every timer, and takes nothing more', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(180);
      const transaction = alice.send('INVITE', 'bob');
      alice.send('OPTIONS', 'bob');
      alice.send('OPTIONS', 'nowhere');
      await simulation.run(15);
      alice.layer.close();
      bob.layer.close();
      await simulation.run(10);
      transaction.cancel();
      bob.incoming.map(answer(200));
      expect(() => alice.send('OPTIONS', 'bob')).toThrow('closed');
      expect(simulation.clock.armedTimers).toBe(0);
      expect(simulation.ladder().split('\n')).toHaveLength(3);
      assertQuiet();
    });
  });
}
