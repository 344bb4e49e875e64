import { VirtualClock } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { type SecurityEvent, SecurityEvents } from './security-events.ts';
import { defaultLimits } from './transport-limits.ts';

function events() {
  const clock = new VirtualClock();
  const told: SecurityEvent[] = [];
  const limits = { ...defaultLimits, securityEventSources: 100 };
  const made = new SecurityEvents({ clock, limits, tell: (event) => told.push(event) });
  return { clock, told, made };
}

it('tells the first at once and the rest together', () => {
  const { clock, told, made } = events();
  for (let n = 0; n < 1000; n++) made.note('scanner', '192.0.2.1', 'sipvicious\r\n');
  expect(told).toMatchObject([{ type: 'scanner', count: 1, detail: 'sipvicious??' }]);
  clock.advance(defaultLimits.securityEventMs);
  expect(told.map(({ count }) => count)).toEqual([1, 999]);
  clock.advance(defaultLimits.securityEventMs * 2);
  expect(told).toHaveLength(2);
  expect(clock.armedTimers).toBe(0); // nothing waits any more
  made.note('scanner', '192.0.2.1');
  expect(told).toHaveLength(3);
});

it('loses count of nothing in a flood from many sources, and keeps few', () => {
  const { told, made } = events();
  for (let n = 0; n < 5000; n++) made.note('rateLimited', `10.0.${n >> 8}.${n & 255}`);
  expect(told).toHaveLength(10);
  made.close();
  expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
  expect(told.at(-1)).toMatchObject({ source: '*', severity: 'warning' });
  expect(told.length).toBeLessThan(110);
});
