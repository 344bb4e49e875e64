import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone } from './phone.ts';

describe('a call', () => {
  it('is set up, acknowledged and ended by the caller (RFC 3261 §13.2, §15.1.1)', async () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob');
    alice.call('bob');
    await simulation.run(5000);
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  180
        1010 bob --> alice  200
        1020 alice --> bob  ACK
        5000 alice --> bob  BYE
        5010 bob --> alice  200"
    `);
    expect(alice.log).toEqual(['180 early', 'accepted 200', 'ended bye local']);
    expect(bob.log).toEqual(['ACK', 'BYE', 'ended bye remote']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});
