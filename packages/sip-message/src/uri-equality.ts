import { ipv6Groups } from './ipv6.ts';
import { canonical } from './percent.ts';
import type { Params } from './params.ts';
import type { SipUri } from './sip-uri.ts';
import type { TelUri } from './tel-uri.ts';
import type { Uri } from './uri.ts';

/** Parameters that count even where only one URI has them (RFC 3261 §19.1.4, and `transport`). */
const NEVER_IGNORED = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** Equality of two URIs: RFC 3261 §19.1.4, RFC 3966 §4, else the same text. */
export function areEqual(a: Uri, b: Uri): boolean {
  if (isSip(a)) return isSip(b) && areSipEqual(a, b);
  if (isTel(a)) return isTel(b) && areTelEqual(a, b);
  return !isSip(b) && !isTel(b) && a.scheme === b.scheme && a.opaque === b.opaque;
}

function isSip(uri: Uri): uri is SipUri {
  return uri.scheme === 'sip' || uri.scheme === 'sips';
}

function isTel(uri: Uri): uri is TelUri {
  return uri.scheme === 'tel';
}

function areSipEqual(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    a.canonicalUserinfo === b.canonicalUserinfo &&
    areHostsEqual(a.host, b.host) &&
    a.port === b.port &&
    areParamsEqual(a.params, b.params) &&
    areHeadersEqual(a.headers, b.headers)
  );
}

/** Names and IPv4 addresses as text; IPv6 addresses by their value (RFC 5954 §4.2). */
function areHostsEqual(a: string, b: string): boolean {
  if (a === b || !a.includes(':') || !b.includes(':')) return a === b;
  return String(ipv6Groups(a)) === String(ipv6Groups(b));
}

function areParamsEqual(a: Params, b: Params): boolean {
  for (const [name] of a) {
    // by name on both sides: a URI that has a parameter twice still equals itself
    const mine = a.get(name) ?? '';
    const other = b.get(name);
    if (other !== undefined && other.toLowerCase() !== mine.toLowerCase()) return false;
  }
  return NEVER_IGNORED.every((name) => a.has(name) === b.has(name));
}

function areHeadersEqual(a: SipUri['headers'], b: SipUri['headers']): boolean {
  const left = spell(a);
  const right = spell(b);
  return left.length === right.length && left.every((item, i) => item === right[i]);
}

function spell(headers: SipUri['headers']): string[] {
  return headers.map(([name, value]) => `${name.toLowerCase()}\n${value}`).sort();
}

function areTelEqual(a: TelUri, b: TelUri): boolean {
  if (digits(a.number) !== digits(b.number) || a.params.size !== b.params.size) return false;
  for (const [name, value] of a.params) {
    const other = b.params.get(name);
    if (other === undefined) return false;
    if (telValue(name, other) !== telValue(name, value ?? '')) return false;
  }
  return true;
}

function telValue(name: string, value: string): string {
  const isNumeric = name.toLowerCase() === 'ext' || value.startsWith('+');
  return isNumeric ? digits(value) : canonical(value).toLowerCase();
}

function digits(number: string): string {
  let text = '';
  for (const char of number.toLowerCase()) if (!'-.()'.includes(char)) text += char;
  return text;
}
