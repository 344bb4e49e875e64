import type { SipMessage } from '@strowger/sip-message';
import type { PeerIdentity } from './peer-identity.ts';

/** The transports of RFC 3261 and RFC 7118. */
export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** One hop that a message can take. */
export interface Hop {
  readonly transport: TransportName;
  /** IP address in text form, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** The name that a certificate has to be for, where the transport checks one. */
  readonly host?: string;
  /** Pins the message to an open connection, or to the local socket that heard the peer. */
  readonly flow?: string;
}

/** A message as the transport heard it. */
export interface Inbound {
  readonly message: SipMessage;
  /** Where an answer goes (RFC 3261 §18.2.2, RFC 3581); its flow also carries requests back. */
  readonly hop: Hop;
  /** The local address and port that it came in on. */
  readonly local: { readonly address: string; readonly port: number };
  /** Who the peer is, where it proved that with a certificate that we trust (RFC 5922). */
  readonly peer?: PeerIdentity;
}

/** What every transport is: whether it encrypts, is a WebSocket, and its port by default. */
const TRAITS: Readonly<
  Record<TransportName, { isSecure: boolean; isWebSocket: boolean; port: number }>
> = {
  udp: { isSecure: false, isWebSocket: false, port: 5060 },
  tcp: { isSecure: false, isWebSocket: false, port: 5060 },
  tls: { isSecure: true, isWebSocket: false, port: 5061 },
  ws: { isSecure: false, isWebSocket: true, port: 80 },
  wss: { isSecure: true, isWebSocket: true, port: 443 },
};

/** All transports, the one that is preferred where nothing is said first (RFC 3263 §4.1). */
export const transportNames: readonly TransportName[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];

/** Whether what it carries is encrypted, and the peer's certificate is checked. */
export function isSecure(transport: TransportName): boolean {
  return TRAITS[transport].isSecure;
}

/** Whether it carries one message per WebSocket message (RFC 7118). */
export function isWebSocket(transport: TransportName): boolean {
  return TRAITS[transport].isWebSocket;
}

/** The port where none is named (RFC 3261 §19.1.2, RFC 6455 §3). */
export function defaultPort(transport: TransportName): number {
  return TRAITS[transport].port;
}

/** Reads a transport parameter or the transport of a Via, in any case. */
export function transportOf(name: string): TransportName | undefined {
  const lower = name.toLowerCase();
  return transportNames.find((known) => known === lower);
}
