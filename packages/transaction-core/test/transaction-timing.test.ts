import { createResponse } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { answer, twoElements } from './two-elements.ts';

/** When `label` was sent, in milliseconds. */
function times(ladder: string, label: string): number[] {
  return ladder
    .split('\n')
    .filter((line) => line.endsWith(`  ${label}`))
    .map((line) => Number(line.slice(0, 6)));
}

const INVITE_TIMES = [0, 500, 1500, 3500, 7500, 15_500, 31_500];
const OTHER_TIMES = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];

describe('INVITE client', () => {
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
      const request = transaction.request;
      bob.host.send(createResponse(request, 180), alice.host.hop(), () => {});
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

describe('non-INVITE client', () => {
  it('doubles the interval up to 4 s and gives up after 32 s', async () => {
    const { simulation, alice, assertQuiet } = twoElements({ loss: 1 });
    alice.send('OPTIONS', 'bob');
    await simulation.runUntilQuiet();
    expect(times(simulation.ladder(), 'OPTIONS')).toEqual(OTHER_TIMES);
    expect(alice.heard).toEqual(['32000 timeout', '32000 over']);
    assertQuiet();
  });
});
