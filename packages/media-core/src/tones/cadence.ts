/** A sound, or silence where there is no frequency, for so long. */
export interface CadenceStep {
  /** Of all at once, in Hz; none: silence. */
  readonly frequenciesHz: readonly number[];
  /** Infinite where nothing follows. */
  readonly durationMs: number;
}

/** What a tone consists of; over and over. */
export type Cadence = readonly CadenceStep[];

/** One sound, on and off in turn for so many milliseconds; without any: for ever. */
export function cadence(hz: number | readonly number[], ...onOffMs: readonly number[]): Cadence {
  const frequenciesHz = typeof hz === 'number' ? [hz] : hz;
  if (onOffMs.length === 0) return [{ frequenciesHz, durationMs: Number.POSITIVE_INFINITY }];
  return onOffMs.map((durationMs, at) => ({
    frequenciesHz: at % 2 === 0 ? frequenciesHz : [],
    durationMs,
  }));
}

/** Sounds that follow each other, each for so long, with gaps between them, then a pause. */
export function sequence(
  hz: readonly number[],
  { eachMs, gapMs = 0, pauseMs }: { eachMs: number; gapMs?: number; pauseMs: number },
): Cadence {
  const gap = gapMs > 0 ? [{ frequenciesHz: [], durationMs: gapMs }] : [];
  const steps = hz.flatMap((one, at) => [
    { frequenciesHz: [one], durationMs: eachMs },
    ...(at + 1 < hz.length ? gap : []),
  ]);
  return [...steps, { frequenciesHz: [], durationMs: pauseMs }];
}
