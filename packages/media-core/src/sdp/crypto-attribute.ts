import { Buffer } from 'node:buffer';
import { type Negotiated, refuse } from './negotiated.ts';
import { SRTP_SUITES, type SrtpKeys, type SrtpSuite } from './media-security.ts';

/** One `a=crypto` line (RFC 4568 §9.1): keys of whoever wrote it, for what it sends. */
export interface CryptoAttribute {
  /** 1–999 999 999: what an answer refers to. */
  readonly tag: number;
  /** The suite as it was written; an answer repeats it so. */
  readonly suiteName: string;
  readonly keys: SrtpKeys;
  /** Packets that the key is good for: at most 2^48, which it is where nothing is said. */
  readonly lifetime?: number;
}

/** Spelled so by a draft of RFC 6188, and by phones to this day. */
const DRAFT_NAMES: { readonly [name: string]: SrtpSuite } = {
  AES_CM_192_HMAC_SHA1_80: 'AES_192_CM_HMAC_SHA1_80',
  AES_CM_192_HMAC_SHA1_32: 'AES_192_CM_HMAC_SHA1_32',
  AES_CM_256_HMAC_SHA1_80: 'AES_256_CM_HMAC_SHA1_80',
  AES_CM_256_HMAC_SHA1_32: 'AES_256_CM_HMAC_SHA1_32',
};
const MOST_PACKETS = 2 ** 48;

/**
 * Reads the value of `a=crypto`, without its name. Session parameters change what is protected
 * (`UNENCRYPTED_SRTP` …), so a line with any but `WSH`, a hint, is refused (RFC 4568 §6.3), and so
 * is one with several keys.
 */
export function parseCrypto(value: string): Negotiated<{ crypto: CryptoAttribute }> {
  const [tag = '', suiteName = '', key = '', ...parameters] = value.trim().split(/[ \t]+/);
  if (!/^[1-9]\d{0,8}$/.test(tag)) return unusable('its tag is no number from 1 on', '§9.1');
  const suite = suiteNamed(suiteName);
  if (!suite) return unusable('its suite is unknown', '§6.2');
  const foreign = parameters.find((one) => !/^(-.*|WSH=\d{1,6})$/i.test(one));
  if (foreign !== undefined) return unusable('it has session parameters', '§6.3');
  if (key.includes(';')) return unusable('it has several keys', '§6.1');
  const [, secret = '', rest = ''] =
    /^inline:([A-Za-z\d+/]+={0,2})((?:\|[^|]*)*)$/i.exec(key) ?? [];
  const keys = keysOf(suite, secret);
  if (!keys) return unusable('its key is not as long as the suite wants', '§6.1');
  const details = readDetails(rest);
  if (!details) return unusable('its lifetime or MKI is out of range', '§6.1');
  const { lifetime, mki } = details;
  const crypto = {
    tag: Number(tag),
    suiteName,
    keys: { ...keys, ...(mki && { mki }) },
    ...(lifetime !== undefined && { lifetime }),
  };
  return { ok: true, crypto };
}

/** The value of `a=crypto`. */
export function formatCrypto({ tag, suiteName, keys, lifetime }: CryptoAttribute): string {
  const secret = Buffer.concat([keys.masterKey, keys.masterSalt]).toString('base64');
  const life = lifetime === undefined ? '' : `|${lifetime}`;
  const mki = keys.mki ? `|${BigInt(`0x${hex(keys.mki)}`)}:${keys.mki.length}` : '';
  return `${tag} ${suiteName} inline:${secret}${life}${mki}`;
}

/** Whether two sets of keys protect alike: then a later round has changed nothing. */
export function sameKeys(one: SrtpKeys, other: SrtpKeys): boolean {
  return (
    one.suite === other.suite &&
    hex(one.masterKey) === hex(other.masterKey) &&
    hex(one.masterSalt) === hex(other.masterSalt) &&
    hex(one.mki ?? new Uint8Array()) === hex(other.mki ?? new Uint8Array())
  );
}

function suiteNamed(name: string): SrtpSuite | undefined {
  const upper = name.toUpperCase();
  if (Object.hasOwn(DRAFT_NAMES, upper)) return DRAFT_NAMES[upper];
  // the table has it, so it is the name of a suite
  return Object.hasOwn(SRTP_SUITES, upper) ? (upper as SrtpSuite) : undefined;
}

function keysOf(suite: SrtpSuite, secret: string): SrtpKeys | undefined {
  const { keyLength, saltLength } = SRTP_SUITES[suite];
  const bytes = Buffer.from(secret, 'base64');
  if (bytes.length !== keyLength + saltLength) return undefined;
  return {
    suite,
    masterKey: new Uint8Array(bytes.subarray(0, keyLength)),
    masterSalt: new Uint8Array(bytes.subarray(keyLength)),
  };
}

/** `|lifetime` and `|MKI:length`, each at most once and in this order. */
function readDetails(text: string): { lifetime?: number; mki?: Uint8Array } | undefined {
  const [, life, mki] = /^(?:\|((?:2\^)?\d{1,15}))?(?:\|(\d{1,40}:\d{1,3}))?$/.exec(text) ?? [];
  if (text !== '' && life === undefined && mki === undefined) return undefined;
  const lifetime = life?.startsWith('2^') ? 2 ** Number(life.slice(2)) : Number(life ?? 1);
  const identifier = mki === undefined ? undefined : mkiOf(mki);
  if (lifetime < 1 || lifetime > MOST_PACKETS || (mki !== undefined && !identifier))
    return undefined;
  return { ...(life !== undefined && { lifetime }), ...(identifier && { mki: identifier }) };
}

function mkiOf(text: string): Uint8Array | undefined {
  const [value = '', length = ''] = text.split(':');
  const octets = Number(length);
  if (octets < 1 || octets > 128) return undefined;
  const digits = BigInt(value).toString(16);
  if (digits.length > 2 * octets) return undefined;
  return new Uint8Array(Buffer.from(digits.padStart(2 * octets, '0'), 'hex'));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function unusable(why: string, section: string) {
  return refuse('NO_COMMON_KEYING', `a crypto line is not used: ${why}`, `RFC 4568 ${section}`);
}
