import { type Headers, NameAddr, SipUri, type Uri } from '@strowger/sip-message';
import { copied } from './copied.ts';

/** Route entries and URIs of one dialog, as text: nothing of a parsed message stays alive. */
export type RouteSet = readonly string[];

const NO_ROUTES: RouteSet = [];
const NO_ENTRIES: readonly NameAddr[] = [];

/**
 * The route set that a dialog takes from the message that makes it: the Record-Route entries in
 * order for the UAS, reversed for the UAC (RFC 3261 §12.1.1, §12.1.2).
 */
export function routeSetFrom(headers: Headers, role: 'uac' | 'uas'): RouteSet {
  const entries = headers.get('record-route');
  if (entries === undefined || entries.length === 0) return NO_ROUTES;
  const routes = entries.map((entry) => copied(entry.toString()));
  return role === 'uac' ? routes.reverse() : routes;
}

/** Where a request in a dialog is addressed to and where it goes. */
export interface Addressing {
  readonly requestUri: Uri;
  readonly route: RouteSet;
  /** The URI that the next hop is found from. */
  readonly nextHop: Uri;
}

/**
 * Request URI and Route of a request (RFC 3261 §12.2.1.1). A first router without `lr` is a strict
 * one: it gets itself as the request URI, and the remote target goes to the end of Route.
 */
export function addressRequest(routes: readonly NameAddr[], remoteTarget: Uri): Addressing {
  const first = routes[0]?.uri;
  if (first === undefined) {
    return { requestUri: remoteTarget, route: NO_ROUTES, nextHop: remoteTarget };
  }
  if (isLooseRouter(first)) {
    return { requestUri: remoteTarget, route: routes.map(String), nextHop: first };
  }
  const requestUri = asRequestUri(first);
  const route = [...routes.slice(1).map(String), `<${remoteTarget.toString()}>`];
  return { requestUri, route, nextHop: requestUri };
}

/** The entries of a stored route set. */
export function parseRoutes(routeSet: RouteSet): readonly NameAddr[] {
  if (routeSet.length === 0) return NO_ENTRIES;
  return routeSet.flatMap((text) => {
    const parsed = NameAddr.parse(text);
    return parsed.ok ? [parsed.value] : [];
  });
}

function isLooseRouter(uri: Uri): boolean {
  return !(uri instanceof SipUri) || uri.params.has('lr');
}

/** A URI without what a request URI must not have: headers and `method` (RFC 3261 §19.1.1). */
function asRequestUri(uri: Uri): Uri {
  if (!(uri instanceof SipUri)) return uri;
  const params = uri.params.clone();
  params.delete('method');
  return uri.with({ params, headers: [] });
}
