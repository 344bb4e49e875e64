import type { Clock, Timer } from '@strowger/runtime';
import { QualityLevels } from '../quality/quality-level.ts';
import type { QualityMetrics } from '../quality/quality-metrics.ts';
import { QualityMonitor, type StreamNow } from '../quality/quality-monitor.ts';
import type { CoreEvent, QualitySettings } from './core-api.ts';

const SECOND_MS = 1000;
/** Streams of a thread are rated together. */
const SLACK_MS = 5;

/** What a reporter is made of. */
export interface QualityReporterOptions {
  readonly clock: Clock;
  readonly settings: QualitySettings;
  /** How the stream is set up at this moment. */
  now(): StreamNow;
  /** Counts what has come and was not told yet. */
  catchUp(): void;
  tell(event: CoreEvent): void;
}

/** Rates a stream each second while packets come; it sleeps while none do. */
export class QualityReporter {
  private readonly options: QualityReporterOptions;
  private readonly monitor = new QualityMonitor();
  private readonly levels: QualityLevels;
  private timer: Timer | undefined;
  private startedAt = 0;
  /** Whether a second is under way. */
  private isCounting = false;
  private isStopped = false;

  constructor(options: QualityReporterOptions) {
    this.options = options;
    this.levels = new QualityLevels(options.settings);
  }

  /** The call until now; absent before anything came. */
  get whole(): QualityMetrics | undefined {
    return this.monitor.whole(this.options.now());
  }

  /** A packet of the peer's came; jitter as it is after it. */
  arrive(sequence: number, jitterMs: number): void {
    this.monitor.arrive(sequence, jitterMs);
    if (!this.isCounting) this.begin();
  }

  /** It was thrown away unplayed. */
  discard(sequence: number): void {
    this.monitor.discard(sequence);
  }

  /** Another source speaks, or the same one anew. */
  restart(): void {
    this.monitor.restart();
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  private begin(): void {
    if (this.isStopped) return;
    const { clock } = this.options;
    this.isCounting = true;
    this.startedAt = clock.now();
    this.timer = clock.arm(SECOND_MS, () => this.end(), SLACK_MS);
  }

  private end(): void {
    const { clock, settings, tell, now, catchUp } = this.options;
    catchUp();
    const metrics = this.monitor.endSecond(clock.now() - this.startedAt, now());
    this.isCounting = metrics !== undefined;
    if (metrics === undefined) return;
    this.begin();
    if (settings.tellsSeconds) tell({ type: 'quality', metrics });
    const before = this.levels.take(metrics.mos);
    if (before === undefined) return;
    tell({ type: 'qualityChanged', from: before, to: this.levels.level, metrics });
  }
}
