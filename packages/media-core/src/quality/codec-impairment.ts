/** What a codec costs in the E-model. */
export interface CodecImpairment {
  /** Ie, or Ie,wb where `wideband` (ITU-T G.113). */
  readonly ie: number;
  /** Bpl: how well it bears lost packets; more is better. */
  readonly bpl: number;
  /** Rated on the scale of G.107.1, whose highest is 129. */
  readonly wideband: boolean;
}

/**
 * Planning values by encoding name. G.711 with concealment, G.729, GSM EFR and G.723.1: ITU-T G.113
 * appendix I. G.722: Ie,wb of G.113 appendix IV; its Bpl, iLBC's, and both values of Opus and L16
 * are assumptions of ours, since no Recommendation has any. L16 is assumed to bear losses as G.711
 * does with our concealment, which serves both.
 */
const CODECS: Readonly<Record<string, CodecImpairment>> = {
  pcmu: { ie: 0, bpl: 25.1, wideband: false },
  pcma: { ie: 0, bpl: 25.1, wideband: false },
  g729: { ie: 11, bpl: 19, wideband: false },
  g723: { ie: 15, bpl: 16.1, wideband: false },
  'gsm-efr': { ie: 5, bpl: 10, wideband: false },
  ilbc: { ie: 11, bpl: 32, wideband: false },
  g722: { ie: 13, bpl: 10, wideband: true },
  opus: { ie: 0, bpl: 20, wideband: true },
};
const L16_NARROW: CodecImpairment = { ie: 0, bpl: 25.1, wideband: false };
const L16_WIDE: CodecImpairment = { ie: 0, bpl: 25.1, wideband: true };
/** Nothing is known of it: assumed as G.711 with our concealment, which serves every codec. */
const UNKNOWN: CodecImpairment = { ie: 0, bpl: 25.1, wideband: false };

/** The planning values of a codec; for one that nobody has measured those assumed of `UNKNOWN`. */
export function codecImpairment({
  name,
  clockRate,
}: {
  name: string;
  clockRate: number;
}): CodecImpairment {
  if (name === 'l16') return clockRate >= 16_000 ? L16_WIDE : L16_NARROW;
  return CODECS[name] ?? UNKNOWN;
}
