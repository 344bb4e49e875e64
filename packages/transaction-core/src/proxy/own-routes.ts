import { type NameAddr, SipUri, type Uri } from '@strowger/sip-message';
import type { Hop, Inbound, TransportName } from '../message-sender.ts';
import type { ProxyOptions } from './proxy-options.ts';
import { RouteProof } from './route-proof.ts';

/** Says that the next Route is ours too, and says so there (RFC 5658 §4.2). */
const TWICE = 'r2';
/** Carries the proof that we recorded this route in this call. */
const PROOF = 'rp';

/** The URIs by which a proxy can be found in a Route, written and recognised. */
export class OwnRoutes {
  private readonly sender: ProxyOptions['sender'];
  private readonly names: ReadonlySet<string>;
  private readonly proof: RouteProof;

  constructor({ sender, names = [], runtime, routeKey }: ProxyOptions) {
    this.sender = sender;
    this.names = new Set(names.map((name) => name.toLowerCase()));
    this.proof = new RouteProof(routeKey ?? runtime.random.bytes(32));
  }

  /**
   * The Record-Routes of a request that came over one hop and leaves over another, topmost first:
   * one where both sides reach us at the same place, else one for each (RFC 5658 §4).
   *
   * @param isFlow whether the outgoing hop is a flow that the next element opened to us.
   */
  recorded(callId: string, from: Hop, onto: Hop, options: { isSecure: boolean; isFlow: boolean }) {
    const { isSecure, isFlow } = options;
    const proof = this.proof.of(callId);
    const inside = this.write(onto, { isSecure, token: this.tokenOf(onto, isFlow) });
    const outside = this.write(from, { isSecure, token: this.tokenOf(from, false) });
    inside.params.set(PROOF, proof);
    if (areSame(inside, outside)) return [inside];
    outside.params.set(PROOF, proof);
    return [inside, outside].map((uri) => {
      uri.params.set(TWICE, 'on');
      return uri;
    });
  }

  /** Our address for the Path of a REGISTER that came over this hop (RFC 3327 §5.2). */
  path(from: Hop): SipUri {
    return this.write(from, { isSecure: false, token: this.sender.flowToken?.(from) });
  }

  /** Whether a Route, or a Request-URI that a strict router wrote, names us. */
  isOurs(uri: Uri, { hop, local }: Inbound): boolean {
    if (!(uri instanceof SipUri)) return false;
    const { host } = uri;
    if (this.names.has(host)) return true;
    const port = uri.port ?? (isSecureUri(uri) ? 5061 : 5060);
    if (host === local.address && port === local.port) return true;
    const told = this.sender.sentBy(hop);
    return host === told.host.toLowerCase() && port === told.port;
  }

  /** Whether the Route behind this one of ours is ours as well. */
  isDouble(first: NameAddr, second: NameAddr | undefined): boolean {
    return hasParam(first.uri, TWICE) && second !== undefined && hasParam(second.uri, TWICE);
  }

  /** Whether a Route is one that we recorded in the call of this Call-ID. */
  isProven(uri: Uri, callId: string): boolean {
    const claimed = uri instanceof SipUri ? uri.params.get(PROOF) : undefined;
    return claimed !== undefined && claimed === this.proof.of(callId);
  }

  /**
   * The flow that a Route of ours leads onto: none where it has no token, or the token of the very
   * flow that the request came over (RFC 5626 §5.3.1). `'gone'` where the flow is.
   */
  flowOf({ uri }: NameAddr, { hop }: Inbound): Hop | 'gone' | undefined {
    if (!(uri instanceof SipUri) || uri.user === undefined) return undefined;
    const flow = this.sender.hopOf?.(uri.user);
    if (flow === undefined || isSameFlow(flow, hop)) return undefined;
    return this.sender.isFlowOpen?.(flow) === false ? 'gone' : flow;
  }

  /** A WebSocket's client can be reached in no other way; others say by Path that they want it. */
  private tokenOf(hop: Hop, isFlow: boolean): string | undefined {
    const isNeeded = isFlow ? hop.transport !== 'udp' : isWebSocket(hop.transport);
    return isNeeded ? this.sender.flowToken?.(hop) : undefined;
  }

  private write(hop: Hop, { isSecure, token }: { isSecure: boolean; token: string | undefined }) {
    const { host, port } = this.sender.sentBy(hop);
    const params: [string, string?][] = [];
    if (hop.transport !== 'udp') params.push(['transport', carrier(hop.transport, isSecure)]);
    params.push(['lr']);
    return new SipUri({ scheme: isSecure ? 'sips' : 'sip', user: token, host, port, params });
  }
}

/** `sips` names TLS already (RFC 3261 §26.2.2); WebSocket has `ws` for both (RFC 7118 §5). */
function carrier(transport: TransportName, isSecure: boolean): string {
  if (transport === 'wss' && isSecure) return 'ws';
  return transport === 'tls' && isSecure ? 'tcp' : transport;
}

function isWebSocket(transport: TransportName): boolean {
  return transport === 'ws' || transport === 'wss';
}

function isSameFlow(one: Hop, other: Hop): boolean {
  return (
    one.transport === other.transport && one.address === other.address && one.port === other.port
  );
}

function isSecureUri({ scheme, params }: SipUri): boolean {
  return scheme === 'sips' || params.get('transport')?.toLowerCase() === 'tls';
}

function hasParam(uri: Uri, name: string): boolean {
  return uri instanceof SipUri && uri.params.has(name);
}

function areSame(inside: SipUri, outside: SipUri): boolean {
  const one = inside.with({});
  one.params.delete(PROOF);
  return one.toString() === outside.toString();
}
