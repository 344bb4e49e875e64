import { Buffer } from 'node:buffer';
import type { Fingerprint, FingerprintHash } from './media-security.ts';

/** Who opens the connection (RFC 4145 §4): `actpass` leaves it to the answer. */
export type Setup = 'active' | 'passive' | 'actpass' | 'holdconn';

const LENGTHS: { readonly [hash in FingerprintHash]: number } = {
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};

/**
 * Reads the value of `a=fingerprint` (RFC 8122 §5). Hashes that no longer prove anything (SHA-1,
 * MD5, MD2) and unknown ones give `undefined`.
 */
export function parseFingerprint(value: string): Fingerprint | undefined {
  const [name = '', text = ''] = value.trim().split(/ +/);
  const hash = name.toLowerCase();
  if (!isHash(hash) || !/^[\da-f]{2}(:[\da-f]{2})*$/i.test(text)) return undefined;
  const bytes = new Uint8Array(Buffer.from(text.replaceAll(':', ''), 'hex'));
  return bytes.length === LENGTHS[hash] ? { hash, value: bytes } : undefined;
}

/** The value of `a=fingerprint`. */
export function formatFingerprint({ hash, value }: Fingerprint): string {
  const octets = [...value].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase());
  return `${hash} ${octets.join(':')}`;
}

/** Whether both lists name the same certificates. */
export function sameFingerprints(
  some: readonly Fingerprint[],
  others: readonly Fingerprint[],
): boolean {
  const texts = (list: readonly Fingerprint[]) => list.map(formatFingerprint).sort().join();
  return texts(some) === texts(others);
}

/** Reads the value of `a=setup`. */
export function parseSetup(value: string): Setup | undefined {
  const word = value.trim().toLowerCase();
  const is = (one: Setup): boolean => one === word;
  return (['active', 'passive', 'actpass', 'holdconn'] as const).find(is);
}

function isHash(name: string): name is FingerprintHash {
  return Object.hasOwn(LENGTHS, name);
}
