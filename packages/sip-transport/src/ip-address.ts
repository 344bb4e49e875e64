import { isIP, isIPv4, isIPv6 } from 'node:net';

/** The version of the Internet Protocol that an address belongs to. */
export type Family = 4 | 6;

/** The family of an IP address without brackets; `undefined` for a name. */
export function familyOf(address: string): Family | undefined {
  const family = isIP(address);
  return family === 4 || family === 6 ? family : undefined;
}

/**
 * The one spelling under which an address is compared (RFC 5952): `2001:DB8::0:1` and
 * `2001:db8::1` are the same peer. Names come back in lower case.
 */
export function canonicalAddress(address: string): string {
  if (isIPv4(address)) return address;
  const [plain = '', zone] = address.split('%', 2);
  if (!isIPv6(plain)) return address.toLowerCase();
  const canonical = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  return zone === undefined ? canonical : `${canonical}%${zone}`;
}

/** Whether a socket bound to it hears on every local address of its family. */
export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** Whether it is one host's: neither multicast nor broadcast, nor the address of nobody. */
export function isUnicast(address: string): boolean {
  if (address.includes(':')) return address !== '::' && !/^ff/i.test(address);
  const first = firstOctet(address);
  return first > 0 && first < 224;
}

/** Looked at for every message: `parseInt` takes 0.2 µs. */
function firstOctet(address: string): number {
  let value = 0;
  for (let at = 0; at < 3; at++) {
    const digit = address.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  return value;
}

/** Whether it never leaves this machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

/** The loopback addresses that `localhost` stands for without asking DNS (RFC 6761 §6.3). */
export function localhostAddress(family: Family): string {
  return family === 4 ? '127.0.0.1' : '::1';
}

/** Whether a name stands for no host: a WebSocket client's own (RFC 7118 §5.2, RFC 6761 §6.4). */
export function isInvalid(name: string): boolean {
  return name.toLowerCase().endsWith('.invalid');
}

/** Whether a name is `localhost` or below it (RFC 6761 §6.3). */
export function isLocalhost(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === 'localhost' || lower.endsWith('.localhost');
}

/** The bytes of an IP address, 4 or 16, most significant first; `undefined` for a name. */
export function addressBytes(address: string): Uint8Array | undefined {
  const plain = canonicalAddress(address).split('%', 1)[0] ?? '';
  const family = familyOf(plain);
  if (family === undefined) return undefined;
  if (family === 4) return Uint8Array.from(plain.split('.').map(Number));
  const [before = [], after = []] = plain.split('::').map((half) => groupsOf(half));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  const groups = [...before, ...zeros, ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The canonical spelling of an address of 4 or 16 bytes; `undefined` for any other length. */
export function addressFrom(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => {
    const [high = 0, low = 0] = bytes.subarray(index * 2);
    return ((high << 8) | low).toString(16);
  });
  return canonicalAddress(groups.join(':'));
}

function groupsOf(half: string): number[] {
  return half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16));
}
