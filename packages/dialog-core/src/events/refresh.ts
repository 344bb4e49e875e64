/** A SUBSCRIBE with a few lost packets takes this long; so much earlier it is refreshed. */
const MARGIN_MS = 40_000;

/** When a subscription or publication of this duration is refreshed: 40 s early, at least at half. */
export function refreshAfterMs(expiresMs: number): number {
  return Math.max(expiresMs - MARGIN_MS, expiresMs / 2);
}

const SHORTEST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 600_000;

/** When a refresh that failed is tried again: as the peer says, between 5 s and 10 min. */
export function retryRefreshAfterMs(retryAfterMs = 0): number {
  return Math.min(Math.max(retryAfterMs, SHORTEST_RETRY_MS), LONGEST_RETRY_MS);
}

/** Refusals of a SUBSCRIBE or NOTIFY that end the subscription (RFC 6665 §4.1.2.2, §4.2.2). */
export function fatalToSubscription(status: number): boolean {
  return [404, 405, 410, 416, 489, 501, 604].includes(status) || (status >= 480 && status <= 485);
}

/** The longest that a timer is armed for: 24 days, which every clock can count. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** A duration that a peer named, as a timer takes it. */
export function timerMs(ms: number): number {
  return Math.min(ms, LONGEST_TIMER_MS);
}
