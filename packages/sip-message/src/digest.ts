import { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { isDigest } from './auth-params.ts';
import type { Challenge } from './challenge.ts';
import { Credentials, formatNonceCount } from './credentials.ts';
import { encodeText } from './octets.ts';
import { Fault, type Parsed, toParsed } from './refusal.ts';
import type { Uri } from './uri.ts';

/** The algorithms of RFC 7616 §3.2, RFC 8760 §2.1. */
export type DigestAlgorithm =
  | 'MD5'
  | 'MD5-sess'
  | 'SHA-256'
  | 'SHA-256-sess'
  | 'SHA-512-256'
  | 'SHA-512-256-sess';

/** The algorithms, weakest first. */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = [
  'MD5',
  'MD5-sess',
  'SHA-256',
  'SHA-256-sess',
  'SHA-512-256',
  'SHA-512-256-sess',
];

/** The algorithm that a challenge or credentials name, MD5 where they name none. */
export function digestAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  const lower = (name ?? 'MD5').toLowerCase();
  return DIGEST_ALGORITHMS.find((algorithm) => algorithm.toLowerCase() === lower);
}

/**
 * `H(username:realm:password)` in hexadecimal: what a server keeps instead of the password
 * (RFC 7616 §3.4.2). The same for an algorithm and its `-sess` variant, whose further step needs
 * the nonces and is done where the response is computed.
 */
export function computeHa1(
  algorithm: DigestAlgorithm,
  who: { readonly username: string; readonly realm: string; readonly password: string },
): string {
  return hash(algorithm, `${who.username}:${who.realm}:${who.password}`);
}

/**
 * `H(username:realm)` in hexadecimal: what stands in place of the name where the server said
 * `userhash=true` (RFC 7616 §3.4.4).
 */
export function computeUserHash(
  algorithm: DigestAlgorithm,
  who: { readonly username: string; readonly realm: string },
): string {
  return hash(algorithm, `${who.username}:${who.realm}`);
}

/** What an answer to a challenge is computed from: a password, or the HA1 for its algorithm. */
export type AnswerInput = {
  readonly username: string;
  readonly method: string;
  /** The Request-URI (RFC 3261 §22.4). */
  readonly uri: string | Uri;
  /** Fresh randomness of the client. */
  readonly cnonce: string;
  /** How many requests were sent with this nonce, this one counted: 1 and up. */
  readonly nonceCount: number;
  /** The body, which `auth-int` covers. */
  readonly body?: string | Uint8Array;
} & ({ readonly password: string } | { readonly ha1: string });

/**
 * The credentials that answer a challenge (RFC 7616 §3.4, RFC 3261 §22.4): `auth` where it is
 * offered, else `auth-int`, with the name hashed where the server understands that. Refused as
 * `UNKNOWN_SCHEME`, `UNKNOWN_ALGORITHM`, `UNKNOWN_QOP`, and `BAD_AUTH` where the challenge holds a
 * NUL, which cannot be sent back.
 */
export function answerChallenge(challenge: Challenge, input: AnswerInput): Parsed<Credentials> {
  const algorithm = digestAlgorithm(challenge.algorithm);
  const qop = chooseQop(challenge.qop);
  if (!isDigest(challenge.scheme)) return refuse('UNKNOWN_SCHEME', 'the scheme is not Digest');
  if (algorithm === undefined) return refuse('UNKNOWN_ALGORITHM', 'the algorithm is unknown');
  if (qop === 'unknown') return refuse('UNKNOWN_QOP', 'no quality of protection is known');
  if (holdsNul(challenge)) return refuse('BAD_AUTH', 'the challenge holds a NUL');
  const isSession = algorithm.endsWith('-sess');
  const { realm, nonce, opaque } = challenge;
  const ha1 = 'ha1' in input ? input.ha1 : computeHa1(algorithm, { ...input, realm });
  const uri = input.uri.toString();
  const cnonce = qop !== undefined || isSession ? input.cnonce : undefined;
  const nc = qop === undefined ? undefined : input.nonceCount;
  const given = { method: input.method, body: input.body, uri, nonce, cnonce, nc, qop };
  const response = computeResponse(algorithm, ha1, given);
  const isHashed = challenge.userhash;
  const username = isHashed ? computeUserHash(algorithm, { ...input, realm }) : input.username;
  const who = { username, realm, nonce, uri, response };
  const userhash = isHashed ? true : undefined;
  const how = { algorithm: challenge.algorithm, cnonce, nc, qop, opaque, userhash };
  return { ok: true, value: new Credentials({ ...who, ...how }) };
}

/**
 * Whether the credentials prove knowledge of the password (RFC 7616 §3.4.6), compared in constant
 * time. The caller judges nonce, nonce count, realm and `uri`. False for what cannot be computed.
 */
export function verifyCredentials(
  credentials: Credentials,
  expected: {
    /** For the algorithm that the credentials name. */
    readonly ha1: string;
    readonly method: string;
    readonly body?: string | Uint8Array;
  },
): boolean {
  const algorithm = digestAlgorithm(credentials.algorithm);
  const { qop, cnonce, nc, uri, nonce } = credentials;
  if (!isDigest(credentials.scheme) || algorithm === undefined) return false;
  if (qop !== undefined && !isQop(qop)) return false;
  if (qop !== undefined && (cnonce === undefined || nc === undefined)) return false;
  if (algorithm.endsWith('-sess') && cnonce === undefined) return false;
  const { method, body } = expected;
  const given = { method, body, uri, nonce, cnonce, nc, qop };
  const right = Buffer.from(computeResponse(algorithm, expected.ha1, given));
  const claimed = Buffer.from(credentials.response.toLowerCase());
  return right.length === claimed.length && timingSafeEqual(right, claimed);
}

/**
 * The `rspauth` of Authentication-Info, by which the server proves that it knows the password too
 * (RFC 7616 §3.5): made from the credentials of the request. Undefined without qop, for which there
 * is none, and for what cannot be computed.
 *
 * @param known HA1 for the algorithm that the credentials name, and the body of the response.
 */
export function computeServerProof(
  credentials: Credentials,
  known: { readonly ha1: string; readonly body?: string | Uint8Array },
): string | undefined {
  const algorithm = digestAlgorithm(credentials.algorithm);
  const { qop, cnonce, nc, uri, nonce } = credentials;
  const isComputable = algorithm !== undefined && cnonce !== undefined && nc !== undefined;
  if (!isComputable || qop === undefined || !isQop(qop)) return undefined;
  // as that of the request, without its method
  const given = { method: '', body: known.body, uri, nonce, cnonce, nc, qop };
  return computeResponse(algorithm, known.ha1, given);
}

/** Whether a `rspauth` is right for the credentials that were sent, compared in constant time. */
export function verifyServerProof(
  rspauth: string,
  credentials: Credentials,
  known: { readonly ha1: string; readonly body?: string | Uint8Array },
): boolean {
  const proof = computeServerProof(credentials, known);
  if (proof === undefined) return false;
  const right = Buffer.from(proof);
  const claimed = Buffer.from(rspauth.toLowerCase());
  return right.length === claimed.length && timingSafeEqual(right, claimed);
}

type Qop = 'auth' | 'auth-int';

interface ResponseInput {
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  readonly cnonce: string | undefined;
  readonly nc: number | undefined;
  readonly qop: Qop | undefined;
  readonly body: string | Uint8Array | undefined;
}

/** The `request-digest` of RFC 7616 §3.4.1, without qop that of RFC 2069. */
function computeResponse(algorithm: DigestAlgorithm, ha1: string, input: ResponseInput): string {
  const { nonce, cnonce, nc, qop } = input;
  const isSession = algorithm.endsWith('-sess');
  const key = isSession ? hash(algorithm, `${ha1}:${nonce}:${cnonce}`) : ha1;
  const entity = qop === 'auth-int' ? `:${hash(algorithm, input.body ?? '')}` : '';
  const ha2 = hash(algorithm, `${input.method}:${input.uri}${entity}`);
  if (qop === undefined || nc === undefined) return hash(algorithm, `${key}:${nonce}:${ha2}`);
  return hash(algorithm, `${key}:${nonce}:${formatNonceCount(nc)}:${cnonce}:${qop}:${ha2}`);
}

function hash(algorithm: DigestAlgorithm, data: string | Uint8Array): string {
  const octets = typeof data === 'string' ? encodeText(data) : data;
  return createHash(hashName(algorithm)).update(octets).digest('hex');
}

function hashName(algorithm: DigestAlgorithm): string {
  if (algorithm.startsWith('MD5')) return 'md5';
  return algorithm.startsWith('SHA-256') ? 'sha256' : 'sha512-256';
}

/** A peer can have sent it as a quoted-pair (RFC 3261 §25.1). */
function holdsNul({ realm, nonce, opaque }: Challenge): boolean {
  return `${realm}${nonce}${opaque}`.includes('\0');
}

function chooseQop(offered: readonly string[] | undefined): Qop | 'unknown' | undefined {
  if (offered === undefined || offered.length === 0) return undefined;
  return offered.includes('auth') ? 'auth' : (offered.find(isQop) ?? 'unknown');
}

function isQop(name: string): name is Qop {
  return name === 'auth' || name === 'auth-int';
}

function refuse(code: string, message: string): Parsed<Credentials> {
  return toParsed<Credentials>(new Fault(code, 0, 'RFC 7616 §3.4', message));
}
