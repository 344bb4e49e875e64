import type { Uri } from '@strowger/sip-message';
import { type TransportName, transportOf } from './hop.ts';

/** What a URI asks for. */
export interface Wish {
  readonly host: string;
  readonly port: number | undefined;
  /** Whether each hop has to be secure: `sips`. */
  readonly isSecure: boolean;
  readonly transport: TransportName | undefined;
}

/** `undefined` for what is no SIP URI, or asks for what does not exist. */
export function wishOf(target: Uri): Wish | undefined {
  if (!('host' in target)) return undefined;
  const isSips = target.scheme === 'sips';
  const asked = target.params.get('transport');
  const transport = asked === undefined ? undefined : askedTransport(asked, isSips);
  if (asked !== undefined && transport === undefined) return undefined;
  // RFC 3263 §4: the target is maddr where the URI has one
  const host = (target.params.get('maddr') || target.host).replace(/^\[|\]$/g, '');
  return { host, port: target.port, isSecure: isSips, transport };
}

/** With `sips` a stream is TLS (RFC 3261 §26.2.2) and a WebSocket a secure one (RFC 7118 §5.3). */
function askedTransport(name: string, isSips: boolean): TransportName | undefined {
  const transport = transportOf(name);
  if (!isSips) return transport;
  if (transport === 'tcp') return 'tls';
  return transport === 'ws' ? 'wss' : transport;
}
