import { StrowgerError } from '@strowger/runtime';
import { isSecure } from './hop.ts';
import { checkListenPoint, type ListenPoint, parseListenPoint } from './listen-point.ts';
import { TlsContexts } from './tls-contexts.ts';
import type { TransportLayerOptions } from './transport-options.ts';

/** The listen points that were asked for, checked; throws `BAD_LISTEN_POINT`. */
export function listenPoints({ listen, webSocket }: TransportLayerOptions): ListenPoint[] {
  if (listen.length === 0) {
    throw new StrowgerError('BAD_LISTEN_POINT', 'a transport needs at least one listen point', {
      recovery: { kind: 'fixConfiguration', key: 'listen' },
    });
  }
  const points = listen.map((one) =>
    typeof one === 'string' ? parseListenPoint(one) : checkListenPoint(one),
  );
  if (webSocket?.path === undefined && points.some(({ server }) => server !== undefined)) {
    throw new StrowgerError('BAD_LISTEN_POINT', 'beside an HTTP server SIP needs its own path', {
      recovery: { kind: 'fixConfiguration', key: 'webSocket.path' },
    });
  }
  return points;
}

/** Throws `BAD_CERTIFICATE`. */
export function tlsContexts(
  { tls = {} }: TransportLayerOptions,
  points: readonly ListenPoint[],
): TlsContexts {
  const contexts = new TlsContexts(tls);
  checkServing(contexts, points);
  return contexts;
}

/** A point that others connect to by TLS needs something to show them: `BAD_CERTIFICATE`. */
export function checkServing(contexts: TlsContexts, points: readonly ListenPoint[]): void {
  const bare = points.find(
    (one) => isSecure(one.transport) && one.clientOnly !== true && !one.server,
  );
  if (bare === undefined || contexts.canServe) return;
  const what = `${bare.transport} needs a certificate, or \`clientOnly\``;
  throw new StrowgerError('BAD_CERTIFICATE', what, {
    recovery: { kind: 'fixConfiguration', key: 'tls' },
  });
}
