import { createResponse, NameAddr, type SipRequest, uri } from '@strowger/sip-message';
import type { SimulationOptions } from '@strowger/testkit';
import {
  type ProxyRequest,
  type ProxyRoute,
  type ServerTransaction,
  StatefulProxy,
  type StatefulProxyOptions,
} from '../src/index.ts';
import { twoElements } from './two-elements.ts';

/** Every row of `responseContext` that any test of this file has driven, as `state input`. */
export const drivenContexts = new Set<string>();

/** Every proxy of a test, so that its end can be looked at. */
export interface Proxied extends ReturnType<typeof twoElements> {
  proxy(name: string, route: ProxyRoute, options?: Partial<StatefulProxyOptions>): StatefulProxy;
  /** Nothing is left anywhere. */
  assertOver(): Promise<void>;
}

/** Alice and bob, and as many proxies as a test makes between them. */
export function proxiedElements(options: Partial<SimulationOptions> = {}): Proxied {
  const elements = twoElements(options);
  const { simulation } = elements;
  const proxies: Record<string, StatefulProxy> = {};
  return {
    ...elements,
    proxy: (name, route, more = {}) => {
      const host = simulation.network.host(name);
      const made = new StatefulProxy({
        runtime: host.runtime,
        sender: host,
        route,
        names: [name],
        onContextStep: ({ from, input }) => drivenContexts.add(`${from} ${input}`),
        ...more,
      });
      host.receive = (inbound) => made.receive(inbound);
      proxies[name] = made;
      return made;
    },
    assertOver: async () => {
      await simulation.runUntilQuiet();
      simulation.assertQuiet({ ...proxies, alice: elements.alice.layer, bob: elements.bob.layer });
    },
  };
}

/** Routes along the dialog, and everything else to these hosts, in parallel or by their q. */
export function towards(...targets: (string | [host: string, q: number])[]): ProxyRoute {
  return (incoming) => ({
    kind: 'forward',
    recordRoute: true,
    targets: incoming.isRouted
      ? [{ uri: incoming.request.uri }]
      : targets.map((target) => {
          const [host, q = 1] = typeof target === 'string' ? [target] : target;
          return { uri: uri(`sip:bob@${host}`), q };
        }),
  });
}

/** Where a request asks to go: what an outbound proxy does. */
export const onwards: ProxyRoute = ({ request }: ProxyRequest) => ({
  kind: 'forward',
  recordRoute: true,
  targets: [{ uri: request.uri }],
});

/** Answers with these, in order, with a tag of its own and what a dialog needs. */
export function answering(
  name: string,
  ...statuses: number[]
): (transaction: ServerTransaction) => void {
  return (transaction) => {
    for (const status of statuses) transaction.respond(answerOf(transaction, name, status));
  };
}

export function answerOf({ request }: ServerTransaction, name: string, status: number) {
  const headers: [string, string][] = request.headers
    .raw('Record-Route')
    .map((value) => ['Record-Route', value]);
  if (status < 300) headers.push(['Contact', `<sip:bob@${name}>`]);
  return createResponse(request, status, { toTag: name, headers });
}

/** The route set that the caller of this INVITE learns from a response (RFC 3261 §12.1.2). */
export function routeHeaders(response: { headers: SipRequest['headers'] }): [string, NameAddr][] {
  const routes = response.headers.get('record-route') ?? [];
  return routes.toReversed().map(({ uri: one }) => ['Route', new NameAddr({ uri: one })]);
}
