import { StrowgerError } from '@strowger/runtime';
import { SRTP_SUITES, type SrtpKeys, type SrtpSuite } from '../sdp/media-security.ts';

/** How a suite protects packets; lengths in bytes. */
export interface SuiteProtection {
  /** AES in counter mode with HMAC-SHA1, or AES-GCM. */
  readonly mode: 'cm' | 'gcm';
  readonly tagLength: number;
  /** SRTCP keeps the long tag in the suites with the short one (RFC 4568 §6.2.2, RFC 6188 §4). */
  readonly controlTagLength: number;
}

const LONG_TAG: SuiteProtection = { mode: 'cm', tagLength: 10, controlTagLength: 10 };
const SHORT_TAG: SuiteProtection = { mode: 'cm', tagLength: 4, controlTagLength: 10 };
const GCM: SuiteProtection = { mode: 'gcm', tagLength: 16, controlTagLength: 16 };

const PROTECTIONS: Readonly<Record<SrtpSuite, SuiteProtection>> = {
  AES_CM_128_HMAC_SHA1_80: LONG_TAG,
  AES_CM_128_HMAC_SHA1_32: SHORT_TAG,
  AES_192_CM_HMAC_SHA1_80: LONG_TAG,
  AES_192_CM_HMAC_SHA1_32: SHORT_TAG,
  AES_256_CM_HMAC_SHA1_80: LONG_TAG,
  AES_256_CM_HMAC_SHA1_32: SHORT_TAG,
  AEAD_AES_128_GCM: GCM,
  AEAD_AES_256_GCM: GCM,
};

/** How these keys protect. @throws StrowgerError `SRTP_BAD_KEYS` where their lengths do not fit. */
export function protectionOf({ suite, masterKey, masterSalt, mki }: SrtpKeys): SuiteProtection {
  const { keyLength, saltLength } = SRTP_SUITES[suite];
  const isFit =
    masterKey.length === keyLength &&
    masterSalt.length === saltLength &&
    (mki === undefined || (mki.length > 0 && mki.length <= 128));
  if (isFit) return PROTECTIONS[suite];
  const message = `${suite} wants ${keyLength} bytes of key, ${saltLength} of salt, 1 to 128 of MKI`;
  throw new StrowgerError('SRTP_BAD_KEYS', message);
}
