import { expect, it } from 'vitest';
import { sourceKey } from './source-key.ts';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['2001:db8:0:1::7', '2001:db8:0:1::/64'],
  ['2001:DB8:0000:0001:aaaa:bbbb:cccc:dddd', '2001:db8:0:1::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['2001:db8:0:1::/64', '2001:db8:0:1::/64'],
])('%s is kept account of as %s', (address, key) => {
  expect(sourceKey(address)).toBe(key);
  expect(sourceKey(key)).toBe(key);
});
