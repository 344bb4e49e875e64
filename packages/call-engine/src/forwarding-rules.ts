/**
 * Where calls to a user go that it does not take itself: to a number of ours, or to a SIP address
 * anywhere.
 */
export interface ForwardingRules {
  /** All of them; its phones do not ring. */
  readonly always?: string;
  /** Where the user is busy (486, 600). */
  readonly busy?: string;
  /** Where nobody answers in time, no phone can be reached, or none is registered. */
  readonly noAnswer?: string;
  /** How long phones ring before `noAnswer`, ten minutes at most. Default: the engine's `ringTimeoutMs`. */
  readonly noAnswerMs?: number;
}

/** No phone rings longer before a call is forwarded. */
export const LONGEST_RING_MS = 600_000;

/** The port to the wishes of users. A call to a user whose wishes cannot be read fails with 500. */
export type ForwardingSource = (
  username: string,
) => ForwardingRules | undefined | Promise<ForwardingRules | undefined>;
