import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { StrowgerError } from '@strowger/runtime';
import { defaultPort, isWebSocket, type TransportName, transportOf } from './hop.ts';
import { canonicalAddress, familyOf } from './ip-address.ts';

/** The host and port that peers are told to reach us at, instead of the bound ones. */
export interface Advertised {
  /** A name or an IP address, IPv6 without brackets. */
  readonly host: string;
  /** Default: the bound port. */
  readonly port?: number;
}

/** One local address that the layer hears on and sends from. */
export interface ListenPoint {
  /** `tls` and `wss` need a certificate, or only connect. */
  readonly transport: TransportName;
  /** A local IP address, IPv6 without brackets; `0.0.0.0` or `::` for all of a family. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Wins over the layer's own `advertised`. */
  readonly advertised?: Advertised;
  /** Nobody can connect here: it only opens connections. Default false; not for UDP. */
  readonly clientOnly?: boolean;
  /**
   * Whether other listeners of this machine may be bound to the same port, and share what comes
   * (`SO_REUSEPORT`; see `canReusePort` of runtime). Default false.
   */
  readonly reusePort?: boolean;
  /**
   * For `ws` and `wss`: an HTTP server of yours whose port is used, beside what it serves itself.
   * It stays yours to start and to close. Address and port are then what peers reach it at.
   */
  readonly server?: HttpServer | HttpsServer;
}

const FORM = /^(udp|tcp|tls|ws|wss):(?:\[([\w.%]*:[\w.:%]*)\]|([0-9.]+))(?::(\d{1,5}))?$/i;

/**
 * Reads `udp:127.0.0.1:5060`, `tls:[::1]:0`; the transport's own port when there is none. Throws
 * `BAD_LISTEN_POINT` for any other form, transport, or a host that is no IP address.
 */
export function parseListenPoint(text: string): ListenPoint {
  const [, name = '', v6, v4, port] = FORM.exec(text) ?? [];
  const transport = transportOf(name);
  if (transport === undefined) throw badListenPoint(text);
  const point = {
    transport,
    address: v6 ?? v4 ?? '',
    port: port === undefined ? defaultPort(transport) : Number(port),
  };
  return checkListenPoint(point, text);
}

/** The same point with its address in canonical spelling, or `BAD_LISTEN_POINT`. */
export function checkListenPoint(point: ListenPoint, text = textOf(point)): ListenPoint {
  const known = transportOf(point.transport) !== undefined;
  const possible =
    known &&
    !(point.transport === 'udp' && point.clientOnly === true) &&
    !(point.server !== undefined && !isWebSocket(point.transport));
  const port = Number.isInteger(point.port) && point.port >= 0 && point.port <= 65535;
  if (possible && port && familyOf(point.address) !== undefined) {
    return { ...point, address: canonicalAddress(point.address) };
  }
  throw badListenPoint(text);
}

function textOf({ transport, address, port }: ListenPoint): string {
  return JSON.stringify({ transport, address, port });
}

function badListenPoint(text: string): StrowgerError {
  const form = 'a transport, an IP address (IPv6 in brackets), a port: udp:127.0.0.1:5060';
  return new StrowgerError('BAD_LISTEN_POINT', `cannot listen on ${text}: expected ${form}`, {
    recovery: { kind: 'fixConfiguration', key: 'listen' },
  });
}
