import { seededRandom } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { glareDelayMs, judgeReinvite, retryAfterSeconds } from './glare.ts';

describe('judgeReinvite (RFC 3261 §14.2)', () => {
  it.each([
    [false, false, false, 'take'],
    [true, false, false, 'requestPending'],
    [false, false, true, 'requestPending'],
    [false, true, false, 'serverBusy'],
    [true, true, false, 'serverBusy'],
  ] as const)(
    'ours %s, theirs %s, unacknowledged %s: %s',
    (ours, theirs, unacknowledged, verdict) => {
      expect(judgeReinvite({ ours, theirs, unacknowledged })).toBe(verdict);
    },
  );
});

describe('glareDelayMs', () => {
  const random = seededRandom(1);
  const delays = (owner: boolean) =>
    Array.from({ length: 5000 }, () => glareDelayMs(owner, random));

  it('is 2.1 to 4 s in steps of 10 ms for the owner of the Call-ID (RFC 3261 §14.1)', () => {
    const all = delays(true);
    expect([Math.min(...all), Math.max(...all)]).toEqual([2100, 4000]);
    expect(all.every((ms) => ms % 10 === 0)).toBe(true);
  });

  it('is 0 to 2 s for the other side, so that the two never meet again (RFC 3261 §14.1)', () => {
    const all = delays(false);
    expect([Math.min(...all), Math.max(...all)]).toEqual([0, 2000]);
  });

  it('goes with a Retry-After of 0 to 10 s (RFC 3261 §14.2)', () => {
    const all = Array.from({ length: 2000 }, () => retryAfterSeconds(random));
    expect([Math.min(...all), Math.max(...all)]).toEqual([0, 10]);
  });
});
