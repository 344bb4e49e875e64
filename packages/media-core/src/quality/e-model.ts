/**
 * The narrowband E-model of ITU-T G.107 (06/2015): how well a conversation can be had. Names and
 * default values are those of its table 2; levels in dB, delays in milliseconds.
 */
export interface EModelParameters {
  /** Send and receive loudness rating. */
  slr: number;
  rlr: number;
  /** Sidetone masking rating. */
  stmr: number;
  /** D-values of the telephones at both sides. */
  ds: number;
  dr: number;
  /** Talker echo loudness rating, and weighted echo path loss. */
  telr: number;
  wepl: number;
  /** Mean one-way delay of the echo path, round trip in a 4-wire loop, delay of the speech. */
  t: number;
  tr: number;
  ta: number;
  /** Quantising distortion units. */
  qdu: number;
  /** Equipment impairment, packet-loss robustness, packet loss in per cent, burst ratio. */
  ie: number;
  bpl: number;
  ppl: number;
  burstR: number;
  /** Circuit noise, noise floor at the receiving side (dBm0p, dBmp); room noise (dB(A)). */
  nc: number;
  nfor: number;
  ps: number;
  pr: number;
  /** Advantage of access, 0–20. */
  a: number;
}

/** Table 2 of G.107: with these the rating is 93.2. */
export const G107_DEFAULTS: Readonly<EModelParameters> = {
  slr: 8,
  rlr: 2,
  stmr: 15,
  ds: 3,
  dr: 3,
  telr: 65,
  wepl: 110,
  t: 0,
  tr: 0,
  ta: 0,
  qdu: 1,
  ie: 0,
  bpl: 4.3,
  ppl: 0,
  burstR: 1,
  nc: -70,
  nfor: -64,
  ps: 35,
  pr: 35,
  a: 0,
};

/** The transmission rating R, at most about 94; what is not given has its default. */
export function eModelRating(given: Partial<EModelParameters> = {}): number {
  const all = { ...G107_DEFAULTS, ...given };
  const no = noise(all);
  const ro = 15 - 1.5 * (all.slr + no);
  const impairments = simultaneous(all, ro, no) + delay(all, ro, no) + effectiveEquipment(all);
  return ro - impairments + all.a;
}

/** The sum of all noise at the 0 dBr point (§7.2). */
function noise({ slr, rlr, ds, dr, stmr, nc, nfor, ps, pr }: EModelParameters): number {
  const olr = slr + rlr;
  const nos = ps - slr - ds - 100 + 0.004 * (ps - olr - ds - 14) ** 2;
  const pre = pr + 10 * Math.log10(1 + 10 ** ((10 - (stmr + dr)) / 10));
  const nor = rlr - 121 + pre + 0.008 * (pre - 35) ** 2;
  const nfo = nfor + rlr;
  const sum = [nc, nos, nor, nfo].reduce((power, level) => power + 10 ** (level / 10), 0);
  return 10 * Math.log10(sum);
}

/** Is: too loud, sidetone, quantising (§7.3). */
function simultaneous(all: EModelParameters, ro: number, no: number): number {
  const { slr, rlr, qdu } = all;
  const xolr = slr + rlr + 0.2 * (64 + no - rlr);
  const iolr = 20 * ((1 + (xolr / 8) ** 8) ** (1 / 8) - xolr / 8);
  const q = 37 - 15 * Math.log10(qdu);
  const g = 1.07 + 0.258 * q + 0.0602 * q ** 2;
  const y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
  const z = 46 / 30 - g / 40;
  const iq = 15 * Math.log10(1 + 10 ** y + 10 ** z);
  return iolr + sidetone(all) + iq;
}

function sidetone({ stmr, telr, t }: EModelParameters): number {
  const stmro = -10 * Math.log10(10 ** (-stmr / 10) + Math.exp(-t / 4) * 10 ** (-telr / 10));
  return (
    12 * (1 + ((stmro - 13) / 6) ** 8) ** (1 / 8) -
    28 * (1 + ((stmro + 1) / 19.4) ** 35) ** (1 / 35) -
    13 * (1 + ((stmro - 3) / 33) ** 13) ** (1 / 13) +
    29
  );
}

/** Id: echo at the talker, echo at the listener, delay as such (§7.4). */
function delay(all: EModelParameters, ro: number, no: number): number {
  return talkerEcho(all, no) + listenerEcho(all, ro) + absoluteDelay(all.ta);
}

function talkerEcho(all: EModelParameters, no: number): number {
  const { t, telr, rlr, stmr } = all;
  if (t < 1) return 0;
  const masked = stmr < 9 ? sidetone(all) / 2 : 0;
  const terv =
    telr - 40 * Math.log10((1 + t / 10) / (1 + t / 150)) + 6 * Math.exp(-0.3 * t ** 2) + masked;
  const roe = -1.5 * (no - rlr);
  const re = 80 + 2.5 * (terv - 14);
  const half = (roe - re) / 2;
  const idte = (half + Math.sqrt(half ** 2 + 100) - 1) * (1 - Math.exp(-t));
  return stmr > 20 ? Math.hypot(idte, sidetone(all)) : idte;
}

function listenerEcho({ wepl, tr }: EModelParameters, ro: number): number {
  const rle = 10.5 * (wepl + 7) * (tr + 1) ** -0.25;
  const half = (ro - rle) / 2;
  return half + Math.sqrt(half ** 2 + 169);
}

/** Idd: what too long a delay does without any echo (§7.4), for the default sensitivity. */
export function absoluteDelay(taMs: number): number {
  if (taMs <= 100) return 0;
  const x = Math.log2(taMs / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** Ie,eff: the codec, and what lost packets do to it (§7.5). */
export function effectiveEquipment(one: {
  ie: number;
  bpl: number;
  ppl: number;
  burstR: number;
}): number {
  const { ie, bpl, ppl, burstR } = one;
  return ppl <= 0 ? ie : ie + ((95 - ie) * ppl) / (ppl / burstR + bpl);
}

/** The mean opinion score of a conversation, 1–4.5, for a narrowband rating (G.107 annex B). */
export function mosOfRating(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  // the polynomial dips below 1 for ratings up to 6.5
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

/** The highest rating of the wideband E-model (ITU-T G.107.1). */
export const WIDEBAND_MAXIMUM = 129;

/**
 * The rating of a wideband conversation, at most 129 (ITU-T G.107.1), with its default noise and
 * loudness and without echo: what a network and a codec can change.
 */
export function widebandRating(one: {
  taMs: number;
  ie: number;
  bpl: number;
  ppl: number;
  burstR: number;
}): number {
  return WIDEBAND_MAXIMUM - absoluteDelay(one.taMs) - effectiveEquipment(one);
}

/** The mean opinion score for a wideband rating (G.107.1 §7: of R divided by 1.29). */
export function mosOfWidebandRating(r: number): number {
  return mosOfRating(r / (WIDEBAND_MAXIMUM / 100));
}
