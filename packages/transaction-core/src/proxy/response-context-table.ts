import { type StateTable, type Step, to } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import { bestResponse, furtherChallenges } from './best-response.ts';
import type { ProxyTarget } from './proxy-options.ts';
import { redirectTargets, targetGroups, targetKey } from './target-set.ts';

/** What is still to be tried, and what came of the rest. */
interface Forking {
  readonly name: 'proceeding';
  /** The branches without a final response. */
  readonly live: readonly number[];
  /** Branches that were made. */
  readonly made: number;
  readonly waiting: readonly (readonly ProxyTarget[])[];
  /** Keys of every target that was ever in the set, where more may come. */
  readonly tried: readonly string[];
  readonly finals: readonly SipResponse[];
  /** Branches that were cancelled because nobody answered. */
  readonly unanswered: readonly number[];
  readonly isCancelled: boolean;
  /** Whether the contacts of a 3xx are tried. */
  readonly recurse: boolean;
}

/** Where the answer to one request stands (RFC 3261 §16.7). */
export type ResponseContextState =
  | { readonly name: 'routing' }
  | Forking
  /** A 2xx went to the caller: more of them may come, from any branch. */
  | { readonly name: 'answered'; readonly lingering: readonly number[] }
  | { readonly name: 'over' };

/** What can happen to a request that is passed on. */
export type ResponseContextInput =
  | {
      readonly type: 'routed';
      readonly targets: readonly ProxyTarget[];
      readonly recurse: boolean;
    }
  | { readonly type: 'refused'; readonly response: SipResponse }
  | { readonly type: 'provisional'; readonly branch: number; readonly response: SipResponse }
  | { readonly type: 'success'; readonly branch: number; readonly response: SipResponse }
  /** A final response, or what stands for one where none came: 408, 503 (RFC 3261 §16.9). */
  | { readonly type: 'failure'; readonly branch: number; readonly response: SipResponse }
  | { readonly type: 'cancel' }
  | { readonly type: 'timerC'; readonly branch: number }
  /** The caller's transaction ended without us (RFC 4320 §4.2). */
  | { readonly type: 'abandoned' }
  /** Nothing more comes of a branch. */
  | { readonly type: 'branchOver'; readonly branch: number };

/** What is to be done for a request that is passed on. */
export type ResponseContextOutput =
  | {
      readonly type: 'start';
      readonly targets: readonly ProxyTarget[];
      readonly firstBranch: number;
    }
  | { readonly type: 'send'; readonly response: SipResponse }
  | {
      readonly type: 'cancelBranches';
      readonly branches: readonly number[];
      readonly isAnswered: boolean;
    }
  | { readonly type: 'armTimerC' | 'disarmTimerC'; readonly branch: number }
  | { readonly type: 'release' };

/** What the table may look at. */
export interface ResponseContext {
  readonly isInvite: boolean;
  readonly breadth: number;
  readonly maxBranches: number;
  /** A response of the proxy's own. */
  buildResponse(status: number): SipResponse;
  /** The 500 that stands for a 503 (RFC 3261 §16.7 step 6), and the challenges of others added. */
  dress(best: SipResponse, challenges: readonly [string, string][]): SipResponse;
}

type ContextStep = Step<ResponseContextState, ResponseContextOutput>;

/** The response context of a stateful proxy (RFC 3261 §16.2, §16.6 to §16.10). */
export const responseContext: StateTable<
  ResponseContextState,
  ResponseContextInput,
  ResponseContextOutput,
  ResponseContext
> = {
  routing: {
    routed: (_, { targets, recurse }, context) => {
      const { breadth, maxBranches: atMost } = context;
      const groups = targetGroups(targets, { tried: [], breadth, atMost });
      if (groups.length === 0) return end(send(context.buildResponse(480)));
      return startNext(untried(groups, recurse));
    },
    refused: (_, { response }) => end(send(response)),
    cancel: (_, __, context) => end(send(context.buildResponse(487))),
    abandoned: () => end(),
  },
  proceeding: {
    provisional: (state, { branch, response }, { isInvite }) => {
      // 100 says nothing beyond its hop; to other requests nothing else is allowed (RFC 4320 §4.1)
      if (response.status === 100 || !isInvite) return to(state);
      return to(state, { type: 'armTimerC', branch }, send(response));
    },
    success: (state, { branch, response }) => {
      const others = state.live.filter((one) => one !== branch);
      return to(
        { name: 'answered', lingering: state.live },
        ...state.live.map(disarmTimerC),
        ...cancelled(others, true),
        send(response),
      );
    },
    failure: (state, { branch, response }, context) => {
      if (!state.live.includes(branch)) return to(state);
      const without = { ...state, live: state.live.filter((one) => one !== branch) };
      // the CANCEL was ours: who called gave nothing up, nobody was there
      const isOurs = response.status === 487 && state.unanswered.includes(branch);
      const came = isOurs ? context.buildResponse(480) : response;
      return settle(take(without, came, context), branch, context);
    },
    cancel: (state) =>
      to({ ...state, waiting: [], isCancelled: true }, ...cancelled(state.live, false)),
    timerC: (state, { branch }) =>
      to({ ...state, unanswered: [...state.unanswered, branch] }, ...cancelled([branch], false)),
    abandoned: (state) => to({ ...state, waiting: [] }),
    branchOver: (state) => to(state),
  },
  answered: {
    success: (state, { response }, { isInvite }) =>
      isInvite ? to(state, send(response)) : to(state),
    branchOver: (state, { branch }) => {
      const lingering = state.lingering.filter((one) => one !== branch);
      return lingering.length === 0 ? end() : to({ name: 'answered', lingering });
    },
  },
  over: {},
};

function untried(waiting: Forking['waiting'], recurse: boolean): Forking {
  return {
    name: 'proceeding',
    live: [],
    made: 0,
    waiting,
    // asked for where a 3xx adds to them
    tried: recurse ? keysOf(waiting) : [],
    finals: [],
    unanswered: [],
    isCancelled: false,
    recurse,
  };
}

/** What a final response adds to what is known: itself, or the targets that it names (§16.7 step 4). */
function take(state: Forking, response: SipResponse, context: ResponseContext): Forking {
  const { status } = response;
  if (status >= 600) return { ...state, waiting: [], finals: [...state.finals, response] };
  const isDecided = state.isCancelled || state.finals.some((one) => one.status >= 600);
  if (state.recurse && status >= 300 && status < 400 && !isDecided) {
    const { tried } = state;
    const { breadth, maxBranches } = context;
    const atMost = Math.max(0, maxBranches - tried.length);
    const groups = targetGroups(redirectTargets(response), { tried, breadth, atMost });
    if (groups.length > 0) {
      const waiting = [...groups, ...state.waiting];
      return { ...state, waiting, tried: [...tried, ...keysOf(groups)] };
    }
  }
  return { ...state, finals: [...state.finals, response] };
}

/** Goes on after a branch has ended: the others, the next targets, or the best answer. */
function settle(state: Forking, branch: number, context: ResponseContext): ContextStep {
  const ended = disarmTimerC(branch);
  const isDecided = (state.finals.at(-1)?.status ?? 0) >= 600;
  if (state.live.length > 0) {
    return to(state, ended, ...(isDecided ? cancelled(state.live, false) : []));
  }
  if (state.waiting.length > 0) {
    const { next, outputs } = startNext(state);
    return { next, outputs: [ended, ...outputs] };
  }
  const best = bestResponse(state.finals) ?? context.buildResponse(480);
  const isOurs = state.isCancelled && best.status === 408;
  const response = isOurs
    ? context.buildResponse(487)
    : context.dress(best, furtherChallenges(best, state.finals));
  return end(ended, send(response));
}

function startNext(state: Forking): ContextStep {
  const [targets = [], ...waiting] = state.waiting;
  const live = targets.map((_, index) => state.made + index);
  return to(
    { ...state, waiting, live, made: state.made + targets.length },
    { type: 'start', targets, firstBranch: state.made },
  );
}

function cancelled(branches: readonly number[], isAnswered: boolean): ResponseContextOutput[] {
  return branches.length === 0 ? [] : [{ type: 'cancelBranches', branches, isAnswered }];
}

const send = (response: SipResponse): ResponseContextOutput => ({ type: 'send', response });
const disarmTimerC = (branch: number): ResponseContextOutput => ({ type: 'disarmTimerC', branch });

function end(...outputs: ResponseContextOutput[]): ContextStep {
  return to({ name: 'over' }, ...outputs, { type: 'release' });
}

function keysOf(groups: readonly (readonly ProxyTarget[])[]): string[] {
  return groups.flat().map(targetKey);
}
