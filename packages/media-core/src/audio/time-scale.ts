/** Periods of a voice that are looked for. */
const SHORTEST_MS = 2.5;
const LONGEST_MS = 12.5;
/** Comparing goes in steps of this rate. */
const COARSE_RATE = 8000;
/** Below this likeness a cut would be heard; −40 dBm0 and less is not listened to. */
const LIKE_ENOUGH = 0.7;
const QUIET = 200;

/**
 * Takes one period of the voice out of the samples from `from` to `to`, which end so much earlier
 * then, faded over so that no click is heard. Returns how many are gone: 0 where nothing is alike
 * enough to do it unheard, unless it is `forced`.
 */
export function shorten(
  samples: Int16Array,
  { from, to, sampleRate, forced = false }: Stretch,
): number {
  const period = alikeAfter(samples, { from, to, sampleRate, forced });
  for (let i = 0; i < period; i++) {
    const share = (i + 0.5) / period;
    // in range: two periods lie between `from` and `to`
    const next = samples[from + period + i] as number;
    samples[from + i] = (samples[from + i] as number) * (1 - share) + next * share;
  }
  if (period > 0) samples.copyWithin(from + period, from + 2 * period, to);
  return period;
}

/** Puts one period of the voice in twice, faded over; `samples` has room behind `to`. As `shorten`. */
export function lengthen(
  samples: Int16Array,
  { from, to, sampleRate, forced = false }: Stretch,
): number {
  const period = alikeAfter(samples, { from, to, sampleRate, forced });
  if (period === 0 || to + period > samples.length) return 0;
  samples.copyWithin(from + 2 * period, from + period, to);
  for (let i = 0; i < period; i++) {
    const share = (i + 0.5) / period;
    const [before, next] = [samples[from + i] as number, samples[from + 2 * period + i] as number];
    samples[from + period + i] = next * (1 - share) + before * share;
  }
  return period;
}

/** What is to be made longer or shorter. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly sampleRate: number;
  readonly forced?: boolean;
}

/** After how many samples the sound from `from` on comes again; 0 where it does not. */
function alikeAfter(samples: Int16Array, { from, to, sampleRate, forced }: Stretch): number {
  const step = Math.max(1, Math.round(sampleRate / COARSE_RATE));
  const shortest = Math.floor((SHORTEST_MS * sampleRate) / 1000);
  const longest = Math.min(Math.floor((LONGEST_MS * sampleRate) / 1000), (to - from) >> 1);
  let period = 0;
  let highest = forced ? -2 : LIKE_ENOUGH;
  for (let lag = shortest; lag <= longest; lag += step) {
    const likeness = alike(samples, from, lag, step);
    if (likeness <= highest) continue;
    highest = likeness;
    period = lag;
  }
  return period;
}

/** How like a stretch is to the one behind it: −1 to 1, 1 where both are quiet. */
function alike(samples: Int16Array, from: number, lag: number, step: number): number {
  let [product, one, other] = [0, 0, 0];
  for (let i = from; i < from + lag; i += step) {
    const [a, b] = [samples[i] as number, samples[i + lag] as number]; // in range
    product += a * b;
    one += a * a;
    other += b * b;
  }
  const loudest = (Math.max(one, other) * step) / lag;
  return loudest < QUIET ** 2 ? 1 : product / Math.sqrt(one * other || 1);
}
