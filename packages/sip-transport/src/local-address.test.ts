import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { LocalAddresses } from './local-address.ts';

describe("this machine's addresses", () => {
  it('are known as its own, with a zone as well, and others are not', () => {
    const addresses = new LocalAddresses(new VirtualClock());
    const own = ['127.0.0.1', '127.0.0.1%lo', addresses.towards('198.51.100.1')];
    expect(own.map((address) => addresses.has(address))).toEqual([true, true, true]);
    expect(['192.0.2.77', ''].map((address) => addresses.has(address))).toEqual([false, false]);
  });
});
