import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  sign,
  X509Certificate,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Runtime } from '@strowger/runtime';
import type { Fingerprint, FingerprintHash } from '../sdp/index.ts';
import {
  bitString,
  explicit,
  integer,
  objectIdentifier,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';
import { uint } from './tls-bytes.ts';

/** Who we are to DTLS, as plain data that can cross to another thread. */
export interface DtlsIdentity {
  /** X.509 in DER. */
  readonly certificate: Uint8Array;
  /** Its key, on P-256, as PKCS #8 in DER. */
  readonly privateKey: Uint8Array;
}

const DAY_MS = 86_400_000;
/** Nobody looks at it where fingerprints are compared, and a process may run for long. */
const VALID_DAYS = 3650;

/**
 * Makes a key on P-256 and a certificate that signs itself: it proves nothing but that its holder is
 * the one whose fingerprint stands in the description (RFC 5763 §5).
 */
export function createDtlsIdentity({
  clock,
  random,
}: Pick<Runtime, 'clock' | 'random'>): DtlsIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = clock.wall();
  const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const commonName = sequence(objectIdentifier('2.5.4.3'), utf8String('strowger'));
  const name = sequence(set(commonName));
  const signed = sequence(
    explicit(0, integer(uint(1, 2))), // version 3
    integer(random.bytes(16)),
    ecdsaWithSha256,
    name,
    sequence(time(now - DAY_MS), time(now + VALID_DAYS * DAY_MS)),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
  );
  const signature = bitString(sign('sha256', signed, privateKey));
  return {
    certificate: sequence(signed, ecdsaWithSha256, signature),
    privateKey: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })),
  };
}

/** The key of an identity, to sign with. */
export function signingKey({ privateKey }: DtlsIdentity): KeyObject {
  const key = Buffer.from(privateKey);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** The fingerprint of a certificate in DER (RFC 8122 §5). */
export function fingerprintOf(
  certificate: Uint8Array,
  hash: FingerprintHash = 'sha-256',
): Fingerprint {
  const digest = createHash(hash.replace('-', '')).update(certificate).digest();
  return { hash, value: new Uint8Array(digest) };
}

/** The key that a certificate in DER is about; `undefined` where it cannot be read. */
export function publicKeyOf(certificate: Uint8Array): KeyObject | undefined {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch {
    return undefined;
  }
}
