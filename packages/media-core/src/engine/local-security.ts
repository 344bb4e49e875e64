import { type Random, StrowgerError } from '@strowger/runtime';
import {
  type Fingerprint,
  type Keying,
  type LocalSecurity,
  SRTP_SUITES,
  type SrtpKeys,
  type SrtpPolicy,
  type SrtpSuite,
} from '../sdp/index.ts';

/** The ways to keys that the streams of this engine can go: no other is ever negotiated. */
export const SUPPORTED_KEYING: readonly Keying[] = ['sdes', 'dtls'];

/** In the order in which they are offered: first what costs least for what it gives. */
const OFFERED: readonly SrtpSuite[] = [
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
];
/** Taken where they are all that the other side has. */
const TAKEN: readonly SrtpSuite[] = [
  ...OFFERED,
  'AES_256_CM_HMAC_SHA1_32',
  'AES_192_CM_HMAC_SHA1_80',
  'AES_192_CM_HMAC_SHA1_32',
];

/** What an endpoint's security is made of. */
export interface LocalSecurityOptions {
  readonly policy: SrtpPolicy;
  readonly keying: readonly Keying[];
  readonly random: Random;
  /** Of the certificate that the endpoint shows. */
  readonly fingerprints?: readonly Fingerprint[];
  /** Default: what this engine's streams can do. */
  readonly supported?: readonly Keying[];
}

/**
 * Keys of an endpoint for all of its life: a description says the same of them each time, so that
 * a later round changes no keys unless it means to. `undefined` where nothing is encrypted.
 *
 * @throws StrowgerError `MEDIA_UNSUPPORTED` where encryption is required and no way to keys is there.
 */
export function localSecurity({
  policy,
  keying,
  random,
  fingerprints = [],
  supported = SUPPORTED_KEYING,
}: LocalSecurityOptions): LocalSecurity | undefined {
  if (policy === 'off') return undefined;
  const possible = keying.filter(
    (one) => supported.includes(one) && (one === 'sdes' || fingerprints.length > 0),
  );
  if (possible.length === 0) {
    if (policy !== 'required') return undefined;
    const message = `Media must be encrypted, which needs one of ${keying.join(', ')}`;
    throw new StrowgerError('MEDIA_UNSUPPORTED', message);
  }
  return {
    policy,
    keying: possible,
    ...(possible.includes('sdes') && {
      crypto: TAKEN.map((suite) => new KeysOnDemand(suite, random)),
    }),
    offeredSuites: OFFERED,
    ...(possible.includes('dtls') && { fingerprints }),
  };
}

/**
 * Keys that nobody else has (RFC 4568 §6.1), drawn when they are first looked at: of eight suites one
 * is taken, and none by a call in the clear. `random` must not be foreseeable.
 */
export class KeysOnDemand implements SrtpKeys {
  readonly suite: SrtpSuite;
  private readonly random: Random;
  private key: Uint8Array | undefined;
  private salt: Uint8Array | undefined;

  constructor(suite: SrtpSuite, random: Random) {
    this.suite = suite;
    this.random = random;
  }

  get masterKey(): Uint8Array {
    this.key ??= this.random.bytes(SRTP_SUITES[this.suite].keyLength);
    return this.key;
  }

  get masterSalt(): Uint8Array {
    this.salt ??= this.random.bytes(SRTP_SUITES[this.suite].saltLength);
    return this.salt;
  }
}
