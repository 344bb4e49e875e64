import { StrowgerError } from '@strowger/runtime';
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
  readonly transport: 'udp' | 'tcp';
  /** A local IP address, IPv6 without brackets; `0.0.0.0` or `::` for all of a family. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Wins over the layer's own `advertised`. */
  readonly advertised?: Advertised;
}

const FORM = /^(udp|tcp):(?:\[([\w.%]*:[\w.:%]*)\]|([0-9.]+))(?::(\d{1,5}))?$/i;

/**
 * Reads `udp:127.0.0.1:5060`, `tcp:[::1]:0`; port 5060 when there is none. Throws
 * `BAD_LISTEN_POINT` for any other form, transport, or a host that is no IP address.
 */
export function parseListenPoint(text: string): ListenPoint {
  const [, transport = '', v6, v4, port = '5060'] = FORM.exec(text) ?? [];
  return checkListenPoint(
    // anything but the two names is refused by the check
    { transport: transport.toLowerCase() as 'udp', address: v6 ?? v4 ?? '', port: Number(port) },
    text,
  );
}

/** The same point with its address in canonical spelling, or `BAD_LISTEN_POINT`. */
export function checkListenPoint(point: ListenPoint, text = JSON.stringify(point)): ListenPoint {
  const known = point.transport === 'udp' || point.transport === 'tcp';
  const port = Number.isInteger(point.port) && point.port >= 0 && point.port <= 65535;
  if (known && port && familyOf(point.address) !== undefined) {
    return { ...point, address: canonicalAddress(point.address) };
  }
  const form = "'udp' or 'tcp', an IP address (IPv6 in brackets), a port: udp:127.0.0.1:5060";
  throw new StrowgerError('BAD_LISTEN_POINT', `cannot listen on ${text}: expected ${form}`, {
    recovery: { kind: 'fixConfiguration', key: 'listen' },
  });
}
