import { createResponse, SipRequest, SipResponse, SipUri, uri } from '@strowger/sip-message';
import {
  type ClientTransaction,
  type ServerTransaction,
  TransactionLayer,
} from '@strowger/transaction-core';
import type { SimulatedHost } from '../src/simulation-host.ts';

/** Answers that have come from the branches of one INVITE. */
interface Forking {
  readonly branches: ClientTransaction[];
  waiting: number;
  best: SipResponse | undefined;
  isAnswered: boolean;
}

/** How long a proxy waits for whoever was called (timer C, RFC 3261 §16.6). */
const TIMER_C_MS = 181_000;

/**
 * A stateful proxy on the transactions under test (RFC 3261 §16): records its route, forks to the
 * callees that a call's route names, and passes on the best answer. Enough of one to test others.
 */
export class Proxy {
  private readonly host: SimulatedHost;
  private readonly layer: TransactionLayer;

  constructor(host: SimulatedHost) {
    this.host = host;
    this.layer = new TransactionLayer({
      runtime: host.runtime,
      sender: host,
      mergedRequests: 'pass',
      user: {
        onRequest: (transaction) => this.forward(transaction),
        onAck: (ack) => this.layer.sendAck(this.passed(ack)),
        onStrayResponse: () => {},
      },
    });
    host.receive = (inbound) => this.layer.receive(inbound);
  }

  counts(): object {
    return this.layer.counts();
  }

  /** The route that leads over this proxy to these callees. */
  routeTo(callees: readonly string[]): string {
    return `sip:${callees.join('.and.')}@${this.host.name};lr`;
  }

  private forward(transaction: ServerTransaction): void {
    const { request } = transaction;
    const isFirst = request.to.tag === undefined;
    const targets = isFirst ? calleesOf(request) : [];
    const copy = this.passed(request);
    if (isFirst) copy.headers.prepend('Record-Route', `<sip:${this.host.name};lr>`);
    const forking: Forking = { branches: [], waiting: 0, best: undefined, isAnswered: false };
    const all = targets.length === 0 ? [undefined] : targets;
    forking.waiting = all.length;
    transaction.user = { onCancel: () => cancelAll(forking) };
    const timerC =
      request.method === 'INVITE'
        ? this.host.runtime.clock.arm(TIMER_C_MS, () => cancelAll(forking))
        : undefined;
    for (const callee of all) {
      const branch = this.layer.request(
        copy,
        {
          onResponse: (response) => {
            if (this.answered(transaction, forking, response)) timerC?.cancel();
          },
          onTimeout: () => this.answered(transaction, forking, ownAnswer(copy, 408)),
          onTransportError: () => this.answered(transaction, forking, ownAnswer(copy, 503)),
        },
        callee === undefined ? {} : { target: uri(`sip:${callee}`) },
      );
      forking.branches.push(branch);
    }
  }

  /** RFC 3261 §16.7; true once nothing more can come but 2xx. */
  private answered(
    transaction: ServerTransaction,
    forking: Forking,
    response: SipResponse,
  ): boolean {
    const { status } = response;
    if (status === 100) return false;
    if (status < 200) {
      if (!forking.isAnswered) transaction.respond(withoutVia(response));
      return false;
    }
    if (status < 300) {
      const isRepeated = forking.isAnswered;
      forking.isAnswered = true;
      transaction.respond(withoutVia(response));
      if (!isRepeated) cancelAll(forking);
      return true;
    }
    forking.waiting--;
    if (forking.best === undefined || rank(status) < rank(forking.best.status)) {
      forking.best = response;
    }
    if (status >= 600) cancelAll(forking);
    if (forking.waiting > 0 || forking.isAnswered) return false;
    forking.isAnswered = true;
    transaction.respond(withoutVia(forking.best));
    return true;
  }

  private passed(request: SipRequest): SipRequest {
    const copy = request.clone();
    const top = copy.headers.get('route')?.[0]?.uri;
    if (top instanceof SipUri && top.host === this.host.name) copy.headers.removeFirst('Route');
    copy.headers.set('Max-Forwards', (copy.headers.get('max-forwards') ?? 70) - 1);
    return copy;
  }
}

function calleesOf(request: SipRequest): string[] {
  const top = request.headers.get('route')?.[0]?.uri;
  return top instanceof SipUri && top.user !== undefined ? top.user.split('.and.') : [];
}

function cancelAll(forking: Forking): void {
  for (const branch of forking.branches) branch.cancel();
}

/** RFC 3261 §16.7 step 6: 6xx first, then the lowest class. */
function rank(status: number): number {
  return status >= 600 ? 0 : status;
}

/** An answer that no branch gave, as if it had: with a Via to take off. */
function ownAnswer(request: SipRequest, status: number): SipResponse {
  const response = createResponse(request, status);
  response.headers.prepend('Via', 'SIP/2.0/UDP proxy;branch=z9hG4bKown');
  return response;
}

function withoutVia(response: SipResponse): SipResponse {
  const copy = new SipResponse({
    status: response.status,
    reason: response.reason,
    headers: [...response.headers.entries()],
    body: response.body,
  });
  copy.headers.removeFirst('Via');
  return copy;
}
