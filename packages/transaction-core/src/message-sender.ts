import type { SipMessage, Uri } from '@strowger/sip-message';
import type { StrowgerError } from '@strowger/runtime';

/** The transports of RFC 3261, RFC 7118. All but `udp` are reliable. */
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
  /** Where an answer goes (RFC 3261 §18.2.2, RFC 3581), and where in-dialog requests may be pinned. */
  readonly hop: Hop;
  /** The local address and port that it came in on. */
  readonly local: { readonly address: string; readonly port: number };
}

/** What transactions need of a transport. `sip-transport` and the simulator satisfy it. */
export interface MessageSender {
  /**
   * The hops for a request to this URI, best first (RFC 3263), with the size rule of RFC 3261
   * §18.1.1 applied to `sizeBytes`: over the limit TCP comes first and UDP after it. At once where
   * no name has to be looked up. Rejects with `NO_ROUTE` when there is none.
   */
  locate(target: Uri, sizeBytes: number): readonly Hop[] | Promise<readonly Hop[]>;
  /** The `sent-by` of our Via, and host and port of our Contact, for messages over this hop. */
  sentBy(hop: Hop): { readonly host: string; readonly port: number };
  /**
   * Sends without waiting. `failed` is called at most once, when this message surely did not leave.
   * May hand back the bytes that left, which nobody changes any more: then a transaction that has
   * only to repeat a response keeps them, and not the message.
   */
  send(message: SipMessage, hop: Hop, failed: (error: StrowgerError) => void): Uint8Array | void;
  /**
   * Is told how a request over this hop came out, so that it can give targets that fail last
   * (RFC 3263 §4.3): `'failed'` when no answer came in time, `'unavailable'` for 503, `'ok'` for any
   * other answer. What `send` fails with it knows by itself.
   *
   * @param retryAfterMs what the Retry-After of a 503 says (RFC 3261 §21.5.4).
   */
  report?(hop: Hop, outcome: TargetOutcome, retryAfterMs?: number): void;
  /**
   * A new Call-ID (RFC 3261 §8.1.1.4), from a transport that needs to know its own again: one that
   * spreads calls over several threads. Without it the layers above draw one.
   */
  newCallId?(): string;
}

/** How a request to a target came out: answered, not at all, or with 503 (RFC 3263 §4.3). */
export type TargetOutcome = 'ok' | 'failed' | 'unavailable';

/** Whether a transport is encrypted: what a `sips:` address asks for (RFC 3261 §26.2.2, RFC 7118). */
export function isSecure(transport: TransportName): boolean {
  return transport === 'tls' || transport === 'wss';
}

/** Whether a transport delivers in order and without loss, so that nothing is retransmitted. */
export function isReliable(transport: TransportName): boolean {
  return transport !== 'udp';
}
