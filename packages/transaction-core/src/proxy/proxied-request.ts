import { Machine } from '@strowger/runtime';
import { createResponse, isSips, type SipRequest, type SipResponse } from '@strowger/sip-message';
import type { LingeringServer } from '../lingering.ts';
import type { Hop } from '../message-sender.ts';
import type { CancelOptions } from '../outputs.ts';
import type { ServerTransaction, ServerTransactionUser } from '../server-transaction.ts';
import type { OwnRoutes } from './own-routes.ts';
import { type BranchOwner, ProxyBranch } from './proxy-branch.ts';
import type { ProxyCounters, ProxyTransactions } from './proxy-core.ts';
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

/** What all requests that pass through a proxy share. */
export interface ProxySurroundings {
  readonly options: ProxyOptions;
  readonly transactions: ProxyTransactions;
  readonly own: OwnRoutes;
  readonly counters: ProxyCounters;
  /** Told when nothing more comes of a request. */
  readonly onReleased: (request: ProxiedRequest) => void;
}

/** The way of a request that is passed on. */
export interface ProxiedWay {
  readonly server: ServerTransaction;
  /** As it goes on: without the part of its route that led here. */
  readonly received: SipRequest;
  readonly flow: Hop | undefined;
  /** What our branches end with. */
  readonly mark: string;
}

type Forward = Extract<ProxyDecision, { kind: 'forward' }>;

/** More than three minutes (RFC 3261 §16.6 step 11). */
const TIMER_C_MS = 200_000;
const MAX_BRANCHES = 30;
const MAX_BREADTH = 60;
const ELSEWHERE: CancelOptions = {
  headers: [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']],
};
const NO_REASON: CancelOptions = {};
const UNDECIDED: Forward = { kind: 'forward', targets: [] };
const NOBODY: ServerTransactionUser = {};
const ROUTING: ResponseContextState = { name: 'routing' };

/**
 * One request on its way through a proxy, with its branches: the shell of `responseContext`, which is
 * made of its own parts. Most that live have been answered and wait half a minute for further answers:
 * those hold neither the request nor its transactions' messages.
 */
export class ProxiedRequest implements ResponseContext, BranchOwner, ServerTransactionUser {
  /** @internal */
  readonly isInvite: boolean;
  private readonly around: ProxySurroundings;
  private readonly machine: Machine<
    ResponseContextState,
    ResponseContextInput,
    ResponseContextOutput,
    ResponseContext
  >;
  /** Until it is answered. */
  private way: ProxiedWay | undefined;
  private server: ServerTransaction | LingeringServer;
  /** By their numbers. */
  private branches: ProxyBranch[] = [];
  private decision: Forward = UNDECIDED;
  private cancelReason: CancelOptions = NO_REASON;
  /** The request, where somebody hears of its answers. */
  private readonly told: SipRequest | undefined;
  /** Those that a next hop lost. */
  private lostVias: readonly string[] | undefined = undefined;

  constructor(around: ProxySurroundings, way: ProxiedWay) {
    this.around = around;
    this.way = way;
    this.server = way.server;
    this.isInvite = way.received.method === 'INVITE';
    this.told = around.options.onResponse === undefined ? undefined : way.received;
    this.machine = new Machine(this);
    way.server.user = this;
  }

  /** Begins, once it is known where to. */
  take(decision: ProxyDecision): void {
    const { way } = this;
    if (way === undefined) return; // it was answered meanwhile
    if (decision.kind === 'refuse') {
      this.machine.input({ type: 'refused', response: decision.response });
      return;
    }
    this.decision = decision;
    const { targets, recurse = false } = decision;
    const { flow } = way;
    this.machine.input({
      type: 'routed',
      recurse,
      targets: flow === undefined ? targets : targets.map((one) => ({ hops: [flow], ...one })),
    });
  }

  /** Frees every timer; nobody is told. */
  close(): void {
    for (const branch of this.branches) branch.disarm();
    this.branches = [];
  }

  // What follows is for its transactions.

  /** @internal */
  onCancel(cancel: SipRequest): void {
    const reasons = cancel.headers.raw('Reason').map((value) => ['Reason', value] as const);
    this.cancelReason = { headers: reasons };
    this.machine.input({ type: 'cancel' });
  }

  /** @internal */
  onTimeout(): void {
    this.machine.input({ type: 'abandoned' });
  }

  /**
   * Our Via goes (RFC 3261 §16.7 step 3). Where a next hop lost those behind it, against §8.2.6.2,
   * they are written anew: whoever asked would not know an answer without them. One that nobody could
   * know goes no further: it came after an answer, when we had let go of the request.
   *
   * @internal
   */
  receive(branch: number, response: SipResponse): void {
    const { status, headers } = response;
    headers.removeFirst('Via');
    if (!headers.has('via')) {
      this.lostVias ??= this.way?.received.headers.raw('via');
      if (this.lostVias === undefined) return;
      for (const value of this.lostVias) headers.append('Via', value);
    }
    const type = status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure';
    this.machine.input({ type, branch, response });
  }

  /** @internal */
  fail(branch: number, status: 408 | 503): void {
    if (this.way === undefined) return;
    this.machine.input({ type: 'failure', branch, response: this.buildResponse(status) });
  }

  /** @internal */
  branchOver(branch: number): void {
    this.machine.input({ type: 'branchOver', branch });
  }

  // What follows is for its table.

  /** @internal */
  get table(): typeof responseContext {
    return responseContext;
  }

  /** @internal */
  get initial(): ResponseContextState {
    return ROUTING;
  }

  /** @internal */
  get context(): ResponseContext {
    return this;
  }

  /** @internal */
  get breadth(): number {
    return this.ownBreadth ?? this.around.options.maxBreadth ?? MAX_BREADTH;
  }

  /** @internal */
  get maxBranches(): number {
    return this.around.options.maxBranches ?? MAX_BRANCHES;
  }

  /** @internal */
  buildResponse(status: number): SipResponse {
    return createResponse(this.pending.server.request, status);
  }

  /**
   * A 503 says that its sender cannot serve, not that we cannot (RFC 3261 §16.7 step 6).
   *
   * @internal
   */
  dress(best: SipResponse, challenges: readonly [string, string][]): SipResponse {
    if (best.status === 503) return this.buildResponse(500);
    for (const [name, value] of challenges) best.headers.append(name, value);
    return best;
  }

  /** @internal */
  onStep(from: ResponseContextState, input: ResponseContextInput, to: ResponseContextState): void {
    const { onContextStep: onStep } = this.around.options;
    onStep?.({ from: from.name, input: input.type, to: to.name });
  }

  /** @internal */
  perform(output: ResponseContextOutput): void {
    switch (output.type) {
      case 'start':
        return this.start(output.targets, output.firstBranch);
      case 'send':
        return this.send(output.response);
      case 'cancelBranches': {
        const options = output.isAnswered ? ELSEWHERE : this.cancelReason;
        for (const branch of output.branches) this.branches[branch]?.cancel(options);
        return;
      }
      case 'armTimerC':
        return this.armTimerC(output.branch);
      case 'disarmTimerC':
        this.branches[output.branch]?.disarm();
        return;
      case 'release':
        this.lighten();
        return this.around.onReleased(this);
      default:
        output satisfies never;
    }
  }

  private send(response: SipResponse): void {
    this.tell(response);
    this.server.respond(response);
    if (this.machine.state.name === 'answered') this.lighten();
  }

  /** What a listener does wrong costs nobody an answer. */
  private tell(response: SipResponse): void {
    const { onResponse, runtime } = this.around.options;
    if (this.told === undefined) return;
    try {
      onResponse?.(this.told, response);
    } catch (error) {
      runtime.logger.error({ err: error }, 'onResponse has thrown');
    }
  }

  /** It has its answer: lets go of all that only the way to that needed. */
  private lighten(): void {
    const { way } = this;
    if (way === undefined) return;
    this.close();
    way.server.user = NOBODY;
    this.server = way.server.remains ?? way.server;
    this.way = undefined;
    this.decision = UNDECIDED;
    this.cancelReason = NO_REASON;
  }

  private start(targets: readonly ProxyTarget[], first: number): void {
    const share = Math.max(1, Math.floor(this.breadth / targets.length));
    const isLimited = targets.length > 1 || this.ownBreadth !== undefined;
    for (const [index, target] of targets.entries()) {
      this.startBranch(first + index, target, isLimited ? share : undefined);
    }
  }

  private startBranch(number: number, target: ProxyTarget, breadth: number | undefined): void {
    const { around, decision } = this;
    const { own, transactions, counters } = around;
    const { received, server, mark } = this.pending;
    const forwarded = forwardedTo(target, received, { headers: decision.headers, breadth });
    const isFlow = target.hops !== undefined;
    const { inbound } = server;
    counters.requestsForwarded++;
    const branch = new ProxyBranch(this, number);
    this.branches[number] = branch;
    if (this.isInvite) this.armTimerC(number);
    if (this.isInvite && target.ringMs !== undefined) {
      branch.limitRinging(around.options.runtime.clock.arm(target.ringMs, () => this.stop(number)));
    }
    branch.transaction = transactions.request(forwarded.request, branch, {
      target: forwarded.next,
      hops: target.hops,
      isSecure: isSips(received.uri),
      branchSuffix: mark,
      onHop: (hop) => recordRoute(forwarded, hop, { received, inbound, decision, own, isFlow }),
    });
  }

  private armTimerC(branch: number): void {
    const { options, counters } = this.around;
    const { runtime, timerCMs = TIMER_C_MS } = options;
    const fire = (): void => {
      counters.timerCFired++;
      this.stop(branch);
    };
    this.branches[branch]?.restartTimerC(runtime.clock.arm(timerCMs, fire));
  }

  private stop(branch: number): void {
    this.machine.input({ type: 'timerC', branch });
  }

  /** Only asked for before there is an answer. */
  private get pending(): ProxiedWay {
    if (this.way === undefined) throw new TypeError('this request has its answer');
    return this.way;
  }

  private get ownBreadth(): number | undefined {
    return breadthOf(this.pending.received);
  }
}
