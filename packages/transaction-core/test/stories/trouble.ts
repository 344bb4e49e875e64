import { createResponse } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type { TransactionTrouble } from '../../src/index.ts';
import { answer, twoElements } from '../two-elements.ts';

/** Two elements that write down their trouble, both to one list. */
function troubled() {
  const told: string[] = [];
  const elements = twoElements(
    {},
    { onTrouble: (trouble) => told.push(`${elements.simulation.clock.now()} ${text(trouble)}`) },
  );
  return { ...elements, told };
}

function text(trouble: TransactionTrouble): string {
  if (trouble.type === 'timedOut') return `no ${trouble.missing} to ${trouble.request.method}`;
  const { message, type } = trouble;
  return `${type} ${message.kind === 'request' ? message.method : message.status}`;
}

/** Told by `transactions.test.ts`, which counts the rows that they drive. */
export function troubleStories(): void {
  describe('retransmissions and time-outs are told when they happen', () => {
    it('each copy that leaves, and that there was no response', async () => {
      const { simulation, alice, told } = troubled();
      simulation.network.partition('bob');
      alice.send('INVITE', 'bob');
      await simulation.runUntilQuiet();
      expect(told).toEqual([
        ...[500, 1500, 3500, 7500, 15_500, 31_500].map((at) => `${at} retransmitted INVITE`),
        '32000 no response to INVITE',
      ]);
    });

    it('each copy that is heard, and the answer that leaves once more', async () => {
      const { simulation, alice, bob, told } = troubled();
      bob.serve = (transaction) => {
        simulation.clock.arm(700, () => answer(200)(transaction));
      };
      alice.send('MESSAGE', 'bob');
      await simulation.runUntilQuiet();
      expect(told).toEqual(['500 retransmitted MESSAGE', '510 absorbed MESSAGE']);
    });

    it('a failure without its ACK', async () => {
      const { simulation, alice, bob, told } = troubled();
      bob.serve = (transaction) => {
        answer(486)(transaction);
        simulation.network.partition('alice');
      };
      alice.send('INVITE', 'bob');
      await simulation.run(40_000);
      expect(told).toContain('32010 no ack to INVITE');
      expect(told.filter((line) => line.endsWith('retransmitted 486'))).toHaveLength(10);
      alice.layer.close();
      await simulation.runUntilQuiet();
    });

    it('a request that the user never answered, and one that only rang', async () => {
      const { simulation, alice, bob, told } = troubled();
      bob.serve = (transaction) =>
        transaction.method === 'INVITE'
          ? transaction.respond(createResponse(transaction.request, 180))
          : undefined;
      alice.send('OPTIONS', 'bob');
      const invite = alice.send('INVITE', 'bob');
      await simulation.run(100);
      invite.cancel();
      for (const transaction of bob.incoming) transaction.user = { onCancel() {} };
      await simulation.run(33_000);
      expect(told.filter((line) => line.includes(' no '))).toEqual([
        '32000 no finalResponse to OPTIONS',
        '32010 no answer to OPTIONS',
        '32100 no finalResponse to INVITE',
      ]);
      alice.layer.close();
      bob.layer.close();
      await simulation.runUntilQuiet();
    });

    it('a listener that throws harms nothing', async () => {
      const { simulation, alice, bob, assertQuiet } = twoElements(
        {},
        {
          onTrouble: () => {
            throw new Error('a listener');
          },
        },
      );
      bob.serve = (transaction) => {
        simulation.clock.arm(700, () => answer(200)(transaction));
      };
      alice.send('MESSAGE', 'bob');
      await simulation.runUntilQuiet();
      expect(alice.heard).toEqual(['720 200', '5720 over']);
      expect(alice.layer.counters.retransmissionsSent).toBe(1);
      assertQuiet();
    });
  });
}
