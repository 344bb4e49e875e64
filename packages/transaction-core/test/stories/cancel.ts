import { createResponse } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { answer, requestOf, twoElements } from '../two-elements.ts';

/** Told by `transactions.test.ts`, which counts the rows that they drive. */
export function cancelStories(): void {
  describe('CANCEL (RFC 3261 §9)', () => {
    it('goes out only after a provisional response; the INVITE ends with 487 (RFC 3261 §9.1)', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = (transaction) => void simulation.clock.arm(100, () => answer(180)(transaction));
      alice.send('INVITE', 'bob').cancel({ headers: [['Reason', 'SIP;cause=200']] });
      await simulation.runUntilQuiet();
      expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
         110 bob --> alice  180
         120 alice --> bob  CANCEL
         130 bob --> alice  200
         130 bob --> alice  487
         140 alice --> bob  ACK"
    `);
      expect(alice.heard).toEqual(['120 180', '140 487', '32140 over']);
      assertQuiet();
    });

    it('is told to the owner of the INVITE, and carries its reason and the same To tag', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      const reasons: string[] = [];
      const tags: (string | undefined)[] = [];
      bob.serve = (transaction) => {
        answer(180)(transaction);
        transaction.user = {
          onCancel: (cancel) => {
            reasons.push(...cancel.headers.raw('reason'));
            answer(487)(transaction);
          },
        };
      };
      const { receive } = alice.host;
      alice.host.receive = (inbound) => {
        if (inbound.message.kind === 'response') tags.push(inbound.message.to.tag);
        receive?.(inbound);
      };
      const transaction = alice.send('INVITE', 'bob');
      await simulation.run(50);
      transaction.cancel({ headers: [['Reason', 'SIP;cause=200;text="elsewhere"']] });
      transaction.cancel(); // a second one changes nothing
      await simulation.runUntilQuiet();
      expect(reasons).toEqual(['SIP;cause=200;text="elsewhere"']);
      expect(tags).toHaveLength(3);
      expect(new Set(tags).size).toBe(1);
      assertQuiet();
    });

    it('loses the race against a 200: the 200 counts, CANCEL has no effect', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = (transaction) => {
        answer(180)(transaction);
        simulation.clock.arm(45, () => answer(200)(transaction));
      };
      const transaction = alice.send('INVITE', 'bob');
      await simulation.run(50);
      transaction.cancel();
      await simulation.runUntilQuiet();
      expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  180
          50 alice --> bob  CANCEL
          55 bob --> alice  200
          60 bob --> alice  200"
    `);
      expect(alice.heard).toEqual(['20 180', '65 200', '32065 over']);
      expect(bob.heard).toEqual(['10 INVITE', '32055 over']);
      assertQuiet();
    });

    it('crosses a failure: both sides end with that failure', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      bob.serve = (transaction) => {
        answer(180)(transaction);
        simulation.clock.arm(45, () => answer(486)(transaction));
      };
      const transaction = alice.send('INVITE', 'bob');
      await simulation.run(50);
      transaction.cancel();
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['20 180', '65 486', '32065 over']);
      assertQuiet();
    });

    it('gives the INVITE up when no final response comes within 64*T1', async () => {
      const { simulation, alice, bob } = twoElements();
      bob.serve = (transaction) => {
        answer(180)(transaction);
        transaction.user = { onCancel: () => {} };
      };
      const transaction = alice.send('INVITE', 'bob');
      await simulation.run(50);
      transaction.cancel();
      await simulation.run(40_000);
      expect(alice.heard).toEqual(['20 180', '32050 timeout', '32050 over']);
      expect(alice.layer.counts().clientTransactions).toBe(0);
    });

    it('sends nothing at all when the INVITE has not left yet', async () => {
      const { simulation, alice, assertQuiet } = twoElements();
      alice.host.locate = async () => [{ transport: 'udp', address: '10.0.0.2', port: 5060 }];
      alice.send('INVITE', 'bob').cancel();
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['0 487', '0 over']);
      expect(simulation.ladder()).toBe('');
      assertQuiet();
    });

    it('is answered with 481 where nothing is known of it, and never reaches the owner (RFC 3261 §9.2)', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      const cancel = requestOf('CANCEL', 'bob', [
        ['Via', 'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKnowhere'],
      ]);
      alice.host.send(cancel, bob.host.hop(), () => {});
      await simulation.runUntilQuiet();
      expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  CANCEL
          10 bob --> alice  481"
    `);
      expect(bob.heard).toEqual([]);
      assertQuiet();
    });

    it('does not hit another call by a guessed branch', async () => {
      const { simulation, alice, bob } = twoElements();
      bob.serve = answer(180);
      const { request } = alice.send('INVITE', 'bob');
      await simulation.run(50);
      const forged = requestOf('CANCEL', 'bob', [['Via', request?.via ?? '']]);
      alice.host.send(forged, bob.host.hop(), () => {});
      await simulation.run(50);
      expect(simulation.ladder()).toContain('481');
      expect(bob.incoming[0]?.state).toBe('proceeding');
    });

    it('has no effect on other requests than INVITE, but is answered', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      const { request } = alice.send('OPTIONS', 'bob');
      await simulation.run(50);
      const cancel = requestOf('CANCEL', 'bob', [['Via', request?.via ?? '']]);
      cancel.headers.set('Call-ID', request?.callId ?? '');
      alice.host.send(cancel, bob.host.hop(), () => {});
      await simulation.run(50);
      const [transaction] = bob.incoming;
      transaction?.respond(createResponse(transaction.request, 200));
      await simulation.runUntilQuiet();
      expect(simulation.ladder({ between: ['alice', 'bob'] })).toMatchInlineSnapshot(`
      "     0 alice --> bob  OPTIONS
          50 alice --> bob  CANCEL
          60 bob --> alice  200
         100 bob --> alice  200"
    `);
      assertQuiet();
    });
  });
}
