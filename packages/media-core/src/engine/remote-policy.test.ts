import { expect, it } from 'vitest';
import { RemotePolicy } from './remote-policy.ts';

const NEVER = [
  '0.1.2.3',
  '224.0.0.1',
  '239.1.1.1',
  '255.255.255.255',
  'ff02::1',
  '::ffff:224.0.0.1',
];
const NEAR = ['127.0.0.1', '127.9.9.9', '169.254.169.254', '169.254.1.1', '::1', 'fe80::1'];
const MAPPED = ['::ffff:127.0.0.1', '::ffff:169.254.169.254'];
const FAR = ['192.0.2.1', '10.0.0.1', '192.168.1.1', '2001:db8::1', 'fd12::1', '0.0.0.0', '::'];

it.each(NEVER)('T07: no media goes to %s, wherever we stand', (address) => {
  expect(new RemotePolicy().permits(address)).toBe(false);
  expect(new RemotePolicy({ edge: 'public' }).permits(address)).toBe(false);
});

it.each([...NEAR, ...MAPPED])('T07: at a public edge no media goes to %s', (address) => {
  expect(new RemotePolicy().permits(address)).toBe(true);
  expect(new RemotePolicy({ edge: 'public' }).permits(address)).toBe(false);
});

it.each(FAR)(
  'T07: media of phones behind a NAT, of the internet and on hold passes: %s',
  (address) => {
    expect(new RemotePolicy({ edge: 'public' }).permits(address)).toBe(true);
  },
);

it.each(['127.1', '0x7f.1', '2130706433', 'localhost.', 'example.com'])(
  'T07: what is no whole IP address is none: %s',
  (address) => expect(new RemotePolicy().permits(address)).toBe(false),
);

it('takes further networks out, and in again', () => {
  const policy = new RemotePolicy({ edge: 'public', deny: ['10.0.0.0/8'], allow: ['127.0.0.1'] });
  expect(
    ['10.1.2.3', '11.1.2.3', '127.0.0.1', '127.0.0.2'].map((one) => policy.permits(one)),
  ).toEqual([false, true, true, false]);
  expect(() => new RemotePolicy({ deny: ['10.0.0.0/33'] })).toThrow('no network');
  expect(() => new RemotePolicy({ deny: ['ten'] })).toThrow('no network');
});
