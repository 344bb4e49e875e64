import { type StateTable, type Step, to } from '@strowger/runtime';
import { retryAfterMs } from '../registration-table.ts';

/** Why something that a server kept for us is over. */
export type UpkeepEnd =
  /** By us: `stop()`, its signal, or the client's `close()`. */
  | { readonly kind: 'stopped' }
  /** The server will never do it: no such mailbox, no permission, an event that it does not know. */
  | { readonly kind: 'refused'; readonly status: number }
  /** The server ended it for good; `reason` is one of RFC 6665 §4.1.3, or one nobody knows. */
  | { readonly kind: 'terminated'; readonly reason?: string };

/** What went wrong, and may be better later. */
export interface UpkeepTrouble {
  readonly what:
    | 'refused'
    | 'unanswered'
    /** It was accepted, and no NOTIFY followed. */
    | 'unnotified'
    | 'expired'
    | 'terminated'
    | 'connectionLost'
    | 'noRoute';
  /** Of `refused`. */
  readonly status?: number;
  /** Of `terminated`. */
  readonly reason?: string;
}

/** What follows from the end of one attempt. */
export type UpkeepVerdict =
  | { readonly kind: 'over'; readonly end: UpkeepEnd }
  /** To be tried again, as the server says: not before `afterMs`. */
  | { readonly kind: 'again'; readonly afterMs?: number; readonly trouble: UpkeepTrouble };

/** Where something stands that a server keeps for us: a subscription, or a publication. */
export type UpkeepState =
  /** Asked for; `failures` came before, one after the other. */
  | { readonly name: 'asking'; readonly failures: number }
  | { readonly name: 'kept'; readonly failures: number }
  /** The last attempt is over, and another follows. */
  | { readonly name: 'waiting'; readonly failures: number }
  /** Not wanted any more, which the server is being told. */
  | { readonly name: 'stopping' }
  | { readonly name: 'over' };

export type UpkeepInput =
  | { readonly type: 'kept' }
  /** The attempt is over; `jitter` from 0 to 1 spreads the retries of many clients. */
  | { readonly type: 'lost'; readonly verdict: UpkeepVerdict; readonly jitter: number }
  | { readonly type: 'timer' }
  /** We are elsewhere in the network: what the server has leads nowhere. */
  | { readonly type: 'moved' }
  /** The connection over which the server reaches us is gone. */
  | { readonly type: 'connectionLost'; readonly jitter: number }
  | { readonly type: 'stop' }
  /** Nobody waits for the server any more. */
  | { readonly type: 'close' };

export type UpkeepOutput =
  | { readonly type: 'ask' }
  /** Tells the server that the present attempt is not wanted any more. */
  | { readonly type: 'drop' }
  | { readonly type: 'arm'; readonly delayMs: number }
  | { readonly type: 'disarm' }
  | { readonly type: 'tell'; readonly trouble: UpkeepTrouble; readonly retryMs: number }
  | { readonly type: 'end'; readonly end: UpkeepEnd };

type UpkeepStep = Step<UpkeepState, UpkeepOutput>;
type Lost = Extract<UpkeepInput, { type: 'lost' }>;

/** What has been good for so long has its failures forgiven. */
const SETTLED_MS = 60_000;

/** Nobody is made to wait longer by a server. */
const LONGEST_MS = 86_400_000;

const DROP: UpkeepOutput = { type: 'drop' };
const DISARM: UpkeepOutput = { type: 'disarm' };

/**
 * Keeps something alive at a server beyond the life of one subscription or publication: what ended and
 * may be had again is asked for anew, with growing delays or when the server says, until it is stopped
 * or refused for good.
 */
export const upkeepTable: StateTable<UpkeepState, UpkeepInput, UpkeepOutput> = {
  asking: {
    kept: ({ failures }) => to({ name: 'kept', failures }, { type: 'arm', delayMs: SETTLED_MS }),
    lost: ({ failures }, input) => lost(failures, input),
    moved: () => ask(DROP),
    connectionLost: ({ failures }, { jitter }) => disconnected(failures, jitter),
    stop: () => to({ name: 'stopping' }, DROP),
    close: () => over({ kind: 'stopped' }, DROP),
  },
  kept: {
    timer: () => to({ name: 'kept', failures: 0 }),
    lost: ({ failures }, input) => lost(failures, input, DISARM),
    moved: () => ask(DISARM, DROP),
    connectionLost: ({ failures }, { jitter }) => disconnected(failures, jitter),
    stop: () => to<UpkeepState, UpkeepOutput>({ name: 'stopping' }, DISARM, DROP),
    close: () => over({ kind: 'stopped' }, DISARM, DROP),
  },
  waiting: {
    timer: ({ failures }) => to({ name: 'asking', failures }, { type: 'ask' }),
    moved: () => ask(DISARM),
    stop: () => over({ kind: 'stopped' }, DISARM),
    close: () => over({ kind: 'stopped' }, DISARM),
  },
  stopping: {
    lost: () => over({ kind: 'stopped' }),
    close: () => over({ kind: 'stopped' }),
  },
  over: {},
};

function ask(...before: UpkeepOutput[]): UpkeepStep {
  return to({ name: 'asking', failures: 0 }, ...before, { type: 'ask' });
}

function lost(failures: number, { verdict, jitter }: Lost, ...before: UpkeepOutput[]): UpkeepStep {
  if (verdict.kind === 'over') return over(verdict.end, ...before);
  const { afterMs, trouble } = verdict;
  const growing = retryAfterMs(failures, jitter);
  // a server that ends everything at once, and says that we may come back at once, is not believed twice
  const isTrusted = afterMs !== undefined && failures === 0;
  const wanted = isTrusted ? afterMs : Math.max(afterMs ?? 0, growing);
  return wait({ failures, trouble, retryMs: Math.min(wanted, LONGEST_MS) }, ...before);
}

/** Not at once: all phones of a server that starts anew lose their connections in the same moment. */
function disconnected(failures: number, jitter: number): UpkeepStep {
  const retryMs = retryAfterMs(failures, jitter);
  return wait({ failures, trouble: { what: 'connectionLost' }, retryMs }, DROP);
}

function wait(
  why: { failures: number; trouble: UpkeepTrouble; retryMs: number },
  ...before: UpkeepOutput[]
): UpkeepStep {
  const { failures, trouble, retryMs } = why;
  return to(
    { name: 'waiting', failures: failures + 1 },
    ...before,
    { type: 'arm', delayMs: retryMs },
    { type: 'tell', trouble, retryMs },
  );
}

function over(end: UpkeepEnd, ...before: UpkeepOutput[]): UpkeepStep {
  return to<UpkeepState, UpkeepOutput>({ name: 'over' }, ...before, { type: 'end', end });
}
