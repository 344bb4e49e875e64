import { decimal, HOST, isAll } from './characters.ts';
import { ipv6Groups } from './ipv6.ts';

/** A host and, where it was given, a port. */
export interface HostPort {
  /** A name in lower case, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** `hostport` of RFC 3261 §25.1, space around the colon let pass (Via); undefined where malformed. */
export function parseHostPort(text: string): HostPort | undefined {
  const isBracketed = text.charCodeAt(0) === 0x5b;
  const end = isBracketed ? text.indexOf(']') + 1 : text.indexOf(':');
  if (isBracketed && end === 0) return undefined;
  const name = (end > 0 || isBracketed ? text.slice(0, end) : end < 0 ? text : '').trimEnd();
  const host = isBracketed ? ipv6(name.slice(1, -1)) : hostName(name);
  if (host === undefined) return undefined;
  const rest = end < 0 ? '' : text.slice(end).trim();
  if (rest === '') return { host, port: undefined };
  if (rest.charCodeAt(0) !== 0x3a) return undefined;
  const port = decimal(rest.slice(1).trimStart(), 65_535);
  return port < 0 ? undefined : { host, port };
}

/** A part of a text in lower case; one that is so already, as nearly all are, is not copied. */
export function lowerSlice(text: string, from: number, end: number): string {
  const part = text.slice(from, end);
  for (let i = from; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x41 && code <= 0x5a) return part.toLowerCase();
  }
  return part;
}

/** A part of a text in upper case; one that is so already is not copied. */
export function upperSlice(text: string, from: number, end: number): string {
  const part = text.slice(from, end);
  for (let i = from; i < end; i++) if (text.charCodeAt(i) >= 0x61) return part.toUpperCase();
  return part;
}

/** The host as it is written in a URI or Via: IPv6 in brackets. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether the text is a host of RFC 3261 §25.1, IPv6 without brackets. */
export function isHost(host: string): boolean {
  return (host.includes(':') ? ipv6(host) : hostName(host)) !== undefined;
}

function hostName(text: string): string | undefined {
  if (!isAll(text, HOST)) return undefined;
  return text.toLowerCase();
}

function ipv6(text: string): string | undefined {
  return ipv6Groups(text) === undefined ? undefined : text.toLowerCase();
}
