import { Histogram } from './histogram.ts';
import type { LegTally } from './leg.ts';
import type { StepFailed } from './step-failed.ts';

/** Causes that are counted one by one; further ones are counted together. */
const MAX_CAUSES = 50;
const MAX_TIMES = 20;
const OTHER = 'other causes';

/** Response times, in milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What a run came to, as JSON. */
export interface Summary {
  /** Calls that began. */
  readonly calls: number;
  readonly running: number;
  readonly successful: number;
  readonly failed: number;
  /** Failures by their cause, the most frequent first. */
  readonly failures: Readonly<Record<string, number>>;
  /** What was sent again, and what came again. */
  readonly retransmissions: { readonly sent: number; readonly heard: number };
  /** Messages that belong to no call of ours. */
  readonly strays: number;
  /** From a request to its final answer, by method; and what the scenario measures. */
  readonly responseTimes: Readonly<Record<string, Percentiles>>;
}

/** Counts what becomes of calls. */
export class Tally implements LegTally {
  calls = 0;
  successful = 0;
  strays = 0;
  private readonly causes = new Map<string, number>();
  private readonly times = new Map<string, Histogram>();
  private readonly again = { sent: 0, heard: 0 };

  get failed(): number {
    return [...this.causes.values()].reduce((sum, count) => sum + count, 0);
  }

  get running(): number {
    return this.calls - this.successful - this.failed;
  }

  began(): void {
    this.calls++;
  }

  succeeded(): void {
    this.successful++;
  }

  failedBy({ kind, message }: StepFailed): void {
    const cause = `${kind}: ${message}`.slice(0, 200);
    const known = this.causes.has(cause) || this.causes.size < MAX_CAUSES ? cause : OTHER;
    this.causes.set(known, (this.causes.get(known) ?? 0) + 1);
  }

  repeated(direction: 'sent' | 'heard'): void {
    this.again[direction]++;
  }

  responseTime(name: string, ms: number): void {
    let histogram = this.times.get(name);
    if (histogram === undefined) {
      if (this.times.size >= MAX_TIMES) return;
      this.times.set(name, (histogram = new Histogram()));
    }
    histogram.add(ms);
  }

  summary(): Summary {
    const causes = [...this.causes].toSorted(([, one], [, other]) => other - one);
    const times = [...this.times].map(([name, histogram]) => [name, percentiles(histogram)]);
    return {
      calls: this.calls,
      running: this.running,
      successful: this.successful,
      failed: this.failed,
      failures: Object.fromEntries(causes),
      retransmissions: { ...this.again },
      strays: this.strays,
      responseTimes: Object.fromEntries(times),
    };
  }
}

function percentiles(histogram: Histogram): Percentiles {
  const at = (share: number): number => Math.round(histogram.quantile(share) * 100) / 100;
  return { count: histogram.count, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
