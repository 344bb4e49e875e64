import { StrowgerError } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { AddressPolicy } from './address-policy.ts';

const NOBODY = ['0.0.0.0', '::', '255.255.255.255', '224.0.0.1', 'ff02::1', '169.254.169.254'];
const INSIDE = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '10.1.2.3', 'fe80::1'];

it('T07: always denies what is nobody, and the metadata of clouds', () => {
  const policy = new AddressPolicy({});
  expect(NOBODY.filter((address) => policy.permits(address))).toEqual([]);
  expect(INSIDE.every((address) => policy.permits(address))).toBe(true);
  expect(policy.permits('::ffff:169.254.169.254')).toBe(false);
});

it('T07: denies what is inside at the public edge, but for what is allowed', () => {
  const policy = new AddressPolicy({ edge: 'public', allow: ['10.1.0.0/16'] });
  expect([...NOBODY, ...INSIDE].filter((address) => policy.permits(address))).toEqual(['10.1.2.3']);
  expect(policy.permits('192.0.2.1')).toBe(true);
  expect(policy.permits('2001:db8::1')).toBe(true);
});

it('denies further networks, and refuses what is none', () => {
  expect(new AddressPolicy({ deny: ['198.51.100.0/24'] }).permits('198.51.100.7')).toBe(false);
  expect(() => new AddressPolicy({ deny: ['here'] })).toThrow(StrowgerError);
});
