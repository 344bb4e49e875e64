/** Event packages and subscriptions of a layer (RFC 6665). */
export interface EventOptions {
  /** The packages that we notify, for Allow-Events; a SUBSCRIBE for any other gets 489. None. */
  readonly packages: readonly string[];
  /** What is granted, and asked for, where nobody says a duration. Default 3600. */
  readonly defaultSeconds: number;
  /** A SUBSCRIBE or PUBLISH for less gets 423. Default 60. */
  readonly minSeconds: number;
  /** More is never granted. Default 7200. */
  readonly maxSeconds: number;
  /** Subscriptions at the same time, of both sides; above it 503. Default 100,000. */
  readonly subscriptions: number;
  /** Subscriptions in one dialog; above it 503. Default 32. */
  readonly perDialog: number;
  /** NOTIFYs that wait for the one under way; above it they become one with the whole state. Default 16. */
  readonly waitingNotifies: number;
  /** How long a REFER that we carry out may take, in seconds. Default 180. */
  readonly referSeconds: number;
}

const DEFAULT_EVENTS: EventOptions = {
  packages: [],
  defaultSeconds: 3600,
  minSeconds: 60,
  maxSeconds: 7200,
  subscriptions: 100_000,
  perDialog: 32,
  waitingNotifies: 16,
  referSeconds: 180,
};

/** The options with their defaults. */
export function eventOptions(options: Partial<EventOptions> = {}): EventOptions {
  return { ...DEFAULT_EVENTS, ...options };
}

/** The duration that a SUBSCRIBE is granted, or what it is refused with (RFC 6665 §4.2.1.1). */
export function grantedSeconds(
  asked: number | undefined,
  { defaultSeconds, minSeconds, maxSeconds }: EventOptions,
): number | 'tooBrief' {
  if (asked === undefined) return defaultSeconds;
  // an interval of an hour or more is never too brief (RFC 6665 §4.2.1.1)
  if (asked > 0 && asked < Math.min(minSeconds, 3600)) return 'tooBrief';
  return Math.min(asked, maxSeconds);
}
