import { createResponse } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type { Hop, TargetOutcome } from '../../src/index.ts';
import { answer, type Element, twoElements } from '../two-elements.ts';

/** Notes what an element tells its transport. */
function reportsOf({ host }: Element): string[] {
  const reports: string[] = [];
  Object.assign(host, {
    report: (hop: Hop, outcome: TargetOutcome, retryAfterMs?: number): void => {
      reports.push(
        [hop.address, outcome, retryAfterMs].filter((one) => one !== undefined).join(' '),
      );
    },
  });
  return reports;
}

/** Told by `transactions.test.ts`, which counts the rows that they drive. */
export function reportStories(): void {
  describe('what the transport is told of a target (RFC 3263 §4.3)', () => {
    it('is that it answered, once for all responses of a request', async () => {
      const { simulation, alice, bob } = twoElements();
      const reports = reportsOf(alice);
      bob.serve = (transaction) => {
        transaction.respond(createResponse(transaction.request, 180));
        transaction.respond(createResponse(transaction.request, 486));
      };
      alice.send('INVITE', 'bob');
      await simulation.runUntilQuiet();
      expect(reports).toEqual([`${bob.host.address} ok`]);
    });

    it('is that it is unavailable, for as long as its Retry-After says', async () => {
      const { simulation, alice, bob } = twoElements();
      const carol = simulation.network.host('carol');
      simulation.network.name('pbx', 'bob', 'carol');
      const reports = reportsOf(alice);
      bob.serve = (transaction) =>
        transaction.respond(
          createResponse(transaction.request, 503, {
            headers: [['Retry-After', '20 (maintenance)']],
          }),
        );
      alice.send('OPTIONS', 'pbx');
      await simulation.runUntilQuiet();
      expect(reports).toEqual([`${bob.host.address} unavailable 20000`, `${carol.address} failed`]);
    });

    it('is that it failed where no answer came, and nothing where one had come', async () => {
      const { simulation, alice, bob } = twoElements();
      const reports = reportsOf(alice);
      alice.send('OPTIONS', 'bob');
      simulation.network.partition('bob');
      await simulation.runUntilQuiet();
      expect(reports).toEqual([`${bob.host.address} failed`]);
    });

    it('is nothing of a connection that failed: the transport saw it itself', async () => {
      const { simulation, alice } = twoElements();
      const reports = reportsOf(alice);
      simulation.network.partition('bob');
      alice.send('OPTIONS', 'bob;transport=tcp');
      await simulation.runUntilQuiet();
      expect(reports).toEqual([]);
    });

    it('need not be told: a sender without `report` is one', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      Object.assign(alice.host, { report: undefined });
      bob.serve = answer(503);
      alice.send('OPTIONS', 'bob');
      await simulation.runUntilQuiet();
      expect(alice.heard[0]).toBe('20 503');
      assertQuiet();
    });
  });

  describe('the hop that a request takes', () => {
    it('is the same for its CANCEL and for the ACK to its failure', async () => {
      const { simulation, alice, bob } = twoElements();
      const carol = simulation.network.host('carol');
      simulation.network.name('pbx', 'carol', 'bob');
      simulation.network.partition('carol');
      bob.serve = (transaction) => transaction.respond(createResponse(transaction.request, 180));
      const transaction = alice.send('INVITE', 'pbx', {
        onResponse: ({ status }) => {
          if (status === 180) transaction.cancel();
        },
      });
      await simulation.run(33_000);
      bob.incoming[0]?.respond(createResponse(bob.incoming[0].request, 487));
      await simulation.runUntilQuiet();
      expect(transaction.hop?.address).toBe(bob.host.address);
      const to = (method: string): boolean =>
        simulation.ladder().includes(`alice --> bob  ${method}`);
      expect([to('CANCEL'), to('ACK')]).toEqual([true, true]);
      expect(simulation.ladder()).not.toMatch(/carol {2}(?:CANCEL|ACK)/);
      expect(carol.receive).toBeUndefined();
    });

    it('is told before the request is copied for it, so that its Contact can name the transport', async () => {
      const { simulation, alice, bob } = twoElements();
      const carol = simulation.network.host('carol', { listen: ['udp'] });
      carol.receive = (inbound) => bob.layer.receive(inbound);
      bob.serve = answer(200);
      const taken: string[] = [];
      alice.send('OPTIONS', 'carol', {
        headers: [['Subject', 'x'.repeat(1300)]],
        onHop: ({ transport }) => taken.push(transport),
      });
      await simulation.runUntilQuiet();
      expect(taken).toEqual(['tcp', 'udp']);
    });
  });

  describe('a response with more Vias than its request (RFC 3261 §8.1.3.3)', () => {
    const other = 'SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKx';
    it.each<[string, (ours: string) => string[]]>([
      ['in a field of its own', (ours) => [ours, other]],
      ['in one field', (ours) => [`${ours}, ${other}`]],
    ])('is not for us: %s', async (_, vias) => {
      const { simulation, alice, bob } = twoElements();
      bob.serve = (transaction) => {
        const response = createResponse(transaction.request, 200);
        const ours = response.headers.raw('Via')[0] ?? '';
        response.headers.remove('Via');
        for (const via of vias(ours)) response.headers.append('Via', via);
        transaction.respond(response);
      };
      alice.send('OPTIONS', 'bob');
      await simulation.run(1000);
      expect(alice.heard).toEqual([]);
      expect(alice.layer.counters.responsesDropped).toBeGreaterThan(0);
    });

    it('is one for a proxy whose request had as many', async () => {
      const { simulation, alice, bob } = twoElements();
      bob.serve = answer(200);
      alice.send('OPTIONS', 'bob', {
        headers: [['Via', 'SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKx']],
      });
      await simulation.run(1000);
      expect(alice.heard[0]).toBe('20 200');
    });
  });
}
