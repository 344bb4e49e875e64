import { hasFlag, valueOf, valuesOf } from './attributes.ts';
import { type CryptoAttribute, parseCrypto } from './crypto-attribute.ts';
import { parseFingerprint, parseSetup, type Setup } from './dtls-attributes.ts';
import { readIce } from './ice-attributes.ts';
import type { IceDescription } from './ice-description.ts';
import type { Fingerprint } from './media-security.ts';

/** A header extension under its number (RFC 8285 §5). */
export interface HeaderExtension {
  /** 1–14 in one-byte headers, to 255 in two-byte ones. */
  readonly id: number;
  readonly uri: string;
}

/** What the attributes of a media line, and those of its session beneath, say of its transport. */
export interface MediaAttributes {
  /** The line's name in groups (RFC 5888). */
  readonly mid?: string;
  /** It exists only as part of its group; its port 0 is no refusal (RFC 9143 §6). */
  readonly bundleOnly: boolean;
  /** RFC 5506. */
  readonly rtcpReducedSize: boolean;
  /** The side that says so wants VoIP metrics in extended reports (RFC 3611 §5.1). */
  readonly voipMetrics: boolean;
  readonly headerExtensions: readonly HeaderExtension[];
  /** The lines that can be used, in order; of equal tags the first. */
  readonly crypto: readonly CryptoAttribute[];
  /** Whether there are any `a=crypto` lines, usable or not. */
  readonly hasCrypto: boolean;
  /** Who opens the DTLS connection (RFC 4145). */
  readonly setup?: Setup;
  /** Those with a hash that proves something. */
  readonly fingerprints: readonly Fingerprint[];
  /** Absent without credentials. */
  readonly ice?: IceDescription;
}

const MOST_EXTENSIONS = 32;
const MOST_FINGERPRINTS = 16;

/** Reads what stands in the line, else in the session (RFC 8839 §5.4, RFC 8122 §5). */
export function readMediaAttributes(
  line: readonly string[],
  session: readonly string[],
): MediaAttributes {
  const mid = valueOf(line, 'mid');
  const setup = parseSetup(valueOf(line, 'setup') ?? valueOf(session, 'setup') ?? '');
  const own = readFingerprints(line);
  const ice = readIce(line, session);
  const crypto = valuesOf(line, 'crypto');
  return {
    ...(mid !== undefined && { mid }),
    bundleOnly: hasFlag(line, 'bundle-only'),
    rtcpReducedSize: hasFlag(line, 'rtcp-rsize'),
    voipMetrics: wantsVoipMetrics(valueOf(line, 'rtcp-xr') ?? valueOf(session, 'rtcp-xr') ?? ''),
    headerExtensions: readExtensions([...line, ...session]),
    crypto: readCrypto(crypto),
    hasCrypto: crypto.length > 0,
    ...(setup && { setup }),
    fingerprints: own.length > 0 ? own : readFingerprints(session),
    ...(ice && { ice }),
  };
}

function wantsVoipMetrics(formats: string): boolean {
  return formats.split(' ').includes('voip-metrics');
}

function readCrypto(values: readonly string[]): CryptoAttribute[] {
  const found: CryptoAttribute[] = [];
  for (const value of values) {
    const read = parseCrypto(value);
    if (!read.ok || found.some(({ tag }) => tag === read.crypto.tag)) continue;
    found.push(read.crypto);
  }
  return found;
}

function readFingerprints(attributes: readonly string[]): Fingerprint[] {
  const found: Fingerprint[] = [];
  for (const value of valuesOf(attributes, 'fingerprint').slice(0, MOST_FINGERPRINTS)) {
    const fingerprint = parseFingerprint(value);
    if (fingerprint) found.push(fingerprint);
  }
  return found;
}

/** A direction after the number is not kept: extensions go where media goes. */
function readExtensions(attributes: readonly string[]): HeaderExtension[] {
  const found: HeaderExtension[] = [];
  for (const value of valuesOf(attributes, 'extmap').slice(0, MOST_EXTENSIONS)) {
    const [, id = '', uri] = /^(\d{1,3})(?:\/[a-z]+)? +([\x21-\x7e]+)/i.exec(value) ?? [];
    const isKnown = found.some((one) => one.id === Number(id));
    if (uri && Number(id) >= 1 && Number(id) <= 255 && !isKnown)
      found.push({ id: Number(id), uri });
  }
  return found;
}
