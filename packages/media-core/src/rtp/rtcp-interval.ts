/** What the time between two reports depends on (RFC 3550 §6.2, §6.3.1). */
export interface IntervalInput {
  /** Those who take part, ourselves included. */
  members: number;
  /** Those who sent RTP lately, ourselves included. */
  senders: number;
  weSent: boolean;
  /** Of the whole session, in bytes per second; RTCP has 5 % of it. */
  sessionBytesPerSecond: number;
  /** Of a compound packet with its UDP and IP headers. */
  averageBytes: number;
  /** No report was sent yet: half the minimum. */
  initial: boolean;
  /** From 0 to 1: makes the reports of many not fall together. */
  chance: number;
}

/** Compensates that reconsideration converges below the intended average: e - 3/2 (§A.7). */
const COMPENSATION = Math.E - 1.5;
const MINIMUM_MS = 5000;

/**
 * The randomised interval in milliseconds (RFC 3550 §A.7). The minimum is the reduced one of §6.2,
 * 360 divided by the bandwidth in kbit/s, where that is shorter than five seconds.
 */
export function rtcpIntervalMs(input: IntervalInput): number {
  const reducedMs = (360 / ((input.sessionBytesPerSecond * 8) / 1000)) * 1000;
  const minimum = Math.min(MINIMUM_MS, reducedMs) / (input.initial ? 2 : 1);
  let bandwidth = input.sessionBytesPerSecond * 0.05;
  let sharing = input.members;
  if (input.senders <= input.members * 0.25) {
    const share = input.weSent ? 0.25 : 0.75;
    bandwidth *= share;
    sharing = input.weSent ? input.senders : input.members - input.senders;
  }
  const average = (input.averageBytes * sharing * 1000) / bandwidth;
  return (Math.max(minimum, average) * (input.chance + 0.5)) / COMPENSATION;
}
