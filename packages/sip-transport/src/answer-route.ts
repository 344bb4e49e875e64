import { type SipMessage, Via } from '@strowger/sip-message';
import type { Endpoint } from '@strowger/runtime';
import { defaultPort, type Hop, isWebSocket, type TransportName } from './hop.ts';
import { canonicalAddress, familyOf } from './ip-address.ts';

/** Where a message came from, and what carries an answer back. */
export interface Source {
  readonly transport: TransportName;
  readonly from: Endpoint;
  readonly flow: string;
}

/**
 * Writes into the top Via of a request where it really came from (RFC 3261 §18.2.1, RFC 3581 §4),
 * over whatever the peer wrote there itself.
 *
 * @param forceRport as if every peer had asked for `rport`.
 */
export function stampVia(
  message: SipMessage,
  via: Via,
  { from }: Source,
  forceRport = false,
): void {
  const asksPort = forceRport || via.params.has('rport');
  const differs = via.host !== from.address && canonicalAddress(via.host) !== from.address;
  if (!asksPort && !differs && !via.params.has('received')) return;
  const stamped = new Via(via); // the value in the headers stays theirs
  stamped.params.set('received', from.address);
  if (asksPort) stamped.params.set('rport', String(from.port));
  message.headers.replaceTopVia(stamped);
}

/**
 * Where the answer to a request goes (RFC 3261 §18.2.2, RFC 3581 §4). `maddr` is not followed: it
 * would let anybody point our answers at others.
 */
export function answerHop(via: Via, { transport, from, flow }: Source, forceRport = false): Hop {
  // RFC 7118 §5.2: nobody can connect to a WebSocket client, whatever its Via says
  const toSource =
    isWebSocket(transport) || (transport === 'udp' && (forceRport || via.params.has('rport')));
  const port = toSource ? from.port : (via.port ?? defaultPort(transport));
  const hop = { transport, address: from.address, port, flow };
  // a new connection has to be with that name
  const isNamed = transport === 'tls' && familyOf(via.host) === undefined;
  return isNamed ? { ...hop, host: via.host } : hop;
}

/** The hop that a response came over. */
export function sourceHop({ transport, from, flow }: Source): Hop {
  return { transport, address: from.address, port: from.port, flow };
}
