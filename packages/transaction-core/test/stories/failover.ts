import { describe, expect, it } from 'vitest';
import { answer, twoElements } from '../two-elements.ts';

/** Told by `transactions.test.ts`, which counts the rows that they drive. */
export function failoverStories(): void {
  describe('the next hop (RFC 3263 §4.3)', () => {
    function threeElements(options: Parameters<typeof twoElements>[0] = {}) {
      const made = twoElements(options);
      const carol = made.element('carol');
      made.simulation.network.name('pbx', 'bob', 'carol');
      return { ...made, carol };
    }

    it('is tried with a new branch after a 503, and the owner sees one transaction', async () => {
      const { simulation, alice, bob, carol } = threeElements();
      bob.serve = answer(503);
      carol.serve = answer(200);
      const transaction = alice.send('INVITE', 'pbx');
      await simulation.runUntilQuiet();
      const heard = [...bob.incoming, ...carol.incoming];
      const branches = heard.map(({ request }) => request.via.branch);
      expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  503
          20 alice --> bob  ACK
          20 alice --> carol  INVITE
          30 carol --> alice  200"
    `);
      expect(alice.heard).toEqual(['40 200', '32040 over']);
      expect(new Set(branches).size).toBe(2);
      expect(transaction.hop?.address).toBe(carol.host.address);
      simulation.assertQuiet({ alice: alice.layer, bob: bob.layer, carol: carol.layer });
    });

    it('is tried after a connection failure', async () => {
      const { simulation, alice, bob, carol } = threeElements();
      simulation.network.partition('bob');
      carol.serve = answer(200);
      alice.send('OPTIONS', 'pbx;transport=tcp');
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['4020 200', '4020 over']);
      expect(alice.layer.counters.transportErrors).toBe(1);
      simulation.assertQuiet({ alice: alice.layer, bob: bob.layer, carol: carol.layer });
    });

    it('is tried when the first hop never answered', async () => {
      const { simulation, alice, carol } = threeElements();
      simulation.network.partition('bob');
      carol.serve = answer(200);
      alice.send('OPTIONS', 'pbx');
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['32020 200', '37020 over']);
    });

    it('is not tried when the owner has cancelled', async () => {
      const { simulation, alice, bob, carol } = threeElements();
      bob.serve = answer(503);
      alice.send('INVITE', 'pbx').cancel();
      await simulation.runUntilQuiet();
      expect(alice.heard[0]).toBe('20 503');
      expect(carol.heard).toEqual([]);
    });

    it('has an end: the last error is told', async () => {
      const { simulation, alice, assertQuiet } = threeElements();
      simulation.network.partition('alice');
      alice.send('OPTIONS', 'pbx;transport=tcp');
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['8000 CONNECTION_FAILED', '8000 over']);
      assertQuiet();
    });

    it('does not exist for an unknown name', async () => {
      const { simulation, alice, assertQuiet } = threeElements();
      const transaction = alice.send('OPTIONS', 'nowhere');
      expect(alice.heard).toEqual([]);
      expect(alice.layer.counts().clientTransactions).toBe(1);
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['0 NO_ROUTE', '0 over']);
      expect(transaction.hop).toBeUndefined();
      assertQuiet();
    });

    it('is TCP for a request that is too long for UDP, and UDP where TCP is refused', async () => {
      const { simulation, alice, bob } = threeElements();
      bob.serve = answer(200);
      alice.send('MESSAGE', 'bob', { headers: [['Subject', 'x'.repeat(1300)]] });
      await simulation.run(100);
      expect(bob.incoming[0]?.inbound.hop.transport).toBe('tcp');
      const udpOnly = simulation.network.host('dave', { listen: ['udp'] });
      udpOnly.receive = (inbound) => bob.layer.receive(inbound);
      alice.send('OPTIONS', 'dave', { headers: [['Subject', 'x'.repeat(1300)]] });
      await simulation.run(100);
      expect(bob.incoming[1]?.inbound.hop.transport).toBe('udp');
    });
  });
}
