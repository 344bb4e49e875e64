import { isSips, NameAddr, type SipRequest, SipUri, type Uri } from '@strowger/sip-message';
import type { Hop, Inbound } from '../message-sender.ts';
import type { OwnRoutes } from './own-routes.ts';
import type { ProxyDecision, ProxyTarget } from './proxy-options.ts';

/** Of RFC 3261 §16.6 step 3, for a request that has none. */
const MAX_FORWARDS = 70;

/** A copy of a request as it leaves for a target, but for our Via. */
export interface Forwarded {
  readonly request: SipRequest;
  /** What is located: the first Route, else the Request-URI (RFC 3261 §16.6 step 7). */
  readonly next: Uri;
}

/** Steps 1 to 3, 5 and 6 of RFC 3261 §16.6; the fourth needs the hop: `recordRoute`. */
export function forwardedTo(
  target: ProxyTarget,
  received: SipRequest,
  options: { headers: Forward['headers']; breadth: number | undefined },
): Forwarded {
  const request = received.clone();
  const { headers } = request;
  request.uri = target.uri;
  headers.set('Max-Forwards', (headers.get('max-forwards') ?? MAX_FORWARDS + 1) - 1);
  if (options.breadth !== undefined) headers.set('Max-Breadth', options.breadth);
  for (const [name, value] of options.headers ?? []) headers.set(name, value);
  const path = target.path ?? [];
  if (path.length > 0) headers.set('Route', [...path, ...(headers.get('route') ?? [])]);
  const first = headers.has('route') ? headers.get('route')?.[0] : undefined;
  if (first === undefined) return { request, next: request.uri };
  if (!isLoose(first.uri)) makeStrict(request, first.uri);
  return { request, next: first.uri };
}

type Forward = Extract<ProxyDecision, { kind: 'forward' }>;

/**
 * Writes our Record-Routes, and for a REGISTER our Path, for the hop over which the request leaves
 * (RFC 3261 §16.6 step 4, RFC 5658, RFC 3327); each time anew, as every hop that is tried may need
 * others.
 */
export function recordRoute(
  { request, next }: Forwarded,
  hop: Hop,
  {
    received,
    inbound,
    decision,
    own,
    isFlow,
  }: {
    received: SipRequest;
    inbound: Inbound;
    decision: Forward;
    own: OwnRoutes;
    isFlow: boolean;
  },
): void {
  if (decision.recordRoute === true && makesDialogs(request)) {
    const isSecure = isSips(request.uri) || isSips(next);
    const uris = own.recorded(request.callId, inbound.hop, hop, { isSecure, isFlow });
    rewrite(request, received, 'Record-Route', uris);
  }
  if (decision.addPath === true && request.method === 'REGISTER') {
    rewrite(request, received, 'Path', [own.path(inbound.hop)]);
  }
}

/** Ours before those that came with the request. */
function rewrite(request: SipRequest, received: SipRequest, name: string, uris: SipUri[]): void {
  request.headers.remove(name);
  for (const value of received.headers.raw(name)) request.headers.append(name, value);
  for (const uri of uris.toReversed()) request.headers.prepend(name, new NameAddr({ uri }));
}

/** In a request within a dialog a Record-Route changes nothing (RFC 3261 §12.2). */
function makesDialogs({ method, toTag }: SipRequest): boolean {
  return toTag === undefined && method !== 'REGISTER' && method !== 'ACK';
}

/** The next element looks at the Request-URI alone (RFC 3261 §16.6 step 6). */
function makeStrict(request: SipRequest, next: Uri): void {
  const { headers } = request;
  const target = request.uri;
  headers.removeFirst('Route');
  headers.append('Route', new NameAddr({ uri: target }));
  request.uri = next;
}

function isLoose(uri: Uri): boolean {
  return uri instanceof SipUri && uri.params.has('lr');
}
