/** The timers of RFC 3261 table 4, RFC 6026 and RFC 4320, in milliseconds. */
export interface TimerSettings {
  /** Round-trip estimate, the first interval of a retransmission (RFC 3261 §17.1.1.1). */
  readonly t1Ms: number;
  /** Longest retransmission interval of everything but an INVITE. */
  readonly t2Ms: number;
  /** How long a message may live in the network. */
  readonly t4Ms: number;
  /** INVITE client: no response at all. */
  readonly timerBMs: number;
  /** INVITE client, unreliable transport: absorbs retransmitted final responses. */
  readonly timerDMs: number;
  /** Non-INVITE client: no final response. */
  readonly timerFMs: number;
  /** INVITE server: no ACK. */
  readonly timerHMs: number;
  /** INVITE server, unreliable transport: absorbs retransmitted ACKs. */
  readonly timerIMs: number;
  /** Non-INVITE server, unreliable transport: absorbs retransmitted requests. */
  readonly timerJMs: number;
  /** Non-INVITE client, unreliable transport: absorbs retransmitted responses. */
  readonly timerKMs: number;
  /** INVITE server: absorbs retransmitted INVITEs after a 2xx (RFC 6026 §7.1). */
  readonly timerLMs: number;
  /** INVITE client: hands on 2xx of other forks and retransmitted ones (RFC 6026 §7.2). */
  readonly timerMMs: number;
  /** INVITE server: 100 is sent when the user stays silent this long (RFC 3261 §17.2.1). */
  readonly tryingAfterMs: number;
  /** Non-INVITE server: 100 is sent after this, and not before (RFC 4320 §4.1). */
  readonly nonInviteTryingAfterMs: number;
}

/**
 * Every timer, what is not given computed from T1, T2 and T4 as the RFCs have it.
 *
 * @param changes milliseconds, 0 or more.
 */
export function timerSettings(changes: Partial<TimerSettings> = {}): TimerSettings {
  const { t1Ms = 500, t2Ms = 4000, t4Ms = 5000 } = changes;
  const longest = 64 * t1Ms;
  return {
    t1Ms,
    t2Ms,
    t4Ms,
    timerBMs: longest,
    timerDMs: Math.max(32_000, longest),
    timerFMs: longest,
    timerHMs: longest,
    timerIMs: t4Ms,
    timerJMs: longest,
    timerKMs: t4Ms,
    timerLMs: longest,
    timerMMs: longest,
    tryingAfterMs: 200,
    nonInviteTryingAfterMs: timerEReachesT2(t1Ms, t2Ms),
    ...changes,
  };
}

/** When a client's timer E is reset to T2: 3.5 s by default. */
function timerEReachesT2(t1Ms: number, t2Ms: number): number {
  let sum = 0;
  for (let interval = t1Ms; interval > 0 && interval < t2Ms; interval *= 2) sum += interval;
  return sum;
}
