import type { SrtpSuite } from '../sdp/index.ts';

/** A cipher suite of ours: all with ephemeral keys and AES-GCM (RFC 5289). */
export interface CipherSuite {
  readonly id: number;
  /** What the server's certificate signs with. */
  readonly signs: 'ec' | 'rsa';
  readonly hash: 'sha256' | 'sha384';
  readonly keyLength: number;
}

/** Preferred first. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  { id: 0xc02b, signs: 'ec', hash: 'sha256', keyLength: 16 },
  { id: 0xc02f, signs: 'rsa', hash: 'sha256', keyLength: 16 },
  { id: 0xc02c, signs: 'ec', hash: 'sha384', keyLength: 32 },
  { id: 0xc030, signs: 'rsa', hash: 'sha384', keyLength: 32 },
];

/** Protection profiles of SRTP by their numbers (RFC 5764 §4.1.2, RFC 7714 §14.2), preferred first. */
export const SRTP_PROFILES: readonly { readonly id: number; readonly suite: SrtpSuite }[] = [
  { id: 7, suite: 'AEAD_AES_128_GCM' },
  { id: 8, suite: 'AEAD_AES_256_GCM' },
  { id: 1, suite: 'AES_CM_128_HMAC_SHA1_80' },
  { id: 2, suite: 'AES_CM_128_HMAC_SHA1_32' },
];

/** Groups that keys are agreed in (RFC 8422 §5.1.1), preferred first. */
export const GROUPS = { x25519: 29, 'P-256': 23 } as const;

export type Group = keyof typeof GROUPS;

/** How something is signed (RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3). */
export interface SignatureScheme {
  readonly id: number;
  readonly signs: 'ec' | 'rsa';
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly isPss?: true;
}

/** All that we verify; we ourselves sign with the first. */
export const SIGNATURE_SCHEMES: readonly [SignatureScheme, ...SignatureScheme[]] = [
  { id: 0x0403, signs: 'ec', hash: 'sha256' },
  { id: 0x0804, signs: 'rsa', hash: 'sha256', isPss: true },
  { id: 0x0401, signs: 'rsa', hash: 'sha256' },
  { id: 0x0503, signs: 'ec', hash: 'sha384' },
  { id: 0x0805, signs: 'rsa', hash: 'sha384', isPss: true },
  { id: 0x0501, signs: 'rsa', hash: 'sha384' },
  { id: 0x0603, signs: 'ec', hash: 'sha512' },
  { id: 0x0806, signs: 'rsa', hash: 'sha512', isPss: true },
  { id: 0x0601, signs: 'rsa', hash: 'sha512' },
];
