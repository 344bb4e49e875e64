import { createResponse, type SipRequest } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { answer, type Element, twoElements } from '../two-elements.ts';

/** When `label` was sent, in milliseconds. */
function times(ladder: string, label: string): number[] {
  return ladder
    .split('\n')
    .filter((line) => line.endsWith(`  ${label}`))
    .map((line) => Number(line.slice(0, 6)));
}

/** The first request that left. */
function firstOf({ requests }: Element): SipRequest {
  const [first] = requests;
  if (first === undefined) throw new Error('nothing was sent');
  return first;
}

const INVITE_TIMES = [0, 500, 1500, 3500, 7500, 15_500, 31_500];
const OTHER_TIMES = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];

/** Told by `transactions.test.ts`, which counts the rows that they drive. */
export function timingStories(): void {
  describe('INVITE client (RFC 3261 §17.1.1.2)', () => {
    it('doubles the interval without a bound and gives up after 32 s', async () => {
      const { simulation, alice, assertQuiet } = twoElements({ loss: 1 });
      alice.send('INVITE', 'bob');
      await simulation.runUntilQuiet();
      expect(times(simulation.ladder(), 'INVITE')).toEqual(INVITE_TIMES);
      expect(alice.heard).toEqual(['32000 timeout', '32000 over']);
      expect(alice.layer.counters).toMatchObject({ retransmissionsSent: 6, timeouts: 1 });
      assertQuiet();
    });

    it('sends nothing more after a provisional response and waits as long as it takes', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = (transaction) => void simulation.clock.arm(980, () => answer(180)(transaction));
      const transaction = alice.send('INVITE', 'bob');
      bob.layer.close();
      bob.host.receive = undefined;
      simulation.clock.arm(990, () => {
        bob.host.send(createResponse(firstOf(alice), 180), alice.host.hop(), () => {});
      });
      await simulation.run(3_600_000);
      expect(times(simulation.ladder(), 'INVITE')).toEqual([0, 500]);
      expect(alice.heard).toEqual(['1000 180']);
      transaction.terminate();
      await simulation.runUntilQuiet();
      assertQuiet();
    });

    it('sends once over TCP and gives up after 32 s', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.host.receive = undefined;
      alice.send('INVITE', 'bob;transport=tcp');
      await simulation.runUntilQuiet();
      expect(times(simulation.ladder(), 'INVITE')).toEqual([0]);
      expect(alice.heard).toEqual(['32000 timeout', '32000 over']);
      assertQuiet();
    });
  });

  describe('non-INVITE client (RFC 3261 §17.1.2.2)', () => {
    it('doubles the interval up to 4 s and gives up after 32 s', async () => {
      const { simulation, alice, assertQuiet } = twoElements({ loss: 1 });
      alice.send('OPTIONS', 'bob');
      await simulation.runUntilQuiet();
      expect(times(simulation.ladder(), 'OPTIONS')).toEqual(OTHER_TIMES);
      expect(alice.heard).toEqual(['32000 timeout', '32000 over']);
      assertQuiet();
    });
  });

  describe('non-INVITE client, continued (RFC 3261 §17.1.2.2)', () => {
    it('goes on every 4 s after a provisional response, and timer F still fires', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.host.receive = undefined;
      alice.send('OPTIONS', 'bob');
      simulation.clock.arm(990, () => {
        bob.host.send(createResponse(firstOf(alice), 100), alice.host.hop(), () => {});
      });
      await simulation.runUntilQuiet();
      // the timer that ran when the 100 came still fires at 1.5 s; from there on it is 4 s
      const expected = [0, 500, 1500, 5500, 9500, 13_500, 17_500, 21_500, 25_500, 29_500];
      expect(times(simulation.ladder(), 'OPTIONS')).toEqual(expected);
      expect(alice.heard).toEqual(['1000 100', '32000 timeout', '32000 over']);
      assertQuiet();
    });

    it('absorbs retransmitted responses for T4 over UDP', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(200);
      alice.send('OPTIONS', 'bob');
      await simulation.run(5019);
      const again = createResponse(firstOf(alice), 200);
      bob.host.send(again, alice.host.hop(), () => {});
      expect(alice.layer.counts().clientTransactions).toBe(1);
      await simulation.run(2);
      expect(alice.layer.counts().clientTransactions).toBe(0);
      await simulation.run(100);
      expect(alice.heard).toEqual(['20 200', '5020 over', '5029 stray 200']);
      await simulation.runUntilQuiet();
      assertQuiet();
    });
  });

  describe('INVITE client with a final response (RFC 3261 §17.1.1.2)', () => {
    it('acknowledges a failure in its own branch, and each copy of it for 32 s (RFC 3261 §17.1.1.3)', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(486);
      simulation.network.link('alice', 'bob', {});
      alice.send('INVITE', 'bob');
      await simulation.run(1000);
      const copy = createResponse(firstOf(alice), 486, { toTag: 'x' });
      bob.host.send(copy, alice.host.hop(), () => {});
      await simulation.runUntilQuiet();
      expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  486
          20 alice --> bob  ACK
        1000 bob --> alice  486
        1010 alice --> bob  ACK"
    `);
      expect(alice.heard).toEqual(['20 486', '32020 over']);
      expect(alice.layer.counters.retransmissionsAbsorbed).toBe(1);
      assertQuiet();
    });

    it('is over at once over TCP', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(486);
      alice.send('INVITE', 'bob;transport=tcp');
      await simulation.run(50);
      expect(alice.heard).toEqual(['20 486', '20 over']);
      expect(bob.heard).toEqual(['10 INVITE', '30 over']);
      assertQuiet();
    });

    it('hands every 2xx of 32 s to its owner, who acknowledges them (RFC 6026 §7.2)', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(200);
      alice.send('INVITE', 'bob');
      const fork = (): void =>
        bob.host.send(
          createResponse(firstOf(alice), 200, { toTag: 'fork' }),
          alice.host.hop(),
          () => {},
        );
      simulation.clock.arm(32_009, fork);
      simulation.clock.arm(32_011, fork);
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['20 200', '32019 200', '32020 over', '32021 stray 200']);
      expect(simulation.ladder()).not.toContain('ACK');
      assertQuiet();
    });
  });

  describe('INVITE server (RFC 3261 §17.2.1)', () => {
    it('sends 100 after 200 ms of silence, and again for a retransmission', async () => {
      const { simulation, alice, bob } = twoElements();
      simulation.network.link('alice', 'bob', { latencyMs: 400 });
      bob.serve = (transaction) => void simulation.clock.arm(700, () => answer(200)(transaction));
      alice.send('INVITE', 'bob');
      await simulation.run(1200);
      expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
         500 alice --> bob  INVITE
         600 bob --> alice  100
         900 bob --> alice  100
        1100 bob --> alice  200"
    `);
    });

    it('sends no 100 when its owner is faster', async () => {
      const { simulation, alice, bob } = twoElements();
      bob.serve = (transaction) => void simulation.clock.arm(199, () => answer(180)(transaction));
      alice.send('INVITE', 'bob');
      await simulation.run(5000);
      expect(times(simulation.ladder(), '100')).toEqual([]);
      expect(times(simulation.ladder(), '180')).toEqual([209]);
    });

    it('repeats a failure up to every 4 s over UDP and gives up after 32 s', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(486);
      alice.send('INVITE', 'bob').terminate();
      alice.host.receive = undefined;
      await simulation.runUntilQuiet();
      expect(times(simulation.ladder(), '486')).toEqual(OTHER_TIMES.map((time) => time + 10));
      expect(bob.heard).toEqual(['10 INVITE', '32010 timeout', '32010 over']);
      assertQuiet();
    });

    it('sends a failure once over TCP and gives up after 32 s', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(486);
      alice.send('INVITE', 'bob;transport=tcp').terminate();
      alice.host.receive = undefined;
      await simulation.runUntilQuiet();
      expect(times(simulation.ladder(), '486')).toEqual([10]);
      expect(bob.heard).toEqual(['10 INVITE', '32010 timeout', '32010 over']);
      assertQuiet();
    });

    it('absorbs ACKs for T4 once it is confirmed', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements({ duplicate: 1 });
      bob.serve = answer(486);
      alice.send('INVITE', 'bob');
      await simulation.run(5029);
      expect(bob.layer.counts().serverTransactions).toBe(1);
      await simulation.run(1);
      expect(bob.heard).toEqual(['10 INVITE', '5030 over']);
      await simulation.runUntilQuiet();
      assertQuiet();
    });

    it('absorbs retransmitted INVITEs in silence for 32 s after its 2xx (RFC 6026 §7.1)', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(200);
      alice.host.receive = undefined; // alice hears no 200 and goes on
      alice.send('INVITE', 'bob');
      await simulation.runUntilQuiet();
      expect(times(simulation.ladder(), 'INVITE')).toEqual(INVITE_TIMES);
      expect(times(simulation.ladder(), '200')).toEqual([10]);
      expect(bob.heard).toEqual(['10 INVITE', '32010 over']);
      assertQuiet();
    });
  });

  describe('non-INVITE server (RFC 3261 §17.2.2)', () => {
    it('answers retransmissions with the same response for 32 s over UDP', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(200);
      alice.host.receive = undefined;
      alice.send('OPTIONS', 'bob');
      await simulation.runUntilQuiet();
      expect(times(simulation.ladder(), '200')).toEqual(OTHER_TIMES.map((time) => time + 10));
      expect(bob.heard).toEqual(['10 OPTIONS', '32010 over']);
      assertQuiet();
    });

    it('is over with its response over TCP', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(200);
      alice.send('OPTIONS', 'bob;transport=tcp');
      await simulation.run(20);
      expect(bob.heard).toEqual(['10 OPTIONS', '10 over']);
      expect(alice.heard).toEqual(['20 200', '20 over']);
      assertQuiet();
    });

    it.each(['bob', 'bob;transport=tcp'])(
      'sends 100 to %s when timer E of the client is at T2, no sooner (RFC 4320)',
      async (to) => {
        const { simulation, alice, bob, assertQuiet } = twoElements();
        bob.serve = (transaction) => {
          answer(183)(transaction);
          if (to === 'bob') answer(100)(transaction);
          simulation.clock.arm(6000, () => answer(200)(transaction));
        };
        alice.send('OPTIONS', to);
        await simulation.runUntilQuiet();
        expect(times(simulation.ladder(), '183')).toEqual([]);
        expect(times(simulation.ladder(), '100')[0]).toBe(3510);
        expect(alice.heard).toContain('6020 200');
        assertQuiet();
      },
    );

    it('never sends 408 (RFC 4320)', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = answer(408);
      alice.send('OPTIONS', 'bob');
      await simulation.runUntilQuiet();
      expect(times(simulation.ladder(), '408')).toEqual([]);
      expect(bob.heard).toEqual(['10 OPTIONS', '32010 over']);
      assertQuiet();
    });

    it('sends nothing once the client has given up (RFC 4320)', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = (transaction) =>
        void simulation.clock.arm(32_001, () => answer(200)(transaction));
      alice.send('OPTIONS', 'bob');
      await simulation.runUntilQuiet();
      expect(times(simulation.ladder(), '200')).toEqual([]);
      expect(bob.heard).toEqual(['10 OPTIONS', '32010 timeout', '32010 over']);
      assertQuiet();
    });
  });
}
