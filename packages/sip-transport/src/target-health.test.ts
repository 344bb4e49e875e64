import { seededRandom, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import type { Hop } from './hop.ts';
import { afterReport, type Health, type TargetChange, TargetHealth } from './target-health.ts';
import { defaultLimits } from './transport-limits.ts';

const limits = {
  ...defaultLimits,
  targetFailures: 3,
  targetFailuresMs: 60,
  targetAvoidMs: 30,
  targetAvoidMaxMs: 100,
};
const now = 1000;
const suspect = (failures: number, forgottenAt = 1010): Health => ({
  name: 'suspect',
  failures,
  forgottenAt,
});
const avoided = (until: number, forMs: number): Health => ({ name: 'avoided', until, forMs });
const probed = (until: number, forMs: number): Health => ({ name: 'probed', until, forMs });

describe('the circuit breaker of a target', () => {
  it.each<[string, Health | undefined, 'ok' | 'failed' | 'unavailable', Health | undefined]>([
    ['suspects it after a failure', undefined, 'failed', suspect(1, 1060)],
    ['counts failures that follow soon', suspect(1), 'failed', suspect(2, 1060)],
    ['forgets those that are long ago', suspect(2, 999), 'failed', suspect(1, 1060)],
    ['avoids it after so many in a row', suspect(2), 'failed', avoided(1030, 30)],
    ['takes a 503 for a failure', suspect(2), 'unavailable', avoided(1030, 30)],
    ['trusts it again after an answer', suspect(2), 'ok', undefined],
    ['does not count what was sent before', avoided(1001, 30), 'failed', avoided(1001, 30)],
    ['trusts it when it answers after all', avoided(1001, 30), 'ok', undefined],
    [
      'avoids it for twice as long when the probe fails',
      probed(1001, 30),
      'failed',
      avoided(1060, 60),
    ],
    ['and never for longer than the limit', probed(1001, 80), 'failed', avoided(1100, 100)],
    ['closes when the probe is answered', probed(1001, 30), 'ok', undefined],
    ['knows nothing of who is well', undefined, 'ok', undefined],
  ])('%s', (_, before, outcome, after) => {
    expect(afterReport(before, { outcome, now }, limits)).toEqual(after);
  });

  it('leaves it alone for as long as its 503 says, within the limit', () => {
    const report = { outcome: 'unavailable', now } as const;
    expect(afterReport(undefined, { ...report, retryAfterMs: 50 }, limits)).toEqual(
      avoided(1050, 30),
    );
    expect(afterReport(undefined, { ...report, retryAfterMs: 9e9 }, limits)).toEqual(
      avoided(1100, 30),
    );
  });
});

describe('the order of targets (RFC 3263 §4.3)', () => {
  const hop = (last: number): Hop => ({
    transport: 'udp',
    address: `192.0.2.${last}`,
    port: 5060,
    host: 'a.example',
  });
  const [one, two, three] = [hop(1), hop(2), hop(3)];
  const make = (over = {}) => {
    const clock = new VirtualClock();
    const changes: TargetChange[] = [];
    const health = new TargetHealth({
      clock,
      random: seededRandom(1),
      limits: { ...limits, targetFailures: 1, ...over },
      onTargetChange: (change) => changes.push(change),
    });
    return { clock, health, changes };
  };

  it('puts those that fail last, and leaves none out', () => {
    const { health } = make();
    health.report(one, 'failed');
    expect(health.order([one, two, three])).toEqual([two, three, one]);
    health.report(two, 'failed');
    health.report(three, 'failed');
    expect(health.order([one, two, three])).toEqual([one, two, three]);
  });

  it('lets one request try them when their time is over, and the rest when it is answered', () => {
    const { clock, health } = make();
    health.report(one, 'failed');
    clock.advance(40);
    expect(health.order([one, two])).toEqual([one, two]);
    expect(health.order([one, two])).toEqual([two, one]);
    health.report(one, 'ok');
    expect(health.order([one, two])).toEqual([one, two]);
    expect(health.size).toBe(0);
  });

  it('lets another try when nobody tells of the first', () => {
    const { clock, health } = make();
    health.report(one, 'failed');
    clock.advance(40);
    health.order([one, two]);
    clock.advance(30);
    expect(health.order([one, two])).toEqual([one, two]);
  });

  it('tells once that a target is avoided, and once that it is well', () => {
    const { health, changes } = make({ targetFailures: 2 });
    for (const outcome of ['failed', 'failed', 'failed', 'ok', 'ok'] as const) {
      health.report(one, outcome);
    }
    const target = { transport: 'udp', address: '192.0.2.1', port: 5060 };
    expect(changes).toEqual([
      { ...target, isAvailable: false },
      { ...target, isAvailable: true },
    ]);
  });

  it('remembers so many targets and no more', () => {
    const { health } = make({ targets: 2 });
    for (const target of [one, two, three]) health.report(target, 'failed');
    expect(health.size).toBe(2);
  });
});
