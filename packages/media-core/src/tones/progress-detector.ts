import { type Pattern, progressPatterns } from './progress-patterns.ts';
import { type ToneRun, ToneRuns } from './tone-runs.ts';

/** What is heard of a network, a fax machine or a modem. */
export type HeardTone =
  | 'dial'
  | 'ringback'
  | 'busy'
  | 'congestion'
  | 'specialInformation'
  | 'faxCalling'
  | 'dataAnswer';

/** Which tones are listened for. */
export interface ToneOptions {
  /**
   * Whose cadences they have (`COUNTRY_TONES`). Without it those of any: slow is `busy`, fast is
   * `congestion`, which is not so in every country.
   */
  readonly country?: string;
}

/** Where the tones of call progress lie (ITU-T E.180 §3 to §7). */
const PROGRESS_HZ = [330, 700] as const;
/** What lasts so long is a dial tone: no other goes on without a pause. */
const DIAL_MS = 3000;
/** The three of special information: frequencies ±50 Hz, wherever they are off (E.180 §8). */
const RISING_HZ = [
  [840, 1010],
  [1320, 1510],
  [1730, 1910],
] as const;
const RISING_MS = [220, 430] as const;
/** CNG of a calling fax: 1100 Hz ±38 for 0.5 s ±15 % (ITU-T T.30 §4). */
const CALLING_HZ = [1050, 1150] as const;
const CALLING_MS = [400, 600] as const;
/** CED of a fax (T.30 §4), ANS and ANSam of a modem (V.25, V.8): 2100 Hz ±15. */
const ANSWER_HZ = [2070, 2130] as const;
const ANSWER_MS = 800;
/** What else is heard for so long says that no tone goes on. */
const INTERRUPTED_MS = 200;
/** Longest row of runs that is looked at: two rounds of the longest cadence. */
const REMEMBERED = 16;

/** Hears what a network says by tones; each is told once, when it is certain, until another follows. */
export class ProgressDetector {
  private readonly patterns: readonly Pattern[];
  private readonly runs = new ToneRuns((run) => this.onRun(run));
  private readonly past: ToneRun[] = [];
  private readonly tell: (name: HeardTone) => void;
  private told: HeardTone | undefined;

  /** @throws StrowgerError `BAD_TONE` for a country that is not in the table. */
  constructor({ country }: ToneOptions, tell: (name: HeardTone) => void) {
    this.patterns = progressPatterns(country);
    this.tell = tell;
  }

  /** Hears samples at `TONE_RATE`. */
  push(samples: Int16Array): void {
    this.runs.push(samples);
    const { kind, hz, durationMs } = this.runs.present;
    if (kind !== 'tone') return;
    if (durationMs >= DIAL_MS && within(hz, PROGRESS_HZ)) this.found('dial');
    else if (durationMs >= ANSWER_MS && within(hz, ANSWER_HZ)) this.found('dataAnswer');
  }

  private onRun(run: ToneRun): void {
    if (run.kind === 'other') {
      if (run.durationMs >= INTERRUPTED_MS) this.forget();
      return;
    }
    this.past.push(run);
    if (this.past.length > REMEMBERED) this.past.shift();
    if (run.kind === 'tone') this.judgeTone(run);
    else this.judgeCadence();
  }

  private judgeTone(run: ToneRun): void {
    if (within(run.hz, CALLING_HZ) && within(run.durationMs, CALLING_MS)) this.found('faxCalling');
    const tones = this.past.filter(({ kind, durationMs }) => kind === 'tone' || durationMs > 60);
    const last = tones.slice(-3);
    const isRising =
      last.length === 3 &&
      last.every(
        ({ kind, hz, durationMs }, at) =>
          kind === 'tone' && within(hz, RISING_HZ[at] ?? [0, 0]) && within(durationMs, RISING_MS),
      );
    if (isRising) this.found('specialInformation');
  }

  /** A pause has ended: once for what is slow, twice for what is quick. */
  private judgeCadence(): void {
    const pattern = this.patterns.find((one) => this.fits(one));
    if (pattern !== undefined) this.found(pattern.name);
  }

  private fits({ name, spans }: Pattern): boolean {
    const rounds = name === 'ringback' ? 1 : 2;
    const length = spans.length;
    const heard = this.past.slice(-rounds * length);
    return (
      heard.length === rounds * length &&
      heard.every(({ kind, hz, durationMs }, at) => {
        const isSound = at % 2 === 0;
        const fitsKind = kind === (isSound ? 'tone' : 'silence');
        const again = heard[at % length]?.durationMs ?? 0;
        return (
          fitsKind &&
          (!isSound || within(hz, PROGRESS_HZ)) &&
          within(durationMs, spans[at % length] ?? [0, 0]) &&
          Math.abs(durationMs - again) <= Math.max(50, again * 0.15)
        );
      })
    );
  }

  private found(name: HeardTone): void {
    if (this.told === name) return;
    this.told = name;
    this.tell(name);
  }

  private forget(): void {
    this.told = undefined;
    this.past.length = 0;
  }
}

function within(value: number, [from, to]: readonly [number, number]): boolean {
  return value >= from && value <= to;
}
