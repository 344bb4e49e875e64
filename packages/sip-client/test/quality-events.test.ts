import type { QualityLevel } from '@strowger/session-core';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { MediaPhone } from './media-phones.ts';

const RANK: readonly QualityLevel[] = ['good', 'fair', 'poor'];

/** A call between two phones of whose packets a share is lost. */
async function lossy(losses: readonly number[], quality = {}) {
  const simulation = createSimulation({ seed: 1, ladder: false });
  const alice = new MediaPhone(simulation, 'alice');
  const bob = new MediaPhone(simulation, 'bob', { media: { quality } });
  const told: { from: QualityLevel; to: QualityLevel; mos: number; lossRate: number }[] = [];
  const heads: string[] = [];
  const seconds: number[] = [];
  bob.manager.on('qualityChanged', ({ type, sessionId, from, to, metrics }) => {
    heads.push(`${type} ${sessionId}`);
    told.push({ from, to, mos: metrics.mos, lossRate: metrics.lossRate });
  });
  bob.manager.on('quality', ({ metrics }) => seconds.push(metrics.mos));
  alice.call('sip:bob@bob');
  await simulation.run(5000);
  const { id } = bob.session;
  for (const loss of losses) {
    simulation.network.link('alice', 'bob', { loss });
    await simulation.run(15_000);
  }
  const last = bob.session.mediaMetrics;
  simulation.network.link('alice', 'bob', { loss: 0 });
  void alice.session.hangUp();
  await simulation.run(1000);
  await Promise.all([alice.close(), bob.close()]);
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.manager, bob: bob.manager });
  return { told, heads, id, seconds, last };
}

describe('the quality of a session', () => {
  it('D-23 C-09 TS-26 is told when it falls and rises, with what was measured', async () => {
    const { told, heads, id } = await lossy([0.4, 0]);
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(new Set(heads)).toEqual(new Set([`qualityChanged ${id}`]));
    const fall = told.filter(({ from, to }) => RANK.indexOf(to) > RANK.indexOf(from));
    expect(told[0]).toMatchObject({ from: 'good' });
    for (const { mos, lossRate } of fall) {
      expect(mos).toBeLessThan(3.6);
      expect(lossRate).toBeGreaterThan(0.1);
    }
    const rise = told.at(-1);
    expect(rise).toMatchObject({ to: 'good' });
    expect(rise?.mos).toBeGreaterThan(3.6);
  });

  it('is not told where it stays as it is', async () => {
    const { told } = await lossy([0, 0.001]);
    expect(told).toEqual([]);
  });

  it('is what the thresholds make of it', async () => {
    const { told } = await lossy([0.4, 0], { fairBelowMos: 1.1, poorBelowMos: 1 });
    expect(told).toEqual([]);
    const { told: strict } = await lossy([0], { fairBelowMos: 4.9, poorBelowMos: 4.8 });
    expect(strict.map(({ from, to }) => `${from} ${to}`)).toEqual(['good poor']);
  });

  it('is told each second where that is wanted, and the last one can be asked', async () => {
    const { seconds, last } = await lossy([0.4], { tell: 'seconds' });
    expect(seconds.length).toBeGreaterThan(15);
    expect(Math.min(...seconds)).toBeLessThan(3.1);
    expect(last?.mos).toBe(seconds.at(-1));
  });
});
