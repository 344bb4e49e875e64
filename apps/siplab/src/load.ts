import type { Clock } from '@strowger/runtime';
import { dueCalls, isSpent, type LoadPlan } from './load-plan.ts';

/** How often it is looked whether calls are due. */
const TICK_MS = 5;

/**
 * Begins calls as the plan says; resolves when the last one is over.
 *
 * @param signal begins no more calls once it is aborted.
 */
export function runLoad(
  plan: LoadPlan,
  {
    clock,
    place,
    signal,
  }: { clock: Clock; place: () => Promise<void>; signal?: AbortSignal | undefined },
): Promise<void> {
  const began = clock.now();
  const { concurrency = Number.POSITIVE_INFINITY } = plan;
  let begun = 0;
  let omitted = 0;
  let running = 0;
  return new Promise((resolve) => {
    const isDone = (): boolean =>
      signal?.aborted === true || isSpent(plan, begun, clock.now() - began);
    const over = (): void => {
      running--;
      if (running === 0 && isDone()) resolve();
    };
    const tick = (): void => {
      const due = dueCalls(plan, clock.now() - began) - omitted;
      while (begun < due && running < concurrency && !isDone()) {
        begun++;
        running++;
        void place().then(over);
      }
      if (begun < due && plan.total === undefined) omitted += due - begun;
      if (!isDone()) clock.arm(TICK_MS, tick);
      else if (running === 0) resolve();
    };
    tick();
  });
}
