import { planWorld, type WorldPlan } from './plan.ts';
import type { ProfileName } from './profiles.ts';
import { Rows } from './rows.ts';
import { runWorld } from './world.ts';

/** What a swarm is asked for. */
export interface SwarmOptions {
  readonly seed: number;
  readonly calls: number;
  readonly profiles: readonly [ProfileName, ...ProfileName[]];
  /** This process does every `of`th world, beginning with `shard`, from 0. */
  readonly shard: number;
  readonly of: number;
  /** Stops at the first failure. */
  readonly isHasty: boolean;
  /** Told after every world. */
  onWorld?(calls: number): void;
}

export interface Failure {
  readonly plan: WorldPlan;
  readonly violations: readonly string[];
}

export interface ProfileCount {
  calls: number;
  asMeant: number;
  unlucky: number;
  restored: number;
  failures: number;
}

/** What a swarm found. */
export interface SwarmResult {
  readonly calls: number;
  readonly counts: Readonly<Record<string, ProfileCount>>;
  readonly failures: readonly Failure[];
  readonly rows: Rows;
  /** One hash of all traces. */
  readonly hash: string;
}

/** Calls in one simulated network. */
export const CALLS_PER_WORLD = 40;
const MOST_FAILURES = 20;

/** Runs world after world, the profiles in turn, each with a seed of its own. */
export async function swarm(options: SwarmOptions): Promise<SwarmResult> {
  const { seed, profiles, shard, of } = options;
  const worlds = Math.ceil(options.calls / CALLS_PER_WORLD);
  const counts: Record<string, ProfileCount> = {};
  const failures: Failure[] = [];
  const rows = new Rows();
  const hashes: string[] = [];
  let calls = 0;
  for (let index = shard; index < worlds; index += of) {
    const profile = profiles[index % profiles.length] ?? profiles[0];
    const plan = planWorld(worldSeed(seed, index), profile, CALLS_PER_WORLD);
    const { violations, verdict, rows: taken, hash } = await runWorld(plan);
    const count = (counts[profile] ??= {
      calls: 0,
      asMeant: 0,
      unlucky: 0,
      restored: 0,
      failures: 0,
    });
    count.calls += plan.calls.length;
    count.asMeant += verdict.asMeant;
    count.unlucky += verdict.unlucky;
    count.restored += verdict.restored;
    calls += plan.calls.length;
    rows.add(taken.taken);
    hashes.push(hash);
    if (violations.length > 0) {
      count.failures++;
      if (failures.length < MOST_FAILURES) failures.push({ plan, violations });
      if (options.isHasty) break;
    }
    options.onWorld?.(calls);
  }
  return { calls, counts, failures, rows, hash: hashes.join(' ') };
}

export function worldSeed(seed: number, index: number): number {
  return (Math.imul(seed, 0x9e3779b1) + Math.imul(index, 0x85ebca6b)) >>> 0;
}
