import { DtlsFault } from './dtls-fault.ts';
import { DTLS_1_2 } from './dtls-records.ts';
import { concat, TlsReader, uint, vector } from './tls-bytes.ts';

/** Extensions by their numbers. */
export const EXTENSIONS = {
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

/** In the list of suites it stands for an empty `renegotiation_info` (RFC 5746 §3.3). */
export const RENEGOTIATION_SCSV = 0x00ff;

type Extensions = ReadonlyMap<number, Uint8Array>;

/** What opens a handshake (RFC 5246 §7.4.1.2, RFC 6347 §4.2.1). */
export interface ClientHello {
  readonly random: Uint8Array;
  readonly cookie: Uint8Array;
  readonly suites: readonly number[];
  readonly extensions: Extensions;
}

/** What answers it (RFC 5246 §7.4.1.3). */
export interface ServerHello {
  readonly random: Uint8Array;
  readonly suite: number;
  readonly extensions: Extensions;
}

/**
 * A peer that has DTLS 1.3, too, says 1.2 here and the rest in extensions that we do not know
 * (RFC 9147 §5.3): it is answered in 1.2.
 */
export function readClientHello(body: Uint8Array): ClientHello {
  const reader = new TlsReader(body);
  // numbers of versions go down as the versions go up
  if (reader.uint(2) > DTLS_1_2) throw wrongVersion();
  const random = reader.take(32);
  reader.vector(1); // there are no sessions to resume
  const cookie = reader.vector(1);
  const suites = reader.numbers(2, 2);
  const compressions = reader.numbers(1, 1);
  if (!compressions.includes(0)) throw new DtlsFault('illegal_parameter', 'It must be compressed');
  return { random, cookie, suites, extensions: readExtensions(reader) };
}

export function writeClientHello(hello: ClientHello): Uint8Array {
  const { random, cookie, suites, extensions } = hello;
  return concat(
    uint(2, DTLS_1_2),
    random,
    vector(1),
    vector(1, cookie),
    vector(2, ...suites.map((suite) => uint(2, suite))),
    vector(1, uint(1, 0)),
    writeExtensions(extensions),
  );
}

export function readServerHello(body: Uint8Array): ServerHello {
  const reader = new TlsReader(body);
  if (reader.uint(2) !== DTLS_1_2) throw wrongVersion();
  const random = reader.take(32);
  reader.vector(1);
  const suite = reader.uint(2);
  if (reader.uint(1) !== 0) throw new DtlsFault('illegal_parameter', 'It is compressed');
  return { random, suite, extensions: readExtensions(reader) };
}

/** Without a session id: nothing can be resumed. */
export function writeServerHello({ random, suite, extensions }: ServerHello): Uint8Array {
  return concat(
    uint(2, DTLS_1_2),
    random,
    vector(1),
    uint(2, suite),
    uint(1, 0),
    writeExtensions(extensions),
  );
}

/** The cookie of a HelloVerifyRequest. */
export function readCookie(body: Uint8Array): Uint8Array {
  const reader = new TlsReader(body);
  reader.uint(2);
  return reader.vector(1);
}

/** A HelloVerifyRequest says 1.0, whatever follows (RFC 6347 §4.2.1). */
export function writeCookie(cookie: Uint8Array): Uint8Array {
  return concat(uint(2, 0xfeff), vector(1, cookie));
}

/** The numbers in an extension that is a list of numbers of two bytes. */
export function listIn(extensions: Extensions, number: number): number[] | undefined {
  const value = extensions.get(number);
  return value && new TlsReader(value).numbers(2, 2);
}

/** The value of such an extension. */
export function listOf(numbers: readonly number[]): Uint8Array {
  return vector(2, ...numbers.map((number) => uint(2, number)));
}

function readExtensions(reader: TlsReader): Extensions {
  const extensions = new Map<number, Uint8Array>();
  if (reader.left === 0) return extensions;
  const list = new TlsReader(reader.vector(2));
  reader.end();
  while (list.left > 0) {
    const number = list.uint(2);
    const value = list.vector(2);
    if (extensions.has(number)) throw new DtlsFault('illegal_parameter', 'An extension twice');
    extensions.set(number, value);
  }
  return extensions;
}

function writeExtensions(extensions: Extensions): Uint8Array {
  const all = [...extensions].map(([number, value]) => concat(uint(2, number), vector(2, value)));
  return vector(2, ...all);
}

function wrongVersion(): DtlsFault {
  return new DtlsFault('protocol_version', 'The other side has no DTLS 1.2');
}
