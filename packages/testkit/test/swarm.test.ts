import { describe, expect, it } from 'vitest';
import { planWorld } from '../swarm/plan.ts';
import { PROFILES, type ProfileName } from '../swarm/profiles.ts';
import { shrink } from '../swarm/shrink.ts';
import { swarm } from '../swarm/swarm.ts';
import { runWorld } from '../swarm/world.ts';

const names = Object.keys(PROFILES) as ProfileName[]; // the keys of PROFILES are its names

describe('random calls', () => {
  it.each(names)('break no rule on a network that is "%s"', async (profile) => {
    const { failures } = await swarm({
      seed: 77,
      calls: 80,
      profiles: [profile],
      shard: 0,
      of: 1,
      isHasty: false,
    });
    expect(failures.map(({ plan, violations }) => [plan.seed, violations])).toEqual([]);
  });

  it('all reach the outcome that was meant where a tenth of the packets is lost', async () => {
    const { counts } = await swarm({
      seed: 5,
      calls: 600,
      profiles: ['loss10'],
      shard: 0,
      of: 1,
      isHasty: true,
    });
    expect(counts['loss10']).toEqual({
      calls: 600,
      asMeant: 600,
      unlucky: 0,
      restored: 0,
      failures: 0,
    });
  }, 30_000);

  it.each([
    // accepted while the PRACK was outstanding, and six of seven copies of the 183 lost: 504
    [2257119452, 'loss30'],
    // two copies of an UPDATE for a fork that is no more: 481 with a Session-ID, and without
    [3338800976, 'cuts'],
    // what ends a subscription came after a request that was sent later, and got 500
    [2237252059, 'loss10'],
    [461542158, 'partition'],
    // two forks with early media whose caller told nobody what it had agreed to
    [2443026836, 'loss10'],
    [1668724426, 'hostile'],
    // a copy of an INVITE from another binding of the NAT, at the moment of a timer
    [624514104, 'rebind'],
    // an ACK whose CSeq says "ACS" is an ACK
    [1433799867, 'hostile'],
    // what has "ACK" in its CSeq alone is none
    [2897037575, 'hostile'],
    // of two copies of a 404 the second had a Session-ID
    [1160101491, 'partition'],
    // called again after a 422, with the other branch silent: who refused does so again
    [1407034838, 'loss30'],
    [2179692987, 'restart'],
    // a PRACK that a later UPDATE overtook, and then a BYE
    [3721439298, 'loss30'],
    [788407892, 'hostile'],
    // an UPDATE whose interval was too small, in a dialog that was ended meanwhile
    [603582646, 'clean'],
    // accepted by a session, and no PRACK came: 504
    [3292207681, 'loss30'],
    // hung up while the 200 waited for a PRACK that never came
    [1975967875, 'loss30'],
    // a process that died with a REFER under way
    [1197772116, 'restart'],
    // an early dialog was ended, its INVITE went on, and then its process died
    [1595166679, 'restart'],
    // a process that died at the moment at which its SUBSCRIBE had a number
    [3642917350, 'restart'],
  ] as const)('that once failed: world %i', async (seed, profile) => {
    const { violations } = await runWorld(planWorld(seed, profile, 40));
    expect(violations).toEqual([]);
  });

  it('give the same trace for the same seed', async () => {
    const plan = planWorld(9, 'partition', 20);
    const [first, second] = [await runWorld(plan), await runWorld(plan)];
    expect(first.hash).toBe(second.hash);
    expect((await runWorld({ ...plan, seed: 10 })).hash).not.toBe(first.hash);
  });
});

describe('a failing seed', () => {
  it('shrinks to the calls and the lost packets that it takes', async () => {
    // call 999 is to nobody: its caller is never told what became of it
    const world = planWorld(3, 'loss30', 12);
    const [first] = world.calls;
    if (first === undefined) throw new Error('a world has calls');
    const lost = { ...first, id: 999, caller: 'nobody', acts: [] };
    const { plan, runs, result } = await shrink({ ...world, calls: [...world.calls, lost] });
    expect(plan.calls.map(({ id }) => id)).toEqual([999]);
    expect(plan.datagramFaults ?? []).toEqual([]);
    expect(result.violations.join()).toMatch(/nobody never learned/);
    expect(runs).toBeLessThan(50);
  }, 20_000);
});
