import { parseArgs } from 'node:util';
import { isProfileName, type ProfileName, PROFILES } from './profiles.ts';
import { shrink } from './shrink.ts';
import { type Failure, swarm, type SwarmResult } from './swarm.ts';

/**
 * One shard of `pnpm sim`, in a process of its own: writes one line of JSON. Progress goes to the
 * error output. See scripts/sim.mjs.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      calls: { type: 'string', default: '2000' },
      profile: { type: 'string', default: 'all' },
      shard: { type: 'string', default: '0' },
      of: { type: 'string', default: '1' },
      hasty: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
    },
  });
  const began = process.cpuUsage();
  const result = await swarm({
    seed: Number(values.seed),
    calls: Number(values.calls),
    profiles: profilesOf(values.profile),
    shard: Number(values.shard),
    of: Number(values.of),
    isHasty: values.hasty,
  });
  const { user, system } = process.cpuUsage(began);
  const [first] = result.failures;
  const shrunk = values.shrink && first !== undefined ? await smaller(first) : undefined;
  process.stdout.write(
    `${JSON.stringify({ ...plain(result), cpuMs: Math.round((user + system) / 1000), shrunk })}\n`,
  );
}

function profilesOf(text: string): readonly [ProfileName, ...ProfileName[]] {
  const names = text === 'all' ? Object.keys(PROFILES) : text.split(',');
  const known = names.filter(isProfileName);
  const [first, ...others] = known;
  if (first === undefined || known.length !== names.length) {
    throw new Error(`--profile: any of ${Object.keys(PROFILES).join(', ')}, or all`);
  }
  return [first, ...others];
}

async function smaller({ plan }: Failure): Promise<object> {
  const { plan: small, result, runs } = await shrink(plan);
  return { plan: small, violations: result.violations, ladder: result.ladder(), runs };
}

function plain({ calls, counts, failures, rows, hash }: SwarmResult): object {
  return {
    calls,
    counts,
    failures: failures.map(({ plan, violations }) => ({
      seed: plan.seed,
      profile: plan.profile,
      violations,
    })),
    rows: [...rows.taken],
    never: rows.never(),
    hash,
  };
}

await main();
