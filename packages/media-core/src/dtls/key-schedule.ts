import { createHash, createHmac } from 'node:crypto';
import { SRTP_SUITES, type SrtpKeys, type SrtpSuite } from '../sdp/index.ts';
import type { CipherSuite } from './dtls-suites.ts';
import type { RecordKeys } from './record-cipher.ts';
import { concat } from './tls-bytes.ts';

type Hash = CipherSuite['hash'];

const FIXED_NONCE = 4;
const VERIFY_DATA = 12;

/** Keys of both directions. */
export interface DirectedKeys<Keys> {
  readonly client: Keys;
  readonly server: Keys;
}

/** The random bytes of both hellos. */
export interface HelloRandoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** The pseudorandom function (RFC 5246 §5). */
export function prf(
  hash: Hash,
  secret: Uint8Array,
  { label, seed, length }: { label: string; seed: Uint8Array; length: number },
): Uint8Array {
  const labelled = concat(new TextEncoder().encode(label), seed);
  const hmac = (data: Uint8Array): Uint8Array => createHmac(hash, secret).update(data).digest();
  const blocks: Uint8Array[] = [];
  let a = labelled;
  for (let made = 0; made < length; ) {
    a = hmac(a);
    const block = hmac(concat(a, labelled));
    blocks.push(block);
    made += block.length;
  }
  return concat(...blocks).subarray(0, length);
}

/** The master secret, bound to the whole handshake where both sides can (RFC 7627 §4). */
export function masterSecret(
  hash: Hash,
  premaster: Uint8Array,
  binding: { readonly session: Uint8Array } | HelloRandoms,
): Uint8Array {
  const isExtended = 'session' in binding;
  return prf(hash, premaster, {
    label: isExtended ? 'extended master secret' : 'master secret',
    seed: isExtended ? binding.session : concat(binding.client, binding.server),
    length: 48,
  });
}

/** What the records of both directions are enciphered with (RFC 5246 §6.3). */
export function recordKeys(
  { hash, keyLength }: CipherSuite,
  master: Uint8Array,
  { client, server }: HelloRandoms,
): DirectedKeys<RecordKeys> {
  const seed = concat(server, client);
  const length = 2 * (keyLength + FIXED_NONCE);
  const take = taker(prf(hash, master, { label: 'key expansion', seed, length }));
  const keys = { client: take(keyLength), server: take(keyLength) };
  const ivs = { client: take(FIXED_NONCE), server: take(FIXED_NONCE) };
  return {
    client: { key: keys.client, iv: ivs.client },
    server: { key: keys.server, iv: ivs.server },
  };
}

/** The keys of SRTP: each side's are those that it sends with (RFC 5764 §4.2). */
export function srtpKeys(
  suite: SrtpSuite,
  { hash, master, randoms }: { hash: Hash; master: Uint8Array; randoms: HelloRandoms },
): DirectedKeys<SrtpKeys> {
  const { keyLength, saltLength } = SRTP_SUITES[suite];
  const seed = concat(randoms.client, randoms.server);
  const length = 2 * (keyLength + saltLength);
  const take = taker(prf(hash, master, { label: 'EXTRACTOR-dtls_srtp', seed, length }));
  const keys = { client: take(keyLength), server: take(keyLength) };
  const salts = { client: take(saltLength), server: take(saltLength) };
  return {
    client: { suite, masterKey: keys.client, masterSalt: salts.client },
    server: { suite, masterKey: keys.server, masterSalt: salts.server },
  };
}

/** What a Finished of this side holds (RFC 5246 §7.4.9). */
export function verifyData(
  side: 'client' | 'server',
  { hash, master, log }: { hash: Hash; master: Uint8Array; log: readonly Uint8Array[] },
): Uint8Array {
  const label = `${side} finished`;
  return prf(hash, master, { label, seed: hashOf(hash, log), length: VERIFY_DATA });
}

/** The hash of all messages of a handshake so far. */
export function hashOf(hash: Hash, log: readonly Uint8Array[]): Uint8Array {
  const digest = createHash(hash);
  for (const message of log) digest.update(message);
  return digest.digest();
}

function taker(block: Uint8Array): (length: number) => Uint8Array {
  let at = 0;
  return (length) => block.slice(at, (at += length));
}
