import {
  type ListenPoint,
  parseListenPoint,
  type TransportLayerOptions,
} from '@strowger/sip-transport';
import type { SipUri } from '@strowger/sip-message';
import type { SipClientOptions } from './sip-client-options.ts';

/**
 * Where a client hears and sends from, and what TLS and WebSocket are spoken with. Throws
 * `BAD_LISTEN_POINT`.
 */
export function clientListeners(
  { listen, tls = {}, webSocket = {} }: SipClientOptions,
  server: SipUri,
): Pick<TransportLayerOptions, 'tls' | 'webSocket'> & { readonly listen: readonly ListenPoint[] } {
  const { authorities, certificate, key } = tls;
  const shown = certificate === undefined || key === undefined ? undefined : { certificate, key };
  const { path, origin } = webSocket;
  return {
    listen: listen?.map((text) => listenPoint(text, shown !== undefined)) ?? [
      defaultListenPoint(server),
    ],
    tls: {
      ...(authorities === undefined ? {} : { authorities }),
      ...(shown === undefined ? {} : { certificates: [shown] }),
    },
    webSocket: {
      ...(path === undefined ? {} : { connectPath: path }),
      ...(origin === undefined ? {} : { connectOrigin: origin }),
    },
  };
}

/** Without a certificate nobody can connect by TLS: such a point only connects. */
function listenPoint(text: string, hasCertificate: boolean): ListenPoint {
  const point = parseListenPoint(text);
  const isSecure = point.transport === 'tls' || point.transport === 'wss';
  return isSecure && !hasCertificate ? { ...point, clientOnly: true } : point;
}

/**
 * Any port of the wildcard of the server's family, or of loopback where the server is there. By TLS
 * and WebSocket we only connect: the server reaches us over that connection (RFC 5626, RFC 7118).
 */
function defaultListenPoint({ scheme, host, params }: SipUri): ListenPoint {
  const named = params.get('transport') ?? 'udp';
  const transport = (scheme === 'sips' ? SECURED[named.toLowerCase()] : undefined) ?? named;
  const point = parseListenPoint(`${transport}:${addressNear(host)}:0`);
  const isServer = point.transport === 'udp' || point.transport === 'tcp';
  return isServer ? point : { ...point, clientOnly: true };
}

/** What `sips` makes of a transport (RFC 3261 §26.2.2, RFC 7118 §5.4). */
const SECURED: Readonly<Record<string, string>> = { tcp: 'tls', ws: 'wss' };

function addressNear(host: string): string {
  if (host.includes(':')) return host === '::1' ? '[::1]' : '[::]';
  const isNear = host.startsWith('127.') || host === 'localhost';
  return isNear ? '127.0.0.1' : '0.0.0.0';
}
