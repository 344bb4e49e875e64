/** How many calls begin when. */
export interface LoadPlan {
  /** Calls per second; 1 by default. */
  readonly rate?: number;
  /** To what the rate goes, evenly, over `rampMs`; from there on it stays. */
  readonly rampTo?: number;
  readonly rampMs?: number;
  /** Calls in all; 1 by default where `durationMs` is not given either. */
  readonly total?: number;
  /** Calls at the same time; calls for which there is no room are not made up for. */
  readonly concurrency?: number;
  /** No call begins after this time. */
  readonly durationMs?: number;
}

/** What sums of fractions may be short of a whole call. */
const ROUNDING = 1e-9;

/** Calls per second at a moment. */
export function rateAt(
  { rate = 1, rampTo = rate, rampMs = 0 }: LoadPlan,
  elapsedMs: number,
): number {
  if (elapsedMs >= rampMs) return rampTo;
  return rate + ((rampTo - rate) * elapsedMs) / rampMs;
}

/** How many calls should have begun by then: the first at once, then one whenever a whole one is due. */
export function dueCalls(plan: LoadPlan, elapsedMs: number): number {
  const { rate = 1, rampTo = rate, rampMs = 0, durationMs = Number.POSITIVE_INFINITY } = plan;
  const until = Math.min(elapsedMs, durationMs);
  const inRamp = Math.min(until, rampMs);
  const ramped = (inRamp * (rate + rateAt(plan, inRamp))) / 2000;
  const flat = (Math.max(0, until - rampMs) * rampTo) / 1000;
  return Math.min(1 + Math.floor(ramped + flat + ROUNDING), totalOf(plan));
}

/** Whether no further call will be due. */
export function isSpent(plan: LoadPlan, begun: number, elapsedMs: number): boolean {
  return begun >= totalOf(plan) || elapsedMs > (plan.durationMs ?? Number.POSITIVE_INFINITY);
}

function totalOf({ total, durationMs }: LoadPlan): number {
  return total ?? (durationMs === undefined ? 1 : Number.POSITIVE_INFINITY);
}
