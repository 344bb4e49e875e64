import { isIPv6 } from 'node:net';

/**
 * Under which name a source is kept account of: an IPv4 address, or the /64 of an IPv6 address, in
 * which one customer has all addresses (RFC 6177). An IPv4-mapped address counts as IPv4.
 *
 * @param address as sockets write it, or in any other spelling; a key is its own.
 */
export function sourceKey(address: string): string {
  if (!address.includes(':')) return address;
  const plain = unmapped(address.split(/[%/]/, 1)[0] ?? '').toLowerCase();
  if (!isIPv6(plain)) return plain;
  const [before = '', after] = plain.split('::', 2);
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail];
  const prefix = groups.slice(0, 4).map((group) => group.replace(/^0{1,3}(?=.)/, ''));
  return `${prefix.join(':')}::/64`;
}

/** The IPv4 address within `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2), else the address as it was. */
export function unmapped(address: string): string {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [one, other] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [one >> 8, one & 0xff, other >> 8, other & 0xff].join('.');
}
