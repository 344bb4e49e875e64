import { StrowgerError } from '@strowger/runtime';
import type { Hop } from './hop.ts';
import type { ListenPoint } from './listen-point.ts';

/** A listen point cannot be bound. */
export function listenFailed(
  { transport, address, port }: ListenPoint,
  cause: unknown,
): StrowgerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot listen on ${transport} ${address} port ${port}: ${why}`;
  return new StrowgerError('LISTEN_FAILED', message, {
    cause,
    recovery: { kind: 'fixConfiguration', key: 'listen' },
  });
}

/** The layer is not started, or closed. */
export function notOpen(): StrowgerError {
  return new StrowgerError('TRANSPORT_CLOSED', 'the transport is not open');
}

/** Multicast, broadcast, and the address of nobody. */
export function notOneHost({ address }: Hop): StrowgerError {
  return new StrowgerError('ADDRESS_REFUSED', `${address} is not the address of one host`);
}

/** The policy on addresses denies it. */
export function denied({ address }: Hop): StrowgerError {
  return new StrowgerError('ADDRESS_REFUSED', `nothing is sent to ${address}: it is denied`);
}

/** Its server asks for fewer new requests (RFC 7339). */
export function overloaded({ address }: Hop): StrowgerError {
  const what = `${address} has too much to do, and asks for fewer requests`;
  return new StrowgerError('OVERLOADED', what, { recovery: { kind: 'retry', afterMs: 5000 } });
}

/** No listen point is of the hop's transport and family. */
export function unsupported({ transport, address }: Hop): StrowgerError {
  const what = `${transport} to ${address} is not carried: no listen point is of its kind`;
  return new StrowgerError('TRANSPORT_UNSUPPORTED', what);
}
