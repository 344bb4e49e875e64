import { SipUri, uri } from '@strowger/sip-message';
import { type ProxyRequest, type ProxyTarget, StatefulProxy } from '@strowger/transaction-core';
import type { SimulatedHost } from '../src/simulation-host.ts';
import type { Rows } from './rows.ts';

/** The proxy under test between the users: records its route, and forks to whom a call's route names. */
export class Proxy {
  private readonly host: SimulatedHost;
  private readonly proxy: StatefulProxy;

  constructor(host: SimulatedHost, rows: Rows) {
    this.host = host;
    this.proxy = new StatefulProxy({
      runtime: host.runtime,
      sender: host,
      names: [host.name],
      route: (request) => ({
        kind: 'forward',
        recordRoute: true,
        targets: targetsOf(request),
      }),
      onContextStep: ({ from, input }) =>
        rows.take('transaction-core responseContext', from, input),
    });
    host.receive = (inbound) => this.proxy.receive(inbound);
  }

  counts(): object {
    return this.proxy.counts();
  }

  /** The route that leads over this proxy to these callees. */
  routeTo(callees: readonly string[]): string {
    return `sip:${callees.join('.and.')}@${this.host.name};lr`;
  }
}

/** Within a dialog where the request says, else to the callees in the Route that led here. */
function targetsOf({ request, inbound }: ProxyRequest): ProxyTarget[] {
  const { message } = inbound;
  const top = message.kind === 'request' ? message.headers.get('route')?.[0]?.uri : undefined;
  const callees = top instanceof SipUri && request.toTag === undefined ? top.user : undefined;
  if (callees === undefined) return [{ uri: request.uri }];
  return callees.split('.and.').map((callee) => ({ uri: uri(`sip:${callee}@${callee}`) }));
}
