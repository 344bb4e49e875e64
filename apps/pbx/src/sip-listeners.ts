import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { DigestAlgorithm } from '@strowger/sip-message';
import type { ListenPoint, TransportLayerOptions } from '@strowger/sip-transport';
import type { Inbound } from '@strowger/transaction-core';
import { atOf, type Config, type Listen, parseHostPort, parseListen } from './config-schema.ts';
import { readTls } from './tls-files.ts';

/** Where SIP is heard, and how, as the transport layer takes it. */
export type SipListeners = Pick<TransportLayerOptions, 'listen' | 'tls' | 'webSocket'>;

/**
 * What the configuration says of SIP's listeners. A `ws:` or `wss:` point at the address of HTTP
 * shares its port. Throws `ConfigError` where a certificate cannot be read.
 *
 * @param server of the API.
 */
export function sipListeners(config: Config, server: HttpServer | HttpsServer): SipListeners {
  const { path, origins, allowNoOrigin } = config.webSocket;
  const listen = points(config).map(
    (point): ListenPoint => (isAtHttp(config, point) ? { ...point, server } : point),
  );
  return {
    listen,
    webSocket: { path, origins, allowNoOrigin },
    ...(config.tls === undefined ? {} : { tls: readTls(config.tls) }),
  };
}

/** Whether SIP over WebSocket shares the port of the API. */
export function isHttpShared(config: Config): boolean {
  return points(config).some((point) => isAtHttp(config, point));
}

/** Whether the HTTP server speaks TLS: where SIP over WSS shares its port. */
export function isHttpSecure(config: Config): boolean {
  return points(config).some((point) => point.transport === 'wss' && isAtHttp(config, point));
}

/** What is offered where a request came in, for listeners that have a setting of their own. */
export function digestByListener(config: Config) {
  const settings = new Map<string, readonly DigestAlgorithm[]>();
  for (const point of config.listen) {
    const local = parseListen(atOf(point));
    if (typeof point === 'string' || point.digest === undefined || local === undefined) continue;
    settings.set(`${local.transport} ${local.address} ${local.port}`, point.digest);
  }
  return ({ hop, local }: Inbound): readonly DigestAlgorithm[] | undefined =>
    settings.get(`${hop.transport} ${local.address} ${local.port}`);
}

function points({ listen }: Config): Listen[] {
  return listen.flatMap((point) => parseListen(atOf(point)) ?? []);
}

function isAtHttp({ http }: Config, { transport, address, port }: Listen): boolean {
  const at = parseHostPort(http.listen);
  const isWebSocket = transport === 'ws' || transport === 'wss';
  return isWebSocket && at?.address === address && at.port === port;
}
