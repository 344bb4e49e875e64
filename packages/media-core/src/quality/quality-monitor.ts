import { ArrivalWindow } from './arrival-window.ts';
import { LossBursts } from './loss-bursts.ts';
import { type QualityMetrics, qualityOf } from './quality-metrics.ts';

/** What is true of a stream at the moment when it is rated. */
export interface StreamNow {
  /** The one that is received. */
  readonly codec: { readonly name: string; readonly clockRate: number };
  readonly packetMs: number;
  /** Delay of the jitter buffer; 0 where nothing is played. */
  readonly bufferMs: number;
  readonly roundTripMs: number | undefined;
}

/** Sums of a time: of the second under way, and of the call. */
interface Span {
  durationMs: number;
  expected: number;
  arrived: number;
  discarded: number;
  jitterSum: number;
  jitterCount: number;
  jitterMax: number;
}

/** Counts what one stream brings, packet by packet without allocation, and rates it. */
export class QualityMonitor {
  private readonly bursts = new LossBursts();
  private readonly window = new ArrivalWindow(this.bursts);
  private readonly call = emptySpan();
  private readonly second = emptySpan();
  /** What the window had counted when the second began. */
  private readonly before = { expected: 0, arrived: 0, discarded: 0 };

  /** A packet of the peer's came; jitter as it is after it. */
  arrive(sequence: number, jitterMs: number): void {
    this.window.arrive(sequence);
    const { second } = this;
    second.jitterSum += jitterMs;
    second.jitterCount++;
    if (jitterMs > second.jitterMax) second.jitterMax = jitterMs;
  }

  /** It came, and was thrown away unplayed. */
  discard(sequence: number): void {
    this.window.discard(sequence);
  }

  /** Another source speaks, or the same one anew: its numbers have nothing to do with those before. */
  restart(): void {
    this.window.end();
  }

  /** Ends a second in which the stream could be heard; absent where nothing was expected in it. */
  endSecond(durationMs: number, now: StreamNow): QualityMetrics | undefined {
    const { second, call, window, before } = this;
    second.durationMs = durationMs;
    second.expected = window.expected - before.expected;
    // what comes late was expected in the second before
    second.arrived = Math.min(second.expected, window.arrived - before.arrived);
    second.discarded = window.discarded - before.discarded;
    const metrics = second.expected === 0 ? undefined : this.rate(second, now);
    call.durationMs += durationMs;
    call.jitterSum += second.jitterSum;
    call.jitterCount += second.jitterCount;
    call.jitterMax = Math.max(call.jitterMax, second.jitterMax);
    Object.assign(second, emptySpan());
    before.expected = window.expected;
    before.arrived = window.arrived;
    before.discarded = window.discarded;
    return metrics;
  }

  /** The call until now; absent before anything came. */
  whole(now: StreamNow): QualityMetrics | undefined {
    const { window, call, second } = this;
    if (window.expected === 0) return undefined;
    const { expected, arrived, discarded } = window;
    const span = {
      durationMs: call.durationMs,
      expected,
      arrived,
      discarded,
      jitterSum: call.jitterSum + second.jitterSum,
      jitterCount: call.jitterCount + second.jitterCount,
      jitterMax: Math.max(call.jitterMax, second.jitterMax),
    };
    return this.rate(span, now);
  }

  private rate(span: Span, now: StreamNow): QualityMetrics {
    return qualityOf({
      ...now,
      durationMs: span.durationMs,
      packetsExpected: span.expected,
      packetsLost: Math.max(0, span.expected - span.arrived),
      packetsDiscarded: span.discarded,
      jitterMs: span.jitterCount === 0 ? 0 : span.jitterSum / span.jitterCount,
      maxJitterMs: span.jitterMax,
      bursts: this.bursts.metrics(now.packetMs),
    });
  }
}

function emptySpan(): Span {
  return {
    durationMs: 0,
    expected: 0,
    arrived: 0,
    discarded: 0,
    jitterSum: 0,
    jitterCount: 0,
    jitterMax: 0,
  };
}
