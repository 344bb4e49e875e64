import { type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Random } from '@strowger/runtime';
import { type Fingerprint, sameFingerprints, type SrtpKeys, type SrtpSuite } from '../sdp/index.ts';
import { DtlsFault } from './dtls-fault.ts';
import { fingerprintOf, publicKeyOf } from './dtls-identity.ts';
import type { CipherSuite } from './dtls-suites.ts';
import type { ClientHello } from './hello.ts';
import { frameMessage, type HandshakeMessage, type MessageName } from './handshake-message.ts';
import { type DirectedKeys, type HelloRandoms, verifyData } from './key-schedule.ts';
import type { RecordKeys } from './record-cipher.ts';
import { concat, TlsReader, vector } from './tls-bytes.ts';

/** What both tables know besides their state. */
export interface HandshakeContext {
  readonly random: Random;
  readonly certificate: Uint8Array;
  readonly signingKey: KeyObject;
  /** The other side's certificate fits one of them. */
  readonly fingerprints: readonly Fingerprint[];
  /** What a hello has to bring; absent where the address is known to be genuine. */
  readonly cookie?: HelloCookie;
}

/** What whoever receives at the address that a hello came from knows, and nobody else (RFC 6347 §4.2.1). */
export interface HelloCookie {
  /** The one for that address. */
  make(): Uint8Array;
  isIn(hello: ClientHello): boolean;
}

/** A message in its turn, or the beginning. */
export type HandshakeInput = { readonly type: 'begin' } | MessageInput;

/** A message by its name. */
export type MessageInput = {
  [Name in MessageName]: { readonly type: Name; readonly message: HandshakeMessage };
}[MessageName];

/** What a shell carries out. */
export type HandshakeOutput =
  /** Goes out, and again until the next flight comes; a Finished under the new keys. */
  | { readonly type: 'flight'; readonly messages: readonly Uint8Array[]; readonly isLast: boolean }
  /** From now on both directions may be enciphered. */
  | { readonly type: 'keys'; readonly keys: DirectedKeys<RecordKeys> }
  /** Both sides have shown that they have the same keys. */
  | { readonly type: 'secured'; readonly keys: DirectedKeys<SrtpKeys> };

/** Messages of both sides as the hashes see them, and how many of ours there were. */
export interface Log {
  readonly messages: readonly Uint8Array[];
  readonly sent: number;
}

/** What the two hellos have decided. */
export interface Agreement {
  readonly suite: CipherSuite;
  readonly profile: SrtpSuite;
  /** RFC 7627. */
  readonly isExtended: boolean;
  readonly randoms: HelloRandoms;
}

/** Secrets that follow from the agreement. */
export interface Secrets extends Agreement {
  readonly master: Uint8Array;
  readonly theirKey: KeyObject;
}

/** The log with a message of theirs. */
export function heard(log: Log, message: HandshakeMessage): Log {
  return { ...log, messages: [...log.messages, message.framed] };
}

/** The log with messages of ours, and these as they leave. */
export function said(
  log: Log,
  ...parts: readonly (readonly [MessageName, Uint8Array])[]
): { log: Log; messages: Uint8Array[] } {
  const messages = parts.map(([name, body], at) => frameMessage(name, log.sent + at, body));
  const sent = log.sent + parts.length;
  return { log: { messages: [...log.messages, ...messages], sent }, messages };
}

/** A Certificate with one of ours. */
export function certificateBody(certificate: Uint8Array): Uint8Array {
  return vector(3, vector(3, certificate));
}

/** The key of the certificate that was shown, which has to be the one that the description names. */
export function theirKeyIn(body: Uint8Array, fingerprints: readonly Fingerprint[]): KeyObject {
  const list = new TlsReader(new TlsReader(body).vector(3));
  if (list.left === 0) throw new DtlsFault('handshake_failure', 'They show no certificate');
  const certificate = list.vector(3);
  const isTheirs = fingerprints.some((wanted) =>
    sameFingerprints([wanted], [fingerprintOf(certificate, wanted.hash)]),
  );
  if (!isTheirs) throw new DtlsFault('bad_certificate', 'The certificate has another fingerprint');
  const key = publicKeyOf(certificate);
  if (key !== undefined) return key;
  throw new DtlsFault('bad_certificate', 'The certificate cannot be read');
}

/** Faults where a Finished was made with other keys, or after other messages. */
export function checkFinished(
  side: 'client' | 'server',
  { suite, master, log }: Secrets & { log: Log },
  body: Uint8Array,
): void {
  const wanted = verifyData(side, { hash: suite.hash, master, log: log.messages });
  if (wanted.length === body.length && timingSafeEqual(wanted, body)) return;
  throw new DtlsFault('decrypt_error', 'The two sides saw different handshakes');
}

/** What the server signs of the agreement on keys (RFC 8422 §5.4). */
export function signedParameters(randoms: HelloRandoms, parameters: Uint8Array): Uint8Array {
  return concat(randoms.client, randoms.server, parameters);
}
