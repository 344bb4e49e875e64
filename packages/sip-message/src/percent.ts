import { decodeLatin1, encodeText } from './octets.ts';
import { CLASS_OF } from './characters.ts';

/** Undoes `%` HEX HEX once (RFC 3261 §19.1.2); undefined where a `%` is not followed by two digits. */
export function unescape(text: string): string | undefined {
  let at = text.indexOf('%');
  if (at < 0) return text;
  let octets = '';
  let from = 0;
  for (; at >= 0; at = text.indexOf('%', from)) {
    const octet = hexOctet(text, at + 1);
    if (octet < 0) return undefined;
    octets += latin1(text.slice(from, at)) + String.fromCharCode(octet);
    from = at + 3;
  }
  return decodeLatin1(octets + latin1(text.slice(from)));
}

/** Escapes every octet that is not in the class. */
export function escape(text: string, bit: number): string {
  let safe = true;
  for (let i = 0; safe && i < text.length; i++) {
    const code = text.charCodeAt(i);
    safe = code < 128 && ((CLASS_OF[code] ?? 0) & bit) !== 0;
  }
  if (safe) return text;
  let escaped = '';
  for (const octet of encodeText(text)) {
    const isSafe = octet < 128 && ((CLASS_OF[octet] ?? 0) & bit) !== 0;
    escaped += isSafe ? String.fromCharCode(octet) : hex(octet);
  }
  return escaped;
}

/**
 * One spelling for equal texts (RFC 3261 §19.1.4): an escaped character that is not reserved is the
 * character itself; an escaped reserved one stays escaped, and so differs from the bare one.
 */
export function canonical(text: string): string {
  let at = text.indexOf('%');
  if (at < 0) return text;
  let out = '';
  let from = 0;
  for (; at >= 0; at = text.indexOf('%', from)) {
    const octet = hexOctet(text, at + 1);
    if (octet < 0) return out + text.slice(from);
    const char = String.fromCharCode(octet);
    const isBare = octet > 0x20 && octet < 0x7f && !RESERVED.includes(char);
    out += text.slice(from, at) + (isBare ? char : hex(octet));
    from = at + 3;
  }
  return out + text.slice(from);
}

/** `reserved` of RFC 2396, and the `%` itself: `%2541` is not `%41`. */
const RESERVED = ';/?:@&=+$,%';

function latin1(text: string): string {
  return encodeText(text).toString('latin1');
}

function hex(octet: number): string {
  return `%${octet < 16 ? '0' : ''}${octet.toString(16).toUpperCase()}`;
}

function hexOctet(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at));
  const low = hexDigit(text.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
