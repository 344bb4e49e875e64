import type { SipMessage } from '@strowger/sip-message';

/** The transports of RFC 3261 and RFC 7118. This package carries `udp` and `tcp`. */
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
}
