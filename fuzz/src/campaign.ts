import type { Spot } from './coverage.ts';
import { faultOf, type Finding } from './findings.ts';
import { minimise } from './minimise.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { Target } from './target.ts';

/** What a campaign against one target needs. */
export interface CampaignOptions {
  readonly name: string;
  readonly target: Target;
  readonly seeds: readonly Uint8Array[];
  readonly seed: number;
  /** What ran since it was last asked. */
  readonly takeCoverage: () => readonly Spot[];
  /** Milliseconds on some clock. */
  readonly now: () => number;
  /** The milliseconds of one execution beyond which its input is measured again on its own. */
  readonly suspiciousMs: number;
}

/** Executions between two looks at the coverage: a look costs as much as a dozen of them. */
const BATCH = 128;
/** Inputs that are kept at most; the oldest mutants make room. */
const MOST_INPUTS = 4096;
const MOST_FINDINGS = 32;
const MOST_SUSPECTS = 16;

/**
 * Mutates inputs and keeps those that reach something new, so that their mutants reach further.
 * `step` runs one batch; everything in it follows from the seed.
 */
export class Campaign {
  executions = 0;
  readonly spots = new Set<Spot>();
  readonly inputs: Uint8Array[];
  /** By fault, so that each is told once. */
  readonly findings = new Map<string, Finding>();
  /** Inputs that took long, and may have done so because the machine was busy. */
  readonly suspects: Uint8Array[] = [];
  readonly #options: CampaignOptions;
  readonly #random: Random;
  readonly #seeds: number;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.inputs = [...options.seeds];
    this.#seeds = options.seeds.length;
  }

  /** Runs the seeds as they are. */
  begin(): void {
    for (const bytes of this.inputs) this.#run(bytes);
    for (const spot of this.#options.takeCoverage()) this.spots.add(spot);
  }

  /** One batch of mutants; gives how many new spots it reached. */
  step(): number {
    const mutants = Array.from({ length: BATCH }, () => this.#mutant());
    const before = this.spots.size;
    this.#attribute(mutants);
    return this.spots.size - before;
  }

  #mutant(): Uint8Array {
    const random = this.#random;
    // half of them from what was found last: there the frontier is
    const recent = Math.max(0, this.inputs.length - 64);
    const from = random.oneIn(2) ? recent : 0;
    const parent = this.inputs[from + random.below(this.inputs.length - from)];
    const lender = random.pick(this.inputs);
    return mutate(parent ?? lender, random, lender);
  }

  #news(): Spot[] {
    return this.#options.takeCoverage().filter((spot) => !this.spots.has(spot));
  }

  /** Halves the batch until it is known which inputs brought news. What only all together did is lost. */
  #attribute(mutants: readonly Uint8Array[]): void {
    for (const bytes of mutants) this.#run(bytes);
    const news = this.#news();
    if (news.length === 0) return;
    if (mutants.length > 1) {
      const middle = mutants.length >> 1;
      this.#attribute(mutants.slice(0, middle));
      this.#attribute(mutants.slice(middle));
      return;
    }
    for (const spot of news) this.spots.add(spot);
    this.inputs.push(...mutants);
    if (this.inputs.length > MOST_INPUTS) this.inputs.splice(this.#seeds, 1);
  }

  #run(bytes: Uint8Array): void {
    const { name, target, now, suspiciousMs } = this.#options;
    const began = now();
    const fault = faultOf(target, bytes);
    const isSlow = now() - began > suspiciousMs;
    this.executions++;
    if (isSlow && this.suspects.length < MOST_SUSPECTS) this.suspects.push(bytes);
    if (fault === undefined || this.findings.has(fault)) return;
    if (this.findings.size >= MOST_FINDINGS) return;
    const smallest = minimise(bytes, (candidate) => faultOf(target, candidate) === fault);
    this.findings.set(fault, { target: name, bytes: smallest, fault });
  }
}
