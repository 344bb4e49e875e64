import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { Clock } from '@strowger/runtime';
import { type ClientOptions, WebSocket } from 'ws';
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from 'node:tls';
import type { Channel } from './channel.ts';
import { type Hop, isSecure, isWebSocket } from './hop.ts';
import { familyOf } from './ip-address.ts';
import { identityOf, speaksFor } from './peer-identity.ts';
import { markStream } from './service-class.ts';
import { StreamChannel } from './stream-channel.ts';
import type { TlsContexts } from './tls-contexts.ts';
import type { TransportLimits } from './transport-limits.ts';
import { WebSocketChannel } from './web-socket-channel.ts';
import type { WebSocketSettings } from './web-socket-door.ts';

/** What connections that we open are made with. */
export interface ClientChannelOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly tls: TlsContexts;
  readonly webSocket: WebSocketSettings;
  readonly dscp: number | undefined;
}

/** Starts to connect to a hop; what fails is told by the channel. */
export function openChannel(
  hop: Hop,
  localAddress: string | undefined,
  options: ClientChannelOptions,
): Channel {
  const socket = openSocket(hop, localAddress, options.tls);
  const { clock, limits, dscp } = options;
  markStream(socket, dscp);
  if (!isWebSocket(hop.transport)) return new StreamChannel(socket, limits);
  const webSocket = openWebSocket(hop, socket, options);
  return new WebSocketChannel({ webSocket, socket, clock, limits });
}

/** RFC 7118 §4: it has to be SIP that both sides speak then; ws fails where the server does not. */
function openWebSocket(hop: Hop, socket: Socket, options: ClientChannelOptions): WebSocket {
  const { limits, webSocket } = options;
  const { connectPath = '/', connectOrigin } = webSocket;
  const name = hop.host ?? hop.address;
  const host = familyOf(name) === 6 ? `[${name}]` : name;
  // newer than its type declarations: a flood of fragments is refused by ws itself
  const bounds: ClientOptions & { maxFragments: number } = {
    createConnection: () => socket,
    perMessageDeflate: false,
    autoPong: false,
    followRedirects: false,
    maxPayload: limits.messageBytes,
    maxFragments: limits.fragments,
    ...(connectOrigin === undefined ? {} : { origin: connectOrigin }),
  };
  return new WebSocket(`${hop.transport}://${host}:${hop.port}${connectPath}`, ['sip'], bounds);
}

function openSocket(hop: Hop, localAddress: string | undefined, tls: TlsContexts): Socket {
  const to: TcpNetConnectOpts = {
    host: hop.address,
    port: hop.port,
    ...(localAddress === undefined ? {} : { localAddress }),
  };
  if (!isSecure(hop.transport)) return connectTcp(to);
  const name = hop.host ?? hop.address;
  const socket = connectTls({
    ...to,
    secureContext: tls.client,
    rejectUnauthorized: true,
    ...(familyOf(name) === undefined ? { servername: name } : {}), // RFC 6066 §3: never an address
    checkServerIdentity: (_, certificate) => verify(hop, name, certificate),
  });
  socket.once('secureConnect', () => socket.disableRenegotiation());
  return socket;
}

/** RFC 5922 §7.3 for TLS; the rules of HTTPS for a secure WebSocket (RFC 7118 §7). */
function verify(hop: Hop, name: string, certificate: PeerCertificate): Error | undefined {
  if (hop.transport === 'wss') return checkServerIdentity(name, certificate);
  const identity = identityOf(new X509Certificate(certificate.raw));
  if (speaksFor(identity, name)) return undefined;
  const known = [...identity.domains, ...identity.addresses].join(', ') || 'no SIP domain';
  return new Error(`the certificate is for ${known}, not for ${name}`);
}
