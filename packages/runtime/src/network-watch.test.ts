import { describe, expect, it } from 'vitest';
import { VirtualClock } from './clock.ts';
import { AddressWatch } from './network-watch.ts';

describe('a watch over addresses', () => {
  it('tells when one comes or goes, and not when they are told in another order', () => {
    const clock = new VirtualClock();
    let addresses = ['192.0.2.1', '10.0.0.1'];
    let told = 0;
    const stop = new AddressWatch({ clock, addresses: () => addresses }).watch(() => told++);
    clock.advance(5000);
    addresses = ['10.0.0.1', '192.0.2.1'];
    clock.advance(5000);
    expect(told).toBe(0);
    addresses = ['10.0.0.1'];
    clock.advance(1000);
    expect(told).toBe(1);
    addresses = ['10.0.0.1', '192.0.2.7'];
    clock.advance(1000);
    expect(told).toBe(2);
    stop();
    addresses = [];
    clock.advance(5000);
    expect(told).toBe(2);
    expect(clock.armedTimers).toBe(0);
  });
});
