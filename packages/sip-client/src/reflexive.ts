import type { SipResponse } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';

/** Host, IPv6 without brackets, and port. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Where the server has seen our request come from (RFC 3581 §4), by its answer. Nothing where it does not
 * say, or says what cannot be: another family than that of the way there, no address of one host, a
 * machine's own while the server is another one.
 */
export function seenAt({ via }: SipResponse, hop: Hop): Place | undefined {
  const { rport } = via;
  if (typeof rport !== 'number' || rport < 1 || rport > 65_535) return undefined;
  const host = bare(via.received ?? via.host);
  const isSound = familyOf(host) === familyOf(hop.address) && isOneHost(host);
  if (!isSound || (isLoopback(host) && !isLoopback(hop.address))) return undefined;
  return { host, port: rport };
}

/** Whether the server sees us where our Via said that we are. */
export function isWhereWeSaid({ via }: SipResponse, { host, port }: Place): boolean {
  return bare(via.host).toLowerCase() === host.toLowerCase() && (via.port ?? 5060) === port;
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function familyOf(address: string): 4 | 6 | undefined {
  if (address.includes(':')) return /^[0-9a-f:.]+$/i.test(address) ? 6 : undefined;
  const parts = address.split('.');
  const isQuad = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && +part < 256);
  return isQuad ? 4 : undefined;
}

function isOneHost(address: string): boolean {
  if (address.includes(':')) return address !== '::' && !/^ff/i.test(address);
  const first = Number(address.split('.')[0]);
  return first > 0 && first < 224;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
