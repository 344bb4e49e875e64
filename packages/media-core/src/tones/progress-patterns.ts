import type { Cadence } from './cadence.ts';
import { toneOf } from './country-tones.ts';

/** A duration may be off by so much, or by so many milliseconds where that is more (E.180 §5). */
const TOLERANCE = 0.12;
const LEAST_TOLERANCE_MS = 25;

/** Shortest and longest duration, in milliseconds. */
export type Span = readonly [fromMs: number, toMs: number];

/** By which a tone is known that comes and goes. */
export interface Pattern {
  readonly name: 'dial' | 'ringback' | 'busy' | 'congestion';
  /** Sound and silence in turn, over and over. */
  readonly spans: readonly Span[];
}

/** Those of every country alike: slow is busy, and fast congestion. */
const ANYWHERE: readonly Pattern[] = [
  {
    name: 'ringback',
    spans: [
      [350, 450],
      [150, 250],
      [350, 450],
      [1700, 3500],
    ],
  },
  {
    name: 'ringback',
    spans: [
      [700, 2400],
      [1700, 6000],
    ],
  },
  {
    name: 'busy',
    spans: [
      [280, 800],
      [280, 800],
    ],
  },
  {
    name: 'congestion',
    spans: [
      [140, 279],
      [140, 279],
    ],
  },
];

/** What is listened for: by the table of a country, or anywhere. @throws StrowgerError `BAD_TONE`. */
export function progressPatterns(country: string | undefined): readonly Pattern[] {
  if (country === undefined) return ANYWHERE;
  const names = ['ringback', 'busy', 'congestion', 'dial'] as const;
  return names.flatMap((name) => {
    const cadence = toneOf({ name, country });
    return cadence.length < 2 ? [] : [{ name, spans: cadence.map(spanOf) }];
  });
}

function spanOf({ durationMs }: Cadence[number]): Span {
  const tolerance = Math.max(LEAST_TOLERANCE_MS, durationMs * TOLERANCE);
  return [durationMs - tolerance, durationMs + tolerance];
}
