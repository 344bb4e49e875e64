/** The longest and the shortest period of a voice that is looked for: 66 to 400 Hz. */
const LONGEST_PERIOD_MS = 15;
const SHORTEST_PERIOD_MS = 2.5;
/** What two stretches of sound are compared by. */
const COMPARED_MS = 10;
/** Before this nothing is softer than it was; after `SILENT_AFTER_MS` nothing is left. */
const LOUD_FOR_MS = 10;
const SILENT_AFTER_MS = 60;
/** Comparing goes in steps of this rate; the period is then found to the sample. */
const COARSE_RATE = 8000;
const NOTHING = new Float32Array(0);

/**
 * Stands in for packets that did not come, in the manner of ITU-T G.711 Appendix I: the last period
 * of the voice goes on, two and three of them where the gap is longer, softer from 10 ms on and
 * silent after 60; what comes after the gap is faded into. For PCM of any rate.
 */
export class Concealment {
  private readonly sampleRate: number;
  /** The last samples that were heard, in order. */
  private readonly history: Int16Array;
  private period = 0;
  /** How long the present gap is so far, in samples; 0: there is none. */
  private gap = 0;
  /** Where in the repeated periods the gap is. */
  private at = 0;
  private periods = 1;
  /** The periods that are repeated, the end of each faded into the start; made for the first gap. */
  private loop = NOTHING;

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
    this.history = new Int16Array(this.samples(4 * LONGEST_PERIOD_MS));
  }

  /** Takes sound that was received as it is heard; the start of what follows a gap is faded in. */
  heard(out: Int16Array, from: number, to: number): void {
    if (this.gap > 0 && this.isHeard) this.fadeIn(out, from, to);
    this.gap = 0;
    const { history } = this;
    const count = Math.min(to - from, history.length);
    history.copyWithin(0, count);
    history.set(out.subarray(to - count, to), history.length - count);
  }

  /** Fills what is missing. */
  conceal(out: Int16Array, from: number, to: number): void {
    if (this.gap === 0) this.begin();
    for (let i = from; i < to; i++) out[i] = this.next();
  }

  /** Another source, or a pause that was meant: nothing of before is heard again. */
  reset(): void {
    this.gap = 0;
    this.history.fill(0);
  }

  private begin(): void {
    if (this.loop === NOTHING) this.loop = new Float32Array(3 * this.samples(LONGEST_PERIOD_MS));
    this.period = findPeriod(this.history, this.sampleRate);
    this.periods = 1;
    this.at = 0;
    this.lay();
  }

  /** The last periods, so that they can be played round and round. */
  private lay(): void {
    const { history, loop, period } = this;
    const length = this.periods * period;
    const start = history.length - length;
    const fade = period >> 2;
    for (let i = 0; i < length; i++) loop[i] = history[start + i] as number; // in range: 3 of 4
    for (let i = 0; i < fade; i++) {
      const before = history[start - fade + i] as number; // in range: a period is left before them
      const share = (i + 1) / (fade + 1);
      const place = length - fade + i;
      loop[place] = (loop[place] as number) * (1 - share) + before * share;
    }
  }

  private next(): number {
    const ms = (this.gap * 1000) / this.sampleRate;
    // a single period for long is a buzz: Appendix I takes one more every 10 ms
    const wanted = ms < LOUD_FOR_MS ? 1 : ms < 2 * LOUD_FOR_MS ? 2 : 3;
    if (wanted > this.periods && this.at === 0) {
      this.periods = wanted;
      this.lay();
    }
    const sample = this.loop[this.at] as number; // in range
    this.at = this.at + 1 >= this.periods * this.period ? 0 : this.at + 1;
    this.gap++;
    const fading = 1 - (ms - LOUD_FOR_MS) / (SILENT_AFTER_MS - LOUD_FOR_MS);
    return Math.round(sample * Math.max(0, Math.min(1, fading)));
  }

  /** A quarter of a period, and the more the longer the gap was, up to 10 ms. */
  private fadeIn(out: Int16Array, from: number, to: number): void {
    const gapMs = (this.gap * 1000) / this.sampleRate;
    const fade = Math.min(
      to - from,
      (this.period >> 2) + this.samples(Math.min(6, (gapMs / 10) * 4)),
    );
    for (let i = 0; i < fade; i++) {
      const share = (i + 1) / (fade + 1);
      out[from + i] = (out[from + i] as number) * share + this.next() * (1 - share);
    }
  }

  /** Whether the gap so far was anything but silence. */
  private get isHeard(): boolean {
    return this.gap < this.samples(SILENT_AFTER_MS) && this.loop.some((sample) => sample !== 0);
  }

  private samples(ms: number): number {
    return Math.floor((ms * this.sampleRate) / 1000);
  }
}

/** After how many samples the end of `history` is most like itself (normalised correlation). */
export function findPeriod(history: Int16Array, sampleRate: number): number {
  const step = Math.max(1, Math.round(sampleRate / COARSE_RATE));
  const shortest = Math.floor((SHORTEST_PERIOD_MS * sampleRate) / 1000);
  const longest = Math.floor((LONGEST_PERIOD_MS * sampleRate) / 1000);
  const compared = Math.floor((COMPARED_MS * sampleRate) / 1000);
  const rough = best(history, { from: shortest, to: longest, step, compared });
  const near = { from: Math.max(shortest, rough - step), to: Math.min(longest, rough + step) };
  return step === 1 ? rough : best(history, { ...near, step: 1, compared });
}

function best(
  history: Int16Array,
  { from, to, step, compared }: { from: number; to: number; step: number; compared: number },
): number {
  const start = history.length - compared;
  let period = from;
  let highest = 0;
  for (let lag = from; lag <= to; lag += step) {
    let product = 0;
    let energy = 1;
    for (let i = start; i < history.length; i += step) {
      const before = history[i - lag] as number; // in range: it holds four of the longest
      product += (history[i] as number) * before;
      energy += before * before;
    }
    const likeness = product / Math.sqrt(energy);
    if (likeness > highest) {
      highest = likeness;
      period = lag;
    }
  }
  return period;
}
