import { type StateTable, type Step, to } from '@strowger/runtime';
import { expireAfterMs, refreshAfterMs, type SessionInterval } from './session-expires.ts';

/** The session timer of a dialog (RFC 4028 §10); plain data, `agreedAt` in wall milliseconds. */
export type SessionTimerState =
  | { readonly name: 'off' }
  /** We refresh, and it is not time yet. */
  | { readonly name: 'refresher'; readonly seconds: number; readonly agreedAt: number }
  /** Our refresh is due or under way. */
  | { readonly name: 'refreshing'; readonly seconds: number; readonly agreedAt: number }
  /** The peer refreshes. */
  | { readonly name: 'watching'; readonly seconds: number; readonly agreedAt: number };

export type SessionTimerInput =
  /** A 2xx to an INVITE or UPDATE of either side; `interval` absent: no session timer any more. */
  | { readonly type: 'agreed'; readonly interval?: SessionInterval; readonly at: number }
  /** The dialog goes on in another process; `agreedAt` and `at` in wall milliseconds. */
  | {
      readonly type: 'restored';
      readonly interval: SessionInterval;
      readonly agreedAt: number;
      readonly at: number;
    }
  | { readonly type: 'refresh' }
  | { readonly type: 'expire' }
  | { readonly type: 'ended' };

export type SessionTimerOutput =
  | { readonly type: 'arm'; readonly timer: 'refresh' | 'expire'; readonly delayMs: number }
  | { readonly type: 'disarm' }
  | { readonly type: 'sendRefresh' }
  /** Nobody refreshed: the session ends with BYE. */
  | { readonly type: 'end' };

type TimerStep = Step<SessionTimerState, SessionTimerOutput>;

const agreed = (_: object, input: AgreedInput): TimerStep => agree(input);
const ended = (): TimerStep => to({ name: 'off' }, { type: 'disarm' });
const expire = (): TimerStep => to({ name: 'off' }, { type: 'disarm' }, { type: 'end' });

type RestoredInput = Extract<SessionTimerInput, { type: 'restored' }>;
type AgreedInput = Extract<SessionTimerInput, { type: 'agreed' }>;

/** Who refreshes a session, when, and what happens when nobody does (RFC 4028 §10). */
export const sessionTimerTable: StateTable<
  SessionTimerState,
  SessionTimerInput,
  SessionTimerOutput
> = {
  off: { agreed, restored: (_, input) => restore(input) },
  refresher: {
    agreed,
    refresh: (state) => to({ ...state, name: 'refreshing' }, { type: 'sendRefresh' }),
    ended,
  },
  refreshing: { agreed, expire, ended },
  watching: { agreed, expire, ended },
};

function agree({ interval, at }: AgreedInput): TimerStep {
  if (interval === undefined) return to({ name: 'off' }, { type: 'disarm' });
  const { seconds, weRefresh } = interval;
  const expiry: SessionTimerOutput = arm('expire', expireAfterMs(seconds));
  const disarm: SessionTimerOutput = { type: 'disarm' };
  if (!weRefresh) return to({ name: 'watching', seconds, agreedAt: at }, disarm, expiry);
  const refresh = arm('refresh', refreshAfterMs(seconds));
  return to({ name: 'refresher', seconds, agreedAt: at }, disarm, refresh, expiry);
}

/** Whoever refreshes has at least the time of one transaction for it. */
const LEAST_EXPIRY_MS = 32_000;

/** What is overdue is done at once. Where the clock was set back nobody knows: refreshed at once. */
function restore({ interval, agreedAt, at }: RestoredInput): TimerStep {
  const { seconds, weRefresh } = interval;
  const passedMs = at - agreedAt;
  const expireMs = expireAfterMs(seconds) - Math.max(0, passedMs);
  const expiry = arm('expire', Math.max(LEAST_EXPIRY_MS, expireMs));
  if (!weRefresh) return to({ name: 'watching', seconds, agreedAt }, expiry);
  const refreshMs = passedMs < 0 ? 0 : Math.max(0, refreshAfterMs(seconds) - passedMs);
  return to({ name: 'refresher', seconds, agreedAt }, arm('refresh', refreshMs), expiry);
}

function arm(timer: 'refresh' | 'expire', delayMs: number): SessionTimerOutput {
  return { type: 'arm', timer, delayMs };
}
