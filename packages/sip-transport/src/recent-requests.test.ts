import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { RecentRequests } from './recent-requests.ts';

const branches = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `z9hG4bK-${from + at}`);

describe('the requests that were let in lately', () => {
  it('are all known, however many they are, and no others are', () => {
    const recent = new RecentRequests(new VirtualClock());
    const letIn = branches(0, 20_000);
    for (const branch of letIn) recent.add(branch);
    expect(letIn.every((branch) => recent.has(branch))).toBe(true);
    expect(branches(20_000, 20_000).filter((branch) => recent.has(branch))).toEqual([]);
  });

  it('are known as long as their copies may come, and no more than twice as long', () => {
    const clock = new VirtualClock();
    const recent = new RecentRequests(clock);
    recent.add('first');
    clock.advance(32_001);
    recent.add('second');
    expect(recent.has('first')).toBe(true);
    clock.advance(32_001);
    recent.add('third');
    expect(['first', 'second', 'third'].map((branch) => recent.has(branch))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('are the latest hundred thousand at least', () => {
    const recent = new RecentRequests(new VirtualClock());
    const all = branches(0, 200_001);
    for (const branch of all) recent.add(branch);
    expect(all.slice(-100_000).every((branch) => recent.has(branch))).toBe(true);
    expect(recent.has('z9hG4bK-0')).toBe(false);
  });

  it('are forgotten when the layer closes', () => {
    const recent = new RecentRequests(new VirtualClock());
    recent.add('one');
    recent.clear();
    expect(recent.has('one')).toBe(false);
  });
});
