import { describe, expect, it } from 'vitest';
import { type IntervalInput, rtcpIntervalMs } from './rtcp-interval.ts';

const G711: IntervalInput = {
  members: 2,
  senders: 2,
  weSent: true,
  sessionBytesPerSecond: 10_000,
  averageBytes: 128,
  initial: false,
  chance: 0.5,
};
const COMPENSATION = Math.E - 1.5;

describe('the time between reports (RFC 3550 §6.2, §6.3.1)', () => {
  it('is the reduced minimum of 360 / 80 seconds for G.711', () => {
    expect(rtcpIntervalMs(G711)).toBeCloseTo(4500 / COMPENSATION, 6);
  });

  it('is half of that before the first', () => {
    expect(rtcpIntervalMs({ ...G711, initial: true })).toBeCloseTo(2250 / COMPENSATION, 6);
  });

  it('varies from half to one and a half', () => {
    expect(rtcpIntervalMs({ ...G711, chance: 0 })).toBeCloseTo(2250 / COMPENSATION, 6);
    expect(rtcpIntervalMs({ ...G711, chance: 1 })).toBeCloseTo(6750 / COMPENSATION, 6);
  });

  it('never lies below five seconds where the bandwidth is small', () => {
    const slow = { ...G711, sessionBytesPerSecond: 1000 };
    expect(rtcpIntervalMs(slow)).toBeGreaterThanOrEqual(5000 / COMPENSATION);
  });

  it('grows with the number of members', () => {
    const many = { ...G711, members: 1000, senders: 1000 };
    expect(rtcpIntervalMs(many)).toBeCloseTo((128 * 1000 * 1000) / 500 / COMPENSATION, 3);
  });
});
