import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { answer, requestOf, twoElements } from '../two-elements.ts';

const via = (branch: string, host = '10.0.0.1:5060'): string =>
  `SIP/2.0/UDP ${host}${branch === '' ? '' : `;branch=${branch}`}`;

/** Told by `transactions.test.ts`, which counts the rows that they drive. */
export function matchingStories(): void {
  describe('matching of requests (RFC 3261 §17.2.3)', () => {
    function raw(...requests: SipRequest[]) {
      const made = twoElements();
      for (const request of requests) {
        made.alice.host.send(request, made.bob.host.hop(), () => {});
      }
      return made;
    }

    it('takes the same branch from another sender for another request', async () => {
      const second = requestOf('OPTIONS', 'bob', [['Via', via('z9hG4bK1', '10.0.0.9:5060')]]);
      second.headers.set('Call-ID', 'another');
      const { simulation, bob } = raw(
        requestOf('OPTIONS', 'bob', [['Via', via('z9hG4bK1')]]),
        requestOf('OPTIONS', 'bob', [['Via', via('Z9hG4bK1'.replace('Z', 'z'))]]),
        second,
      );
      await simulation.run(20);
      expect(bob.incoming).toHaveLength(2);
      expect(bob.layer.counters.retransmissionsAbsorbed).toBe(1);
    });

    it('matches clients of RFC 2543 by the fields of the request', async () => {
      const invite = requestOf('INVITE', 'bob', [['Via', via('')]]);
      const { simulation, alice, bob, assertQuiet } = raw(invite, invite);
      bob.serve = answer(486);
      await simulation.run(20);
      expect(bob.incoming).toHaveLength(1);
      const ack = requestOf('ACK', 'bob', [['Via', via('')]]);
      ack.headers.set('Call-ID', invite.callId);
      ack.headers.set('To', `<sip:bob@bob>;tag=${bob.incoming[0]?.localTag}`);
      alice.host.send(ack, bob.host.hop(), () => {});
      await simulation.run(20);
      expect(bob.incoming[0]?.state).toBe('confirmed');
      await simulation.runUntilQuiet();
      assertQuiet();
    });

    it('hands on the ACK of RFC 2543 to a 2xx: its To tag is not the failure that we sent', async () => {
      const invite = requestOf('INVITE', 'bob', [['Via', via('')]]);
      const { simulation, alice, bob } = raw(invite);
      bob.serve = answer(486);
      await simulation.run(20);
      const ack = requestOf('ACK', 'bob', [['Via', via('')]]);
      ack.headers.set('Call-ID', invite.callId);
      ack.headers.set('To', '<sip:bob@bob>;tag=another');
      alice.host.send(ack, bob.host.hop(), () => {});
      await simulation.run(20);
      expect(bob.heard).toEqual(['10 INVITE', '30 ACK']);
      expect(bob.incoming[0]?.state).toBe('completed');
    });

    it('drops an ACK that acknowledges nothing', async () => {
      const { simulation, bob, assertQuiet } = raw(
        requestOf('ACK', 'bob', [['Via', via('z9hG4bKstray')]]),
      );
      await simulation.runUntilQuiet();
      expect(bob.heard).toEqual([]);
      expect(simulation.ladder().split('\n')).toHaveLength(1);
      assertQuiet();
    });

    it('hands the ACK to a 2xx to the owner, with a branch of its own or that of the INVITE', async () => {
      const { simulation, bob, alice } = raw(
        requestOf('INVITE', 'bob', [['Via', via('z9hG4bK1')]]),
      );
      bob.serve = answer(200);
      await simulation.run(20);
      for (const branch of ['z9hG4bK1', 'z9hG4bK2']) {
        const ack = requestOf('ACK', 'bob', [['Via', via(branch)]]);
        ack.headers.set('To', `<sip:bob@bob>;tag=${bob.incoming[0]?.localTag}`);
        alice.host.send(ack, bob.host.hop(), () => {});
      }
      await simulation.run(20);
      expect(bob.heard).toEqual(['10 INVITE', '30 ACK', '30 ACK']);
    });

    it('answers 482 to the same request over another path (§8.2.2.2)', async () => {
      const { simulation, bob, assertQuiet } = raw(
        requestOf('INVITE', 'bob', [['Via', via('z9hG4bK1')]]),
        requestOf('INVITE', 'bob', [['Via', via('z9hG4bK2')]]),
      );
      bob.serve = answer(486);
      await simulation.runUntilQuiet();
      expect(simulation.ladder()).toContain('10 bob --> alice  482');
      expect(bob.incoming).toHaveLength(1);
      expect(bob.layer.counters.requestsRefused).toBe(1);
      assertQuiet();
    });

    it('passes a merged request on where the owner is a proxy', async () => {
      const { simulation, alice, bob } = twoElements({}, { mergedRequests: 'pass' });
      for (const branch of ['z9hG4bK1', 'z9hG4bK2']) {
        const invite = requestOf('INVITE', 'bob', [['Via', via(branch)]]);
        alice.host.send(invite, bob.host.hop(), () => {});
      }
      await simulation.run(20);
      expect(bob.incoming).toHaveLength(2);
    });
  });

  describe('requests that the owner never sees', () => {
    it('are those with a malformed header: 400', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      const request = requestOf('OPTIONS', 'bob', [
        ['Via', via('z9hG4bK1')],
        ['Expires', 'soon'],
      ]);
      alice.host.send(request, bob.host.hop(), () => {});
      await simulation.runUntilQuiet();
      expect(simulation.ladder()).toContain('10 bob --> alice  400');
      expect(bob.heard).toEqual([]);
      assertQuiet();
    });

    it('are those over the limit: 503 with Retry-After', async () => {
      const { simulation, alice, bob } = twoElements({}, { maxTransactions: 1 });
      const retryAfter: string[] = [];
      const toBob = { target: uri('sip:bob') };
      alice.send('OPTIONS', 'bob', toBob);
      await simulation.run(20);
      const carol = simulation.network.host('carol');
      carol.receive = ({ message }) => retryAfter.push(...message.headers.raw('retry-after'));
      carol.send(
        requestOf('MESSAGE', 'bob', [['Via', via('z9hG4bK2', '10.0.0.3:5060')]]),
        bob.host.hop(),
        () => {},
      );
      await simulation.run(20);
      expect(retryAfter).toEqual(['10']);
      alice.send('MESSAGE', 'bob');
      await simulation.run(0);
      await simulation.run(1);
      expect(alice.heard).toEqual(['40 TOO_MANY_TRANSACTIONS', '40 over']);
    });
  });

  describe('responses', () => {
    it('are told as strays where nothing waits for them', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements();
      const request = requestOf('OPTIONS', 'bob', [['Via', via('z9hG4bKnone')]]);
      bob.host.send(createResponse(request, 200), alice.host.hop(), () => {});
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['10 stray 200']);
      assertQuiet();
    });

    it('of the owner that come too late are dropped', async () => {
      const { simulation, alice, bob } = twoElements();
      bob.serve = (transaction) => {
        answer(200)(transaction);
        answer(486)(transaction);
      };
      alice.send('INVITE', 'bob');
      await simulation.run(100);
      expect(alice.heard).toEqual(['20 200']);
    });
  });

  describe('the ACK to a 2xx', () => {
    it('leaves the same way byte for byte when it is given once more', async () => {
      const { simulation, alice, bob } = twoElements();
      const branches: (string | undefined)[] = [];
      bob.host.receive = ({ message }) => branches.push(message.via.branch);
      const ack = requestOf('ACK', 'bob');
      alice.layer.sendAck(ack);
      alice.layer.sendAck(ack);
      await simulation.run(20);
      expect(branches).toHaveLength(2);
      expect(new Set(branches).size).toBe(1);
      expect(alice.layer.counts().clientTransactions).toBe(0);
    });
  });
}
