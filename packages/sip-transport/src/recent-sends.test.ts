import { type StrowgerError, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { RecentSends } from './recent-sends.ts';

const peer = { address: '192.0.2.1', port: 5060 };
const other = { address: '192.0.2.2', port: 5060 };
const named = (): ((error: StrowgerError) => void) => () => {};

describe('the last datagrams of a socket', () => {
  it('blames the youngest to the destination, and each only once', () => {
    const recent = new RecentSends(new VirtualClock());
    const first = named();
    const second = named();
    recent.add(peer, first);
    recent.add(peer, second);
    recent.add(other, named());
    expect(recent.blame(peer)).toBe(second);
    expect(recent.blame(peer)).toBe(first);
    expect(recent.blame(peer)).toBe(undefined);
  });

  it('blames none that was sent long before', () => {
    const clock = new VirtualClock();
    const recent = new RecentSends(clock);
    recent.add(peer, named());
    clock.advance(1001);
    expect(recent.blame(peer)).toBe(undefined);
  });

  it('forgets all but the last 64', () => {
    const recent = new RecentSends(new VirtualClock());
    recent.add(peer, named());
    for (let n = 0; n < 64; n++) recent.add(other, named());
    expect(recent.blame(peer)).toBe(undefined);
  });
});
