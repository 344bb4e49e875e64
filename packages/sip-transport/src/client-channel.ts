import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from 'node:net';
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from 'node:tls';
import type { Channel } from './channel.ts';
import { type Hop, isSecure } from './hop.ts';
import { familyOf } from './ip-address.ts';
import { identityOf, speaksFor } from './peer-identity.ts';
import { StreamChannel } from './stream-channel.ts';
import type { TlsContexts } from './tls-contexts.ts';
import type { TransportLimits } from './transport-limits.ts';

/** What connections that we open are made with. */
export interface ClientChannelOptions {
  readonly limits: TransportLimits;
  readonly tls: TlsContexts;
}

/** Starts to connect to a hop; what fails is told by the channel. */
export function openChannel(
  hop: Hop,
  localAddress: string | undefined,
  { limits, tls }: ClientChannelOptions,
): Channel {
  return new StreamChannel(openSocket(hop, localAddress, tls), limits);
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
