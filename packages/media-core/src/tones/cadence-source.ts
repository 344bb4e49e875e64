import { ToneSource } from '../audio/index.ts';
import type { Cadence, CadenceStep } from './cadence.ts';

interface OpenStep {
  /** Absent: silence. */
  readonly tone: ToneSource | undefined;
  readonly samples: number;
}

/** A tone that comes and goes, over and over. */
export class CadenceSource {
  private readonly steps: readonly OpenStep[];
  private at = 0;
  private played = 0;

  /** The level is that of all its frequencies together. @throws StrowgerError `BAD_TONE`. */
  constructor(
    cadence: Cadence,
    { sampleRate, levelDbm0 = -10 }: { sampleRate: number; levelDbm0?: number | undefined },
  ) {
    this.steps = cadence.map((step) => ({
      tone: toneOf(step, sampleRate, levelDbm0),
      samples: Math.round((step.durationMs * sampleRate) / 1000),
    }));
  }

  /** Fills `out`; returns its length. */
  read(out: Int16Array): number {
    let filled = 0;
    while (filled < out.length) {
      const { tone, samples } = this.steps[this.at] as OpenStep; // in range: a cadence has a step
      const part = out.subarray(
        filled,
        filled + Math.min(out.length - filled, samples - this.played),
      );
      if (tone === undefined) part.fill(0);
      else tone.read(part);
      filled += part.length;
      this.played += part.length;
      if (this.played < samples) continue;
      this.played = 0;
      this.at = (this.at + 1) % this.steps.length;
    }
    return filled;
  }
}

function toneOf(
  { frequenciesHz }: CadenceStep,
  sampleRate: number,
  levelDbm0: number,
): ToneSource | undefined {
  if (frequenciesHz.length === 0) return undefined;
  const each = levelDbm0 - 10 * Math.log10(frequenciesHz.length);
  return new ToneSource({ frequencyHz: frequenciesHz, levelDbm0: each, sampleRate });
}
