import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Campaign } from './campaign.ts';
import { corpusOf } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { leastCpuMs, mostCpuMs } from './cpu-time.ts';
import { keep, keptFindings } from './findings.ts';
import type { Target } from './target.ts';

// Bundled as dist/main.js; beside it dist/targets.js, the only script whose coverage counts.
const SCRIPT = new URL('targets.js', import.meta.url).href;
const FOLDER = fileURLToPath(new URL('../findings/', import.meta.url));

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    target: { type: 'string' },
    measure: { type: 'string' },
    findings: { type: 'string', default: FOLDER },
  },
});

if (values.measure === undefined) await fuzz();
else await measure(values.measure);

/** Runs one campaign after the other, all within the seconds that were given. */
async function fuzz(): Promise<void> {
  const coverage = new Coverage((url) => url === SCRIPT);
  coverage.start();
  const targets = await load();
  const wanted = values.target?.split(',') ?? Object.keys(targets);
  const seed = Number(values.seed ?? process.pid);
  const eachMs = (Number(values.seconds) * 1000) / wanted.length;
  console.log(`seed ${seed}, ${values.seconds} s, targets: ${wanted.join(', ')}`);
  let found = 0;
  for (const name of wanted) {
    const target = targets[name];
    if (target === undefined) throw new Error(`--target is one of ${Object.keys(targets).join()}`);
    coverage.take();
    found += run({ name, target, seed, forMs: eachMs, coverage });
  }
  coverage.stop();
  console.log(found === 0 ? 'no finding' : `${found} findings`);
  process.exitCode = found === 0 ? 0 : 1;
}

/** One campaign, told line by line; gives how many findings it made. */
function run(plan: {
  name: string;
  target: Target;
  seed: number;
  forMs: number;
  coverage: Coverage;
}): number {
  const { name, target, seed, forMs, coverage } = plan;
  const kept = keptFindings(FOLDER)
    .filter((finding) => finding.target === name)
    .map(({ bytes }) => bytes);
  const campaign = new Campaign({
    name,
    target,
    seed,
    seeds: corpusOf(target, kept),
    takeCoverage: () => coverage.take(),
    now: () => performance.now(),
    suspiciousMs: mostCpuMs(target),
  });
  const began = performance.now();
  campaign.begin();
  const atFirst = campaign.spots.size;
  while (performance.now() - began < forMs) campaign.step();
  const rate = Math.round(campaign.executions / ((performance.now() - began) / 1000));
  const inputs = `${campaign.inputs.length} inputs`;
  console.log(
    `${name}: ${campaign.executions} executions, ${rate}/s; coverage ${atFirst} -> ` +
      `${campaign.spots.size} spots, ${inputs}; ${campaign.suspects.length} suspiciously slow`,
  );
  const slow = campaign.suspects.filter((bytes) => isSlow({ name, target }, bytes));
  const slowest = slow.slice(0, 1).map((bytes) => ({ target: name, bytes, fault: 'slow' }));
  const findings = [...campaign.findings.values(), ...slowest];
  for (const finding of findings) {
    console.log(`  FINDING ${finding.fault} (${keep(finding, values.findings)})`);
  }
  return findings.length;
}

/** Measures in a process without counters, where nothing else runs. */
function isSlow({ name, target }: { name: string; target: Target }, bytes: Uint8Array): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'strowger-fuzz-'));
  const file = join(folder, 'input');
  writeFileSync(file, bytes);
  const args = [fileURLToPath(import.meta.url), '--measure', file, '--target', name];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return Number(stdout) > mostCpuMs(target);
}

async function measure(file: string): Promise<void> {
  const target = (await load())[values.target ?? ''];
  if (target === undefined) throw new Error('--measure needs a --target');
  console.log(leastCpuMs(target, readFileSync(file)));
}

async function load(): Promise<Readonly<Record<string, Target>>> {
  // a file of its own, so that its coverage is that of the targets alone
  const module = (await import(SCRIPT)) as typeof import('./targets.ts');
  return module.TARGETS;
}
