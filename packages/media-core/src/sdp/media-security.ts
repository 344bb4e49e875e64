/** Protection profiles by their names in `a=crypto` (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.2). */
export type SrtpSuite =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AES_192_CM_HMAC_SHA1_80'
  | 'AES_192_CM_HMAC_SHA1_32'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM';

/** Octets of each suite's master key and master salt. */
export const SRTP_SUITES: {
  readonly [suite in SrtpSuite]: { readonly keyLength: number; readonly saltLength: number };
} = {
  AES_CM_128_HMAC_SHA1_80: { keyLength: 16, saltLength: 14 },
  AES_CM_128_HMAC_SHA1_32: { keyLength: 16, saltLength: 14 },
  AES_192_CM_HMAC_SHA1_80: { keyLength: 24, saltLength: 14 },
  AES_192_CM_HMAC_SHA1_32: { keyLength: 24, saltLength: 14 },
  AES_256_CM_HMAC_SHA1_80: { keyLength: 32, saltLength: 14 },
  AES_256_CM_HMAC_SHA1_32: { keyLength: 32, saltLength: 14 },
  AEAD_AES_128_GCM: { keyLength: 16, saltLength: 12 },
  AEAD_AES_256_GCM: { keyLength: 32, saltLength: 12 },
};

/** The keys of one direction, as its sender chose them. */
export interface SrtpKeys {
  readonly suite: SrtpSuite;
  readonly masterKey: Uint8Array;
  readonly masterSalt: Uint8Array;
  /** Stands at the end of every packet where it is there (RFC 3711 §3.1): 1–128 octets. */
  readonly mki?: Uint8Array;
}

/** Hash functions that a fingerprint may be made with; MD2, MD5 and SHA-1 are none (RFC 8122 §5). */
export type FingerprintHash = 'sha-224' | 'sha-256' | 'sha-384' | 'sha-512';

/** What a certificate must hash to (RFC 8122). */
export interface Fingerprint {
  readonly hash: FingerprintHash;
  readonly value: Uint8Array;
}

/** How the keys of SRTP come about: in the description (RFC 4568) or by DTLS (RFC 5763). */
export type Keying = 'sdes' | 'dtls';

/**
 * Whether media is encrypted. Whatever it is: what was once agreed encrypted stays so.
 *
 * - `off`: never; an offer that insists is refused.
 * - `optional`: we do not ask for it, and take it where the other side does.
 * - `best-effort`: we offer it beside plain RTP (RFC 8643) and take either.
 * - `required`: nothing else is offered, and nothing else taken.
 */
export type SrtpPolicy = 'off' | 'optional' | 'best-effort' | 'required';

/** What was agreed about encryption: this is what happens to the packets, not what was wished. */
export type MediaSecurity =
  | { readonly kind: 'none' }
  | { readonly kind: 'sdes'; readonly send: SrtpKeys; readonly receive: SrtpKeys }
  | {
      readonly kind: 'dtls';
      /** Who sends the ClientHello (RFC 5763 §5, `a=setup`): we do as `client`. */
      readonly role: 'client' | 'server';
      /** The other side's certificate fits one of them; never empty. */
      readonly fingerprints: readonly Fingerprint[];
    };
