import type { Runtime } from '@strowger/runtime';
import {
  computeHa1,
  type SipRequest,
  type SipResponse,
  type Uri,
  uri,
} from '@strowger/sip-message';
import {
  DigestServer,
  type MessageSender,
  type ProxyDecision,
  type ProxyTarget,
  StatefulProxy,
} from '@strowger/transaction-core';
import type { Stage } from './stage.ts';

/** What a proxy of a story does. */
export interface ProxyPlan {
  /** Names beside its own that lead to it. */
  readonly names?: readonly string[];
  /** Where requests from outside of dialogs go, by their Request-URI; all others go there. */
  readonly to?: Readonly<Record<string, readonly (string | ProxyTarget)[]>>;
  /** Whether it stays in the path of the dialog; default true. */
  readonly recordRoute?: boolean;
  /** Challenges new calls of `alice`, whose password is `pw-alice`, for this realm. */
  readonly realm?: string;
  /** Who may call whom: the answer to an INVITE that may not, once its sender is known. */
  readonly screen?: (request: SipRequest) => SipResponse | undefined;
  /** Follows a 3xx by itself. */
  readonly recurse?: boolean;
  /** A layer between the proxy and the wire. */
  readonly through?: (sender: MessageSender) => MessageSender;
}

/** Puts a stateful proxy on the stage. */
export function proxy(on: Stage, name: string, plan: ProxyPlan = {}): StatefulProxy {
  const host = on.simulation.network.host(name);
  for (const other of plan.names ?? []) on.simulation.network.name(other, name);
  const admit = guard(host.runtime, plan.realm);
  const sender = on.wire.sender(host);
  const { recordRoute = true, recurse = false } = plan;
  const made = new StatefulProxy({
    runtime: host.runtime,
    sender: plan.through?.(sender) ?? sender,
    names: [name, ...(plan.names ?? [])],
    async route({ request }): Promise<ProxyDecision> {
      if (request.to.tag !== undefined) return forward([request.uri]);
      const refusal = await admit(request);
      if (refusal !== undefined) return refusal;
      const screened = plan.screen?.(request);
      if (screened !== undefined) return { kind: 'refuse', response: screened };
      const targets = plan.to?.[request.uri.toString()] ?? [request.uri];
      return { ...forward(targets), recordRoute, recurse };
    },
  });
  host.receive = (inbound) => made.receive(inbound);
  on.count(name, made);
  return made;
}

/** One target after the other (RFC 3261 §16.6), each for `ringMs` where that is given. */
export function inOrder(targets: readonly string[], ringMs?: number): ProxyTarget[] {
  const patience = ringMs === undefined ? {} : { ringMs };
  return targets.map((target, at) => ({ uri: uri(target), q: 1 - at / 10, ...patience }));
}

function forward(targets: readonly (string | Uri | ProxyTarget)[]) {
  return { kind: 'forward', targets: targets.map(targetOf) } as const;
}

function targetOf(target: string | Uri | ProxyTarget): ProxyTarget {
  if (typeof target === 'string') return { uri: uri(target) };
  return 'uri' in target ? target : { uri: target };
}

/** Asks for a password; `undefined` where the request may pass. */
function guard(runtime: Runtime, realm: string | undefined) {
  if (realm === undefined) return async () => undefined;
  const digest = new DigestServer({ runtime, realm });
  const ha1 = { MD5: computeHa1('MD5', { username: 'alice', realm, password: 'pw-alice' }) };
  return async (request: SipRequest): Promise<ProxyDecision | undefined> => {
    const { outcome } = await digest.verify(request, 407, (user) =>
      user === 'alice' ? ha1 : undefined,
    );
    if (outcome === 'ok') return undefined;
    return { kind: 'refuse', response: digest.challenge(407, request) };
  };
}
