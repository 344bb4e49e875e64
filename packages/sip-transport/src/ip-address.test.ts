import { describe, expect, it } from 'vitest';
import { canonicalAddress, familyOf, isLocalhost, isLoopback, isWildcard } from './ip-address.ts';

describe('an IP address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['fe80::A%eth0', 'fe80::a%eth0'],
    ['Example.COM', 'example.com'],
  ])('%s is compared as %s', (address, canonical) => {
    expect(canonicalAddress(address)).toBe(canonical);
  });

  it('has a family, where it is one', () => {
    expect([familyOf('192.0.2.1'), familyOf('::1'), familyOf('a.example')]).toEqual([
      4,
      6,
      undefined,
    ]);
  });

  it('may be loopback, or a wildcard', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1'].every(isLoopback)).toBe(true);
    expect(['192.0.2.1', '::', '127.example'].some(isLoopback)).toBe(false);
    expect(['0.0.0.0', '::'].every(isWildcard)).toBe(true);
  });

  it('is known for localhost without DNS', () => {
    expect(['localhost', 'LOCALHOST', 'pbx.localhost'].every(isLocalhost)).toBe(true);
    expect(isLocalhost('localhost.example')).toBe(false);
  });
});
