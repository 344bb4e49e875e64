import type { Runtime } from '@strowger/runtime';
import type { HeaderInput, NameAddr, SipRequest, SipResponse, Uri } from '@strowger/sip-message';
import type { Hop, Inbound, MessageSender } from '../message-sender.ts';

/** Where a proxy may send a request (RFC 3261 §16.5). */
export interface ProxyTarget {
  /** Becomes the Request-URI. */
  readonly uri: Uri;
  /**
   * Preference from 0 to 1, by default 1: targets of equal preference are tried in parallel, those
   * of a lower one when all of a higher one have failed (RFC 3261 §16.6).
   */
  readonly q?: number;
  /** The way there, put before what is left of the request's own: a Path (RFC 3327 §5.1). */
  readonly path?: readonly NameAddr[];
  /** The hops themselves, best first, such as the flow of a registration; nothing is located. */
  readonly hops?: readonly Hop[];
  /**
   * How long it may go without a final answer to an INVITE before it is cancelled and the next is
   * tried, in milliseconds; by default until timer C (RFC 3261 §16.6 step 11). What was cancelled so
   * counts as a 480.
   */
  readonly ringMs?: number;
}

/** What shall be done with a request: pass it on, or answer it. */
export type ProxyDecision =
  | {
      readonly kind: 'forward';
      /** None: the request is answered with 480. The same URI is tried once. */
      readonly targets: readonly ProxyTarget[];
      /** Whether later requests of the dialog come this way (RFC 3261 §16.6 step 4); default false. */
      readonly recordRoute?: boolean;
      /** Whether a REGISTER leaves our address, so that its binding is reached through us (RFC 3327). */
      readonly addPath?: boolean;
      /** Whether the proxy follows a 3xx itself (RFC 3261 §16.7 step 4); default false. */
      readonly recurse?: boolean;
      /** Set in what is forwarded, each instead of what was there; an empty list removes it. */
      readonly headers?: readonly (readonly [name: string, value: HeaderInput])[];
    }
  | {
      readonly kind: 'refuse';
      /** To the request as it is in `ProxyRequest`; of `createResponse`. Ignored for an ACK. */
      readonly response: SipResponse;
    };

/** A request that asks where to go. */
export interface ProxyRequest {
  /**
   * As it goes on: what of its route led here is gone (RFC 3261 §16.4). It is not to be changed.
   */
  readonly request: SipRequest;
  readonly inbound: Inbound;
  /**
   * Whether it came along the route that this proxy recorded for this very call, which nobody can
   * forge: then it may go on to its Request-URI. A route that anybody can write makes it `false`.
   */
  readonly isRouted: boolean;
}

/** Asked for every request but CANCEL, the ACK to a 2xx too. A rejection is answered with 500. */
export type ProxyRoute = (request: ProxyRequest) => ProxyDecision | Promise<ProxyDecision>;

/** What a proxy needs of a transport; flows are optional (RFC 5626 §5). */
export interface ProxySender extends MessageSender {
  /** A text that leads back over the flow of this hop, unforgeable. */
  flowToken?(hop: Hop): string | undefined;
  /** The hop that a token was made for. */
  hopOf?(token: string): Hop | undefined;
  /** Whether the flow of this hop can still be used. */
  isFlowOpen?(hop: Hop): boolean;
}

/** One step of the response context of one request. */
export interface ProxyStep {
  readonly from: string;
  readonly input: string;
  readonly to: string;
}

/** What a proxy is made of. */
export interface ProxyOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'random' | 'logger'>;
  readonly sender: ProxySender;
  readonly route: ProxyRoute;
  /** Host names that mean this proxy in a Route, beside the addresses that it tells peers. */
  readonly names?: readonly string[];
  /** Option tags that the application understands for Proxy-Require (RFC 3261 §16.3 step 5). */
  readonly supported?: readonly string[];
  /** Timer C in milliseconds: more than 180 000 (RFC 3261 §16.6 step 11); default 200 000. */
  readonly timerCMs?: number;
  /** Branches of one request at most, recursion included; default 30. What is beyond is not tried. */
  readonly maxBranches?: number;
  /** Max-Breadth of requests that come without one (RFC 5393 §5.3.3); default 60. */
  readonly maxBreadth?: number;
  /**
   * Told of every response that goes back to the sender of a request, of the application's and of the
   * proxy's own too, before it leaves; `request` is the one that `route` was asked about. It is not to
   * be changed. Requests that are refused before `route` is asked are not told.
   */
  readonly onResponse?: (request: SipRequest, response: SipResponse) => void;
  /** Told of every step of `responseContext`: for logs and for the coverage of tests. */
  readonly onContextStep?: (step: ProxyStep) => void;
  /** At least 16 secret bytes, for proxies that stand in for each other. Default: of chance. */
  readonly routeKey?: Uint8Array;
}
