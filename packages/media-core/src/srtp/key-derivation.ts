import { createCipheriv } from 'node:crypto';
import type { SrtpKeys } from '../sdp/media-security.ts';

/** What a session key is for (RFC 3711 §4.3.2). */
export const LABELS = {
  rtp: { encryption: 0, authentication: 1, salt: 2 },
  rtcp: { encryption: 3, authentication: 4, salt: 5 },
} as const;

/**
 * A session key of `length` bytes, at a key derivation rate of 0 (RFC 3711 §4.3.1). The generator is
 * AES in counter mode with the length of the master key (RFC 6188 §2, RFC 7714 §11); a salt of 12
 * bytes stands at the left of the 14.
 */
export function deriveKey(
  { masterKey, masterSalt }: Pick<SrtpKeys, 'masterKey' | 'masterSalt'>,
  label: number,
  length: number,
): Uint8Array {
  const start = new Uint8Array(16);
  start.set(masterSalt);
  start[7] = (start[7] ?? 0) ^ label;
  const generator = createCipheriv(`aes-${masterKey.length * 8}-ctr`, masterKey, start);
  return generator.update(new Uint8Array(length));
}
