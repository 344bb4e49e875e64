import { TONE_RATE, type ToneRun, ToneRuns } from '../tones/index.ts';
import { SpeechDetector, type SpeechEvent } from './speech-detector.ts';

/** When who answered is taken for what; times in milliseconds. */
export interface AnswererOptions {
  /** Nobody has spoken for so long, and no ring back came: `unknown`; default 4500. */
  readonly initialSilenceMs?: number;
  /** A greeting that is longer is a machine's, pauses within it included; default 2400. */
  readonly greetingMs?: number;
  /** A greeting of more words is a machine's; default 8. */
  readonly maximumWords?: number;
  /** So much silence after a short greeting is a human who waits; default 900. */
  readonly pauseMs?: number;
  /** Until then nothing was certain: `unknown`; default 8000. */
  readonly maximumMs?: number;
}

/** Who answered, and what shows it. */
export interface AnswererOutcome {
  readonly answeredBy: 'human' | 'machine' | 'unknown';
  /**
   * A pause after a short greeting; a greeting that is long, or has many words; a beep; that nobody
   * spoke; that it took too long.
   */
  readonly reason: 'pause' | 'greeting' | 'words' | 'beep' | 'silence' | 'time';
  /** From the beginning of listening. */
  readonly afterMs: number;
}

const DEFAULTS: Required<AnswererOptions> = {
  initialSilenceMs: 4500,
  greetingMs: 2400,
  maximumWords: 8,
  pauseMs: 900,
  maximumMs: 8000,
};
/** Gaps between words are longer than those within them. */
const BETWEEN_WORDS_MS = 80;
/** A tone of the network from here on: what was taken for speech was none. */
const TONE_MS = 300;
/** Two detectors do not see an edge at the same time. */
const EDGE_MS = 100;
/** A beep: one steady tone of such a frequency and length, and silence behind it. */
const BEEP_HZ = [350, 2600] as const;
const BEEP_MS = [120, 4000] as const;
const QUIET_MS = 200;
/** So long a machine is listened to for its beep. */
const GREETING_LIMIT_MS = 60_000;

/**
 * Tells a human from an answering machine by what is said first: people say little and wait, machines
 * go on. Nothing is understood; a human who talks on is a machine to it, and a terse machine human.
 */
export class AnswererJudge {
  private readonly options: Required<AnswererOptions>;
  private readonly tell: (outcome: AnswererOutcome) => void;
  private readonly tellBeep: () => void;
  private readonly speech = new SpeechDetector({ endMs: BETWEEN_WORDS_MS }, (event) =>
    this.onSpeech(event),
  );
  private readonly runs = new ToneRuns((run) => this.onRun(run));
  private nowMs = 0;
  /** The beginning, or the end of the last ring back. */
  private listensSince = 0;
  private outcome: AnswererOutcome | undefined;
  private beep: ToneRun | undefined;
  private isSpeaking = false;
  private words = 0;
  private beganAt = 0;
  private endedAt = 0;

  constructor(
    options: AnswererOptions,
    { tell, tellBeep }: { tell(outcome: AnswererOutcome): void; tellBeep(): void },
  ) {
    this.options = { ...DEFAULTS, ...options };
    this.tell = tell;
    this.tellBeep = tellBeep;
  }

  /** Whether there is nothing more to listen for. */
  get isOver(): boolean {
    const { outcome, nowMs } = this;
    if (outcome === undefined) return false;
    return (
      outcome.answeredBy !== 'machine' || outcome.reason === 'beep' || nowMs > GREETING_LIMIT_MS
    );
  }

  /** Hears samples at `TONE_RATE`. */
  hear(samples: Int16Array): void {
    this.nowMs += (samples.length * 1000) / TONE_RATE;
    this.runs.push(samples);
    this.speech.hear(samples, TONE_RATE);
    this.listenForBeep();
    if (this.outcome === undefined) this.judge();
  }

  private judge(): void {
    const { nowMs, words, isSpeaking, options } = this;
    const listenedMs = nowMs - this.listensSince;
    const greeting = (isSpeaking ? nowMs : this.endedAt) - this.beganAt;
    if (words === 0 && listenedMs >= options.initialSilenceMs) this.decide('unknown', 'silence');
    else if (words > 0 && greeting > options.greetingMs) this.decide('machine', 'greeting');
    else if (words > options.maximumWords) this.decide('machine', 'words');
    else if (words > 0 && !isSpeaking && nowMs - this.endedAt >= options.pauseMs) {
      this.decide('human', 'pause');
    } else if (listenedMs >= options.maximumMs) this.decide('unknown', 'time');
  }

  private onSpeech(event: SpeechEvent): void {
    if (event.type === 'speechStarted') {
      this.isSpeaking = true;
      if (this.words === 0) this.beganAt = this.nowMs - event.agoMs;
      this.words++;
    } else if (event.type === 'speechEnded') {
      this.isSpeaking = false;
      this.endedAt = this.nowMs - event.silentMs;
    }
  }

  private onRun(run: ToneRun): void {
    if (run.kind === 'silence') return;
    this.beep = undefined;
    if (run.kind !== 'tone') return;
    if (run.durationMs >= TONE_MS && this.isNoWord(run)) this.beginAnew();
    if (within(run.hz, BEEP_HZ) && within(run.durationMs, BEEP_MS)) this.beep = run;
  }

  /** Whether it was taken for the first word: ring back that still comes is no greeting. */
  private isNoWord({ durationMs }: ToneRun): boolean {
    return this.words <= 1 && this.nowMs - durationMs - EDGE_MS <= this.beganAt + EDGE_MS;
  }

  private beginAnew(): void {
    this.words = 0;
    this.listensSince = this.nowMs;
  }

  private listenForBeep(): void {
    const { kind, durationMs } = this.runs.present;
    if (this.beep === undefined || kind !== 'silence' || durationMs < QUIET_MS) return;
    this.beep = undefined;
    if (this.outcome === undefined && this.words > 0) this.decide('machine', 'beep');
    if (this.outcome?.answeredBy === 'machine') this.tellBeep();
  }

  private decide(
    answeredBy: AnswererOutcome['answeredBy'],
    reason: AnswererOutcome['reason'],
  ): void {
    this.outcome = { answeredBy, reason, afterMs: Math.round(this.nowMs) };
    this.tell(this.outcome);
  }
}

function within(value: number, [from, to]: readonly [number, number]): boolean {
  return value >= from && value <= to;
}
