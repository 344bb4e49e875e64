import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Call } from '../src/call.ts';
import type { Phone } from './phone.ts';
import { setStage, type Stage } from './stage.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it.each(['answered', 'refused'])(
  'nothing holds a call that was %s when it is over',
  async (how) => {
    const stage = setStage({ ladder: false });
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    if (how === 'refused') bob.onInvite = (invite) => invite.reject(486);
    const call = await callAndEnd(stage, alice);
    const { calls, sessions, transactions } = stage.engine.counts();
    expect([calls, sessions]).toEqual([0, 0]);
    expect(transactions).toBeGreaterThan(0); // they linger
    await turn(); // what a `WeakRef` was made for lives as long as the turn
    collectGarbage();
    expect(call.deref() === undefined).toBe(true);
    await stage.strike();
  },
);

/** In a function of its own: what its variables hold is gone with them. */
async function callAndEnd({ simulation, engine }: Stage, alice: Phone): Promise<WeakRef<Call>> {
  const call = alice.call('bob');
  await simulation.run(45);
  const [made] = engine.calls();
  if (made === undefined) throw new Error('there is no call');
  await simulation.run(3000);
  call.dialog?.bye();
  await simulation.run(6000);
  return new WeakRef(made);
}
