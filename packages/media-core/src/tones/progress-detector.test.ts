import { describe, expect, it } from 'vitest';
import { pcmaDecode, pcmaEncode, ToneSource } from '../audio/index.ts';
import { ComfortNoise } from '../noise/index.ts';
import { type Cadence, cadence, sequence } from './cadence.ts';
import { CadenceSource } from './cadence-source.ts';
import { COUNTRY_TONES, toneOf } from './country-tones.ts';
import { type HeardTone, ProgressDetector, type ToneOptions } from './progress-detector.ts';

const COUNTRIES = Object.keys(COUNTRY_TONES);

interface Line {
  seconds?: number;
  levelDbm0?: number;
  /** Of noise beside it, below the overload; silence where it is absent. */
  noise?: number;
}

/** A tone as it arrives by G.711. */
function played(tone: Cadence, { seconds = 12, levelDbm0 = -10, noise }: Line = {}): Int16Array {
  const samples = new Int16Array(8000 * seconds);
  new CadenceSource(tone, { sampleRate: 8000, levelDbm0 }).read(samples);
  if (noise !== undefined) {
    const beside = new Int16Array(samples.length);
    const source = new ComfortNoise();
    source.take(Uint8Array.of(noise));
    source.read(beside, 0, beside.length);
    for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) + (beside[i] ?? 0);
  }
  return pcmaDecode(pcmaEncode(samples));
}

function heardIn(samples: Int16Array, options: ToneOptions = {}): HeardTone[] {
  const heard: HeardTone[] = [];
  const detector = new ProgressDetector(options, (name) => heard.push(name));
  for (let at = 0; at < samples.length; at += 160) detector.push(samples.subarray(at, at + 160));
  return heard;
}

/** Two that sound alike in a country are told as the first of them. */
function alike(country: string, name: 'dial' | 'ringback' | 'busy' | 'congestion'): HeardTone {
  const isBusy = name === 'congestion' && ['au', 'hu', 'pl'].includes(country);
  return isBusy ? 'busy' : name;
}

describe('the tones of a country', () => {
  it.each(COUNTRIES)('%s: each is told once, and as what it is', (country) => {
    for (const name of ['dial', 'ringback', 'busy', 'congestion'] as const) {
      const seconds = name === 'ringback' ? 13 : 6;
      const heard = heardIn(played(toneOf({ name, country }), { seconds }), { country });
      expect(heard, name).toEqual([alike(country, name)]);
    }
  });

  it.each(COUNTRIES)('%s: are told of a soft and noisy line, too', (country) => {
    for (const name of ['ringback', 'busy'] as const) {
      const line = { levelDbm0: -25, noise: 52, seconds: name === 'busy' ? 4 : 8 };
      expect(heardIn(played(toneOf({ name, country }), line), { country }), name).toEqual([name]);
    }
  });

  it.each(COUNTRIES)(
    '%s: ring back and busy are known without saying whose they are',
    (country) => {
      const known = (name: 'ringback' | 'busy', seconds: number): HeardTone[] =>
        heardIn(played(toneOf({ name, country }), { seconds }));
      expect(known('ringback', 8)).toEqual(['ringback']);
      expect(known('busy', 4)).toEqual(['busy']);
    },
  );

  it('is told when it is certain: after one round of ring back, two of busy', () => {
    const shortened = (name: 'ringback' | 'busy', seconds: number): HeardTone[] =>
      heardIn(played(toneOf({ name, country: 'de' }), { seconds }), { country: 'de' });
    expect(shortened('ringback', 4)).toEqual([]);
    expect(shortened('ringback', 6)).toEqual(['ringback']);
    expect(shortened('busy', 1)).toEqual([]);
    expect(shortened('busy', 2)).toEqual(['busy']);
  });

  it('refuses a country that it does not know', () => {
    expect(() => new ProgressDetector({ country: 'xx' }, () => {})).toThrow(/xx/);
  });
});

describe('special information', () => {
  const RISING = COUNTRIES.filter((country) => !['au', 'cn', 'nz'].includes(country));
  it.each(RISING)('%s: is three rising tones', (country) => {
    const tone = toneOf({ name: 'specialInformation', country });
    expect(heardIn(played(tone, { seconds: 4, noise: 55 }))).toEqual(['specialInformation']);
  });

  it('has other lengths in North America', () => {
    const steps = [
      [914, 274],
      [1371, 274],
      [1777, 380],
    ] as const;
    const tone = steps.map(([hz, durationMs]) => ({ frequenciesHz: [hz], durationMs }));
    const once = [...tone, { frequenciesHz: [], durationMs: 60_000 }];
    expect(heardIn(played(once, { seconds: 3 }))).toEqual(['specialInformation']);
  });

  it('is not the same tones in another order', () => {
    const falling = sequence([1800, 1400, 950], { eachMs: 330, pauseMs: 1000 });
    expect(heardIn(played(falling))).toEqual([]);
  });
});

describe('fax and modem', () => {
  it('call by 1100 Hz and answer by 2100 Hz', () => {
    expect(heardIn(played(cadence(1100, 500, 3000), { noise: 50 }))).toEqual(['faxCalling']);
    expect(heardIn(played(cadence(2100, 3000, 60_000)))).toEqual(['dataAnswer']);
  });

  it('answer with phases that turn, each 450 ms (V.25)', () => {
    const samples = played(cadence(2100), { seconds: 3 });
    const turned = samples.map((sample, at) =>
      Math.floor(at / 3600) % 2 === 0 ? sample : -sample,
    );
    expect(heardIn(turned)).toEqual(['dataAnswer']);
  });
});

describe('what is no tone of a network', () => {
  it('is a digit, a beep, music of one note at a time, noise', () => {
    const dtmf = played(cadence([697, 1209], 100, 100));
    const beep = played(cadence(1000, 400, 60_000));
    const melody = new Int16Array(8000 * 12);
    for (const [at, hz] of [440, 494, 523, 587, 659, 392, 349, 440, 330, 523, 494, 392].entries()) {
      new ToneSource({ frequencyHz: hz }).read(melody.subarray(at * 8000, at * 8000 + 7000));
    }
    const noise = played(cadence(400, 1, 100_000), { noise: 25 });
    for (const sound of [dtmf, beep, noise]) expect(heardIn(sound)).toEqual([]);
    expect(heardIn(melody)).toEqual([]);
  });
});
