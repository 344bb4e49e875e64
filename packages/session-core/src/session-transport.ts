import { type Hop, isSecure, type TransportName } from '@strowger/transaction-core';

/** What the messages of a session go over, to or from the next hop. */
export interface SessionTransport {
  readonly name: TransportName;
  /** Whether it is encrypted: TLS, or a WebSocket over TLS. */
  readonly isSecure: boolean;
  /** Of the next hop: the peer, or a proxy. */
  readonly address: string;
  readonly port: number;
}

/** @internal */
export function transportOf(hop: Hop | undefined): SessionTransport | undefined {
  if (hop === undefined) return undefined;
  const { transport: name, address, port } = hop;
  return { name, isSecure: isSecure(name), address, port };
}
