import { NameAddr, type SipRequest, SipUri } from '@strowger/sip-message';
import type { Hop, Inbound } from '../message-sender.ts';
import type { OwnRoutes } from './own-routes.ts';

/** A request freed of the part of its route that led here. */
export interface Preprocessed {
  /** The request itself where nothing had to be changed, else a copy. */
  readonly request: SipRequest;
  /** Whether we recorded that part in this very call. */
  readonly isRouted: boolean;
  /** The flow onto which that part leads (RFC 5626 §5.3). */
  readonly flow: Hop | 'gone' | undefined;
}

/** Undoes what a strict router did, and takes our own Routes away (RFC 3261 §16.4). */
export function preprocess(given: SipRequest, inbound: Inbound, own: OwnRoutes): Preprocessed {
  const routes = given.headers.get('route') ?? [];
  if (routes.length === 0) return { request: given, isRouted: false, flow: undefined };
  const request = given.clone();
  const rest = [...routes];
  const ours: NameAddr[] = [];
  const last = rest.at(-1);
  const { uri } = given;
  if (last !== undefined && isRecorded(given, inbound, own) && uri instanceof SipUri) {
    // a strict router: the Request-URI is our Record-Route, and the target the last Route
    request.uri = last.uri;
    rest.pop();
    rest.unshift(new NameAddr({ uri }));
  }
  for (let first = rest[0]; first !== undefined; first = rest[0]) {
    const isSecond = ours.length === 1 && ours[0] !== undefined && own.isDouble(ours[0], first);
    if (!isSecond && !(ours.length === 0 && own.isOurs(first.uri, inbound))) break;
    ours.push(first);
    rest.shift();
  }
  if (rest.length === 0) request.headers.remove('Route');
  else if (rest.length < routes.length) request.headers.set('Route', rest);
  const flows = ours.map((route) => own.flowOf(route, inbound));
  return {
    request,
    isRouted: ours[0] !== undefined && own.isProven(ours[0].uri, given.callId),
    flow: flows.find((one) => one !== undefined),
  };
}

function isRecorded(request: SipRequest, inbound: Inbound, own: OwnRoutes): boolean {
  const { uri } = request;
  return uri instanceof SipUri && uri.params.has('lr') && own.isOurs(uri, inbound);
}
