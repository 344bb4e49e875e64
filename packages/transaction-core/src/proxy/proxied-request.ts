import { Machine, type Timer } from '@strowger/runtime';
import { createResponse, isSips, type SipRequest, type SipResponse } from '@strowger/sip-message';
import type { ClientTransaction } from '../client-transaction.ts';
import type { Hop } from '../message-sender.ts';
import type { ServerTransaction } from '../server-transaction.ts';
import type { CancelOptions } from '../outputs.ts';
import type { OwnRoutes } from './own-routes.ts';
import type { ProxyDecision, ProxyOptions, ProxyTarget } from './proxy-options.ts';
import { forwardedTo, recordRoute } from './request-forwarding.ts';
import { breadthOf } from './request-validation.ts';
import {
  type ResponseContext,
  responseContext,
  type ResponseContextInput,
  type ResponseContextOutput,
  type ResponseContextState,
} from './response-context-table.ts';
import type { ProxyCounters, ProxyTransactions } from './proxy-core.ts';

/** What all requests that pass through a proxy share. */
export interface ProxySurroundings {
  readonly options: ProxyOptions;
  readonly transactions: ProxyTransactions;
  readonly own: OwnRoutes;
  readonly counters: ProxyCounters;
  /** Told when nothing more comes of a request. */
  readonly onReleased: (request: ProxiedRequest) => void;
}

type Forward = Extract<ProxyDecision, { kind: 'forward' }>;

/** More than three minutes (RFC 3261 §16.6 step 11). */
const TIMER_C_MS = 200_000;
const MAX_BRANCHES = 30;
const MAX_BREADTH = 60;
const ELSEWHERE: CancelOptions = {
  headers: [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']],
};

/** One request on its way through a proxy, with its branches: the shell of `responseContext`. */
export class ProxiedRequest {
  private readonly around: ProxySurroundings;
  private readonly server: ServerTransaction;
  private readonly received: SipRequest;
  private readonly flow: Hop | undefined;
  private readonly mark: string;
  private readonly machine: Machine<
    ResponseContextState,
    ResponseContextInput,
    ResponseContextOutput,
    ResponseContext
  >;
  private readonly branches = new Map<number, ClientTransaction>();
  private readonly timers = new Map<number, Timer>();
  private readonly ringing = new Map<number, Timer>();
  private decision: Forward = { kind: 'forward', targets: [] };
  private cancelReason: CancelOptions = {};

  constructor(
    around: ProxySurroundings,
    server: ServerTransaction,
    way: { received: SipRequest; flow: Hop | undefined; mark: string },
  ) {
    this.around = around;
    this.server = server;
    this.received = way.received;
    this.flow = way.flow;
    this.mark = way.mark;
    const { onContextStep: onStep } = around.options;
    this.machine = new Machine<
      ResponseContextState,
      ResponseContextInput,
      ResponseContextOutput,
      ResponseContext
    >({
      table: responseContext,
      initial: { name: 'routing' },
      context: this.context(),
      perform: (output) => this.perform(output),
      ...(onStep === undefined
        ? {}
        : {
            onStep: (from, input, to) =>
              onStep({ from: from.name, input: input.type, to: to.name }),
          }),
    });
    server.user = {
      onCancel: (cancel) => this.cancel(cancel),
      onTimeout: () => void this.machine.input({ type: 'abandoned' }),
    };
  }

  /** Begins, once it is known where to. */
  take(decision: ProxyDecision): void {
    if (decision.kind === 'refuse') {
      this.machine.input({ type: 'refused', response: decision.response });
      return;
    }
    this.decision = decision;
    const { targets, recurse = false } = decision;
    const { flow } = this;
    this.machine.input({
      type: 'routed',
      recurse,
      targets: flow === undefined ? targets : targets.map((one) => ({ hops: [flow], ...one })),
    });
  }

  /** Frees every timer; nobody is told. */
  close(): void {
    for (const timer of [...this.timers.values(), ...this.ringing.values()]) timer.cancel();
    this.timers.clear();
    this.ringing.clear();
    this.branches.clear();
  }

  private cancel(cancel: SipRequest): void {
    const reasons = cancel.headers.raw('Reason').map((value) => ['Reason', value] as const);
    this.cancelReason = { headers: reasons };
    this.machine.input({ type: 'cancel' });
  }

  /** What a listener does wrong costs nobody an answer. */
  private tell(response: SipResponse): void {
    const { onResponse, runtime } = this.around.options;
    try {
      onResponse?.(this.received, response);
    } catch (error) {
      runtime.logger.error({ err: error }, 'onResponse has thrown');
    }
  }

  private perform(output: ResponseContextOutput): void {
    switch (output.type) {
      case 'start':
        return this.start(output.targets, output.firstBranch);
      case 'send':
        this.tell(output.response);
        return this.server.respond(output.response);
      case 'cancelBranches': {
        const options = output.isAnswered ? ELSEWHERE : this.cancelReason;
        for (const branch of output.branches) this.branches.get(branch)?.cancel(options);
        return;
      }
      case 'armTimerC':
        return this.armTimerC(output.branch);
      case 'disarmTimerC':
        this.ringing.get(output.branch)?.cancel();
        this.ringing.delete(output.branch);
        return this.disarmTimerC(output.branch);
      case 'release':
        this.close();
        return this.around.onReleased(this);
      default:
        output satisfies never;
    }
  }

  private start(targets: readonly ProxyTarget[], first: number): void {
    const breadth = Math.max(1, Math.floor(this.breadth() / targets.length));
    for (const [index, target] of targets.entries()) {
      this.startBranch(
        first + index,
        target,
        targets.length > 1 || this.isLimited() ? breadth : undefined,
      );
    }
  }

  private startBranch(branch: number, target: ProxyTarget, breadth: number | undefined): void {
    const { around, received, decision, mark } = this;
    const { own, transactions, counters } = around;
    const forwarded = forwardedTo(target, received, { headers: decision.headers, breadth });
    const isFlow = target.hops !== undefined;
    const { inbound } = this.server;
    counters.requestsForwarded++;
    if (this.isInvite) this.armTimerC(branch);
    if (this.isInvite && target.ringMs !== undefined) this.armRinging(branch, target.ringMs);
    const transaction = transactions.request(
      forwarded.request,
      {
        onResponse: (response) => this.receive(branch, response),
        onTimeout: () => this.fail(branch, 408),
        onTransportError: () => this.fail(branch, 503),
        onTerminated: () => void this.machine.input({ type: 'branchOver', branch }),
      },
      {
        target: forwarded.next,
        isSecure: isSips(received.uri),
        branchSuffix: mark,
        ...(target.hops === undefined ? {} : { hops: target.hops }),
        onHop: (hop) => recordRoute(forwarded, hop, { received, inbound, decision, own, isFlow }),
      },
    );
    this.branches.set(branch, transaction);
  }

  /**
   * Our Via goes (RFC 3261 §16.7 step 3). Where a next hop lost those behind it, against §8.2.6.2,
   * they are written anew: whoever asked would not know an answer without them.
   */
  private receive(branch: number, response: SipResponse): void {
    const { status, headers } = response;
    headers.removeFirst('Via');
    if (!headers.has('via')) {
      for (const value of this.received.headers.raw('via')) headers.append('Via', value);
    }
    if (status < 200) return void this.machine.input({ type: 'provisional', branch, response });
    if (status < 300) return void this.machine.input({ type: 'success', branch, response });
    this.machine.input({ type: 'failure', branch, response });
  }

  private fail(branch: number, status: 408 | 503): void {
    const response = createResponse(this.server.request, status);
    this.machine.input({ type: 'failure', branch, response });
  }

  private armTimerC(branch: number): void {
    this.disarmTimerC(branch);
    const { runtime, timerCMs = TIMER_C_MS } = this.around.options;
    const fire = (): void => {
      this.timers.delete(branch);
      this.around.counters.timerCFired++;
      this.stopRinging(branch);
    };
    this.timers.set(branch, runtime.clock.arm(timerCMs, fire));
  }

  /** Unlike timer C it does not begin anew with every provisional response. */
  private armRinging(branch: number, ringMs: number): void {
    const fire = (): void => {
      this.ringing.delete(branch);
      this.stopRinging(branch);
    };
    this.ringing.set(branch, this.around.options.runtime.clock.arm(ringMs, fire));
  }

  private stopRinging(branch: number): void {
    this.machine.input({ type: 'timerC', branch });
  }

  private disarmTimerC(branch: number): void {
    this.timers.get(branch)?.cancel();
    this.timers.delete(branch);
  }

  private get isInvite(): boolean {
    return this.received.method === 'INVITE';
  }

  private breadth(): number {
    return breadthOf(this.received) ?? this.around.options.maxBreadth ?? MAX_BREADTH;
  }

  private isLimited(): boolean {
    return breadthOf(this.received) !== undefined;
  }

  private context(): ResponseContext {
    const { server, around } = this;
    return {
      isInvite: this.isInvite,
      breadth: this.breadth(),
      maxBranches: around.options.maxBranches ?? MAX_BRANCHES,
      buildResponse: (status) => createResponse(server.request, status),
      dress: (best, challenges) => dress(best, challenges, server.request),
    };
  }
}

/** A 503 says that its sender cannot serve, not that we cannot (RFC 3261 §16.7 step 6). */
function dress(
  best: SipResponse,
  challenges: readonly [string, string][],
  request: SipRequest,
): SipResponse {
  if (best.status === 503) return createResponse(request, 500);
  for (const [name, value] of challenges) best.headers.append(name, value);
  return best;
}
