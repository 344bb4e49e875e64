import { CLEAN_UP_AT_MS, type WorldPlan } from './plan.ts';
import { runWorld, type WorldResult } from './world.ts';

export interface Shrunk {
  readonly plan: WorldPlan;
  readonly result: WorldResult;
  readonly runs: number;
}

/** Runs at most: what is left then is small enough. */
const MOST_RUNS = 600;

/** Makes a failing plan small: fewer calls, acts, faults and lost packets, while it still fails. */
export async function shrink(failing: WorldPlan): Promise<Shrunk> {
  let runs = 0;
  let plan = failing;
  const wanted = new Set((await runWorld(failing)).violations.map(kindOf));
  const fails = async (candidate: WorldPlan): Promise<boolean> => {
    if (runs >= MOST_RUNS) return false;
    runs++;
    return (await runWorld(candidate)).violations.some((one) => wanted.has(kindOf(one)));
  };
  const reduce = async <T>(
    items: readonly T[],
    rebuild: (items: readonly T[]) => WorldPlan,
  ): Promise<void> => {
    const kept = await fewest(items, (some) => fails(rebuild(some)));
    plan = rebuild(kept);
  };
  await reduce(plan.calls, (calls) => ({ ...plan, calls }));
  await reduce(plan.faults, (faults) => ({ ...plan, faults }));
  for (const { id } of plan.calls) {
    const acts = plan.calls.find((call) => call.id === id)?.acts ?? [];
    const [early, last] = [acts.filter(isEarly), acts.filter((act) => !isEarly(act))];
    await reduce(early, (some) => ({
      ...plan,
      calls: plan.calls.map((call) =>
        call.id === id ? { ...call, acts: [...some, ...last] } : call,
      ),
    }));
  }
  const { datagramFaults } = await runWorld(plan);
  const explicit: WorldPlan = { ...plan, datagramFaults };
  if (await fails(explicit)) {
    await reduce(datagramFaults, (some) => ({ ...plan, datagramFaults: some }));
  }
  return { plan, result: await runWorld(plan, { ladder: true }), runs };
}

/** The last acts of a call see to its end: without them nothing ends. */
const isEarly = ({ at }: { at: number }): boolean => at < CLEAN_UP_AT_MS;

/** Which rule was broken: what stands before the first colon, without its numbers. */
const kindOf = (violation: string): string =>
  violation.replace(/:.*/su, '').replaceAll(/\d+/gu, '');

/** Leaves out halves, quarters … single ones, as long as what is left still fails (ddmin). */
async function fewest<T>(
  items: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1 && kept.length > 0; ) {
    let isSmaller = false;
    for (let at = 0; at < kept.length; ) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (await fails(without)) {
        kept = without;
        isSmaller = true;
      } else at += size;
    }
    if (size === 1 && !isSmaller) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return kept;
}
