import { chanceOf } from '../src/simulation-chance.ts';

/** Draws for plans: a sequence that follows from its seed. */
export class Chance {
  private readonly seed: number;
  private drawn = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** From 0 to 1. */
  float(): number {
    return chanceOf(this.seed, this.drawn++, 7);
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return Math.floor(this.float() * limit);
  }

  is(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }
}
