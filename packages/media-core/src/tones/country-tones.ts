import { StrowgerError } from '@strowger/runtime';
import { type Cadence, cadence, sequence } from './cadence.ts';

/** What a network says by a tone. */
export type ProgressToneName =
  | 'dial'
  | 'ringback'
  | 'busy'
  | 'congestion'
  | 'callWaiting'
  | 'specialInformation';

/** The tones of one country. */
export interface CountryTones extends Readonly<Record<ProgressToneName, Cadence>> {
  /** Where they are laid down. */
  readonly source: string;
}

/** The list of national tones that goes with ITU-T E.180. */
const ITU = 'ITU-T E.180 (03/98), list annexed to Operational Bulletin 781 (2003)';

/** Three rising tones of 330 ms and a pause of a second (ITU-T E.180 §8). */
const RISING = sequence([950, 1400, 1800], { eachMs: 330, pauseMs: 1000 });
const RING_1_4 = cadence(425, 1000, 4000);
const HALF_SECONDS = cadence(425, 500, 500);

/** By the country's code (ISO 3166-1 alpha-2), in lower case. */
export const COUNTRY_TONES: { readonly [country: string]: CountryTones } = {
  at: {
    source: ITU,
    dial: cadence(420),
    ringback: cadence(420, 1000, 5000),
    busy: cadence(420, 400, 400),
    congestion: cadence(420, 200, 200),
    callWaiting: cadence(420, 40, 1960),
    specialInformation: sequence([950, 1450, 1850], { eachMs: 330, pauseMs: 1000 }),
  },
  au: {
    source: 'ACIF S002:2001',
    dial: cadence([413, 438]),
    ringback: cadence([413, 438], 400, 200, 400, 2000),
    busy: cadence(425, 375, 375),
    congestion: cadence(425, 375, 375),
    callWaiting: cadence(425, 200, 200, 200, 4400),
    specialInformation: cadence(425, 2500, 500),
  },
  be: {
    source: ITU,
    dial: cadence(425),
    ringback: cadence(425, 1000, 3000),
    busy: HALF_SECONDS,
    congestion: cadence(425, 167, 167),
    callWaiting: cadence(1400, 175, 175, 175, 3500),
    specialInformation: sequence([900, 1400, 1800], { eachMs: 330, pauseMs: 1000 }),
  },
  bg: {
    source: ITU,
    dial: cadence(425),
    ringback: RING_1_4,
    busy: HALF_SECONDS,
    congestion: cadence(425, 250, 250),
    callWaiting: cadence(425, 150, 150, 150, 4000),
    specialInformation: RISING,
  },
  ch: {
    source: ITU,
    dial: cadence(425),
    ringback: RING_1_4,
    busy: HALF_SECONDS,
    congestion: cadence(425, 200, 200),
    callWaiting: cadence(425, 200, 200, 200, 4000),
    specialInformation: RISING,
  },
  cn: {
    source: ITU,
    dial: cadence(450),
    ringback: cadence(450, 1000, 4000),
    busy: cadence(450, 350, 350),
    congestion: cadence(450, 700, 700),
    callWaiting: cadence(450, 400, 4000),
    specialInformation: cadence(450, 100, 100, 100, 100, 100, 100, 400, 400),
  },
  cz: {
    source: ITU,
    dial: cadence(425, 330, 330, 660, 660),
    ringback: RING_1_4,
    busy: cadence(425, 330, 330),
    congestion: cadence(425, 165, 165),
    callWaiting: cadence(425, 330, 9000),
    specialInformation: sequence([950, 1400, 1800], { eachMs: 330, gapMs: 30, pauseMs: 1000 }),
  },
  de: {
    source: ITU,
    dial: cadence(425),
    ringback: RING_1_4,
    busy: cadence(425, 480, 480),
    congestion: cadence(425, 240, 240),
    callWaiting: cadence(425, 200, 200, 200, 5000),
    specialInformation: RISING,
  },
  dk: {
    source: ITU,
    dial: cadence(425),
    ringback: RING_1_4,
    busy: HALF_SECONDS,
    congestion: cadence(425, 200, 200),
    callWaiting: cadence(425, 200, 600, 200, 3000),
    specialInformation: RISING,
  },
  fr: {
    source: `${ITU}; it has no congestion: busy, twice as fast`,
    dial: cadence(440),
    ringback: cadence(440, 1500, 3500),
    busy: cadence(440, 500, 500),
    congestion: cadence(440, 250, 250),
    callWaiting: cadence(440, 300, 10_000),
    specialInformation: RISING,
  },
  gb: {
    source: 'BT SIN 350',
    dial: cadence([350, 440]),
    ringback: cadence([400, 450], 400, 200, 400, 2000),
    busy: cadence(400, 375, 375),
    congestion: cadence(400, 400, 350, 225, 525),
    callWaiting: cadence(400, 100, 4000),
    specialInformation: sequence([950, 1400, 1800], { eachMs: 330, gapMs: 15, pauseMs: 1000 }),
  },
  hk: {
    source: `${ITU}; it has neither call waiting nor special information: those of ITU-T E.180`,
    dial: cadence([350, 440]),
    ringback: cadence([440, 480], 400, 200, 400, 3000),
    busy: cadence([480, 620], 500, 500),
    congestion: cadence([480, 620], 250, 250),
    callWaiting: cadence(440, 300, 10_000),
    specialInformation: RISING,
  },
  hu: {
    source: `${ITU}; its busy and congestion are one`,
    dial: cadence(425),
    ringback: cadence(425, 1250, 3750),
    busy: cadence(425, 300, 300),
    congestion: cadence(425, 300, 300),
    callWaiting: cadence(425, 40, 1960),
    specialInformation: RISING,
  },
  id: {
    source: ITU,
    dial: cadence(425),
    ringback: RING_1_4,
    busy: HALF_SECONDS,
    congestion: cadence(425, 250, 250),
    callWaiting: cadence(425, 150, 150, 150, 10_000),
    specialInformation: RISING,
  },
  it: {
    source: ITU,
    dial: cadence(425, 200, 200, 600, 1000),
    ringback: RING_1_4,
    busy: HALF_SECONDS,
    congestion: cadence(425, 200, 200),
    callWaiting: cadence(425, 400, 100, 250, 100, 150, 14_000),
    specialInformation: RISING,
  },
  nl: {
    source: ITU,
    dial: cadence(425),
    ringback: RING_1_4,
    busy: HALF_SECONDS,
    congestion: cadence(425, 250, 250),
    callWaiting: cadence(425, 500, 9500),
    specialInformation: sequence([950, 1400, 1800], { eachMs: 333, pauseMs: 1000 }),
  },
  nz: {
    source: 'Telepermit TNA 102',
    dial: cadence(400),
    ringback: cadence([400, 450], 400, 200, 400, 2000),
    busy: cadence(400, 500, 500),
    congestion: cadence(400, 250, 250),
    callWaiting: cadence(400, 200, 3000),
    specialInformation: cadence(400, 750, 100, 750, 100, 750, 100, 750, 400),
  },
  pl: {
    source: `${ITU}; its busy and congestion are one`,
    dial: cadence(425),
    ringback: RING_1_4,
    busy: HALF_SECONDS,
    congestion: HALF_SECONDS,
    callWaiting: cadence(425, 150, 150, 150, 4000),
    specialInformation: RISING,
  },
  ru: {
    source: 'GOST 45.223-2001',
    dial: cadence(425),
    ringback: RING_1_4,
    busy: cadence(425, 350, 350),
    congestion: cadence(425, 175, 175),
    callWaiting: cadence(425, 200, 5000),
    specialInformation: RISING,
  },
  us: {
    source: `Precise Tone Plan (ANSI T1.401); ${ITU}`,
    dial: cadence([350, 440]),
    ringback: cadence([440, 480], 2000, 4000),
    busy: cadence([480, 620], 500, 500),
    congestion: cadence([480, 620], 250, 250),
    callWaiting: cadence(440, 300, 10_000),
    specialInformation: RISING,
  },
};

/** A tone of a country. @throws StrowgerError `BAD_TONE` where it is not in the table. */
export function toneOf({ name, country }: { name: ProgressToneName; country: string }): Cadence {
  const tones = Object.hasOwn(COUNTRY_TONES, country) ? COUNTRY_TONES[country] : undefined;
  const tone = tones && Object.hasOwn(tones, name) ? tones[name] : undefined;
  if (typeof tone === 'object') return tone;
  const known = Object.keys(COUNTRY_TONES).join(', ');
  throw new StrowgerError('BAD_TONE', `There is no tone ${name} of ${country}; of these: ${known}`);
}
