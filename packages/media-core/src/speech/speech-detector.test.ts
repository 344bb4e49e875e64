import { describe, expect, it } from 'vitest';
import { pcmuDecode, pcmuEncode } from '../audio/index.ts';
import { silentLogger } from '@strowger/runtime';
import { SpeechDetector, type SpeechEvent, type SpeechOptions, VoiceLibrary } from './index.ts';

/** Levels alone, and with libfvad: what is told of voices is the same. */
const libraries = {
  levels: new VoiceLibrary(silentLogger, () => Promise.reject(new Error('not there'))),
  libfvad: new VoiceLibrary(silentLogger),
};
await Promise.all([libraries.levels.ready(), libraries.libfvad.ready()]);

const FULL = 32_767 * 10 ** (-3.14 / 20);

/** Noise of an even level, the same each time. */
function noise(ms: number, dbm0: number, sampleRate = 8000): Int16Array {
  let seed = 7;
  const amplitude = FULL * 10 ** (dbm0 / 20) * Math.sqrt(1.5); // that of evenly spread noise
  return Int16Array.from({ length: (ms * sampleRate) / 1000 }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (seed / 1_073_741_824 - 1) * amplitude;
  });
}

/** A voice as a telephone carries it: harmonics of 120 Hz in syllables of a fifth of a second. */
function voice(ms: number, dbm0: number, sampleRate = 8000): Int16Array {
  const amplitude = FULL * 10 ** (dbm0 / 20) * 0.45;
  return Int16Array.from({ length: (ms * sampleRate) / 1000 }, (_, at) => {
    const t = at / sampleRate;
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2.5 * t)) ** 0.5;
    let sum = 0;
    for (let k = 2; k < 16; k++) sum += Math.sin(2 * Math.PI * 120 * k * t + k * k) / Math.sqrt(k);
    return Math.max(-32_768, Math.min(32_767, sum * syllable * amplitude));
  });
}

const silence = (ms: number): Int16Array => new Int16Array(8 * ms);
const joined = (...parts: Int16Array[]): Int16Array =>
  Int16Array.from(parts.flatMap((part) => [...part]));
const mixed = (one: Int16Array, other: Int16Array): Int16Array =>
  one.map((sample, at) => Math.max(-32_768, Math.min(32_767, sample + (other[at] ?? 0))));

type Sound = Parameters<typeof listenBy> extends [unknown, ...infer Rest] ? Rest : never;

interface Told {
  readonly at: number;
  readonly event: SpeechEvent;
}

/** What is told of frames of 20 ms, and when. */
function listenBy(
  by: keyof typeof libraries,
  heard: Int16Array,
  {
    said = new Int16Array(heard.length) as Int16Array,
    options = {} as SpeechOptions,
    sampleRate = 8000,
  } = {},
): Told[] {
  const told: Told[] = [];
  let at = 0;
  const tell = (event: SpeechEvent): void => void told.push({ at, event });
  const detector = new SpeechDetector(options, tell, libraries[by].judge());
  const frame = sampleRate / 50;
  for (let from = 0; from + frame <= heard.length; from += frame) {
    at += 20;
    detector.say(said.subarray(from, from + frame), sampleRate);
    detector.hear(heard.subarray(from, from + frame), sampleRate);
  }
  detector.close();
  return told;
}

const types = (told: Told[]): string[] => told.map(({ event }) => event.type);

describe.each(['levels', 'libfvad'] as const)('judged by %s', (by) => {
  const listen = (...parameters: Sound) => listenBy(by, ...parameters);

  describe('speech', () => {
    it('is told where it begins and where it has ended', () => {
      const told = listen(joined(silence(1000), voice(2000, -20), silence(2000)));
      expect(types(told)).toEqual(['speechStarted', 'speechEnded']);
      expect(told[0]?.at).toBeGreaterThan(1050);
      expect(told[0]?.at).toBeLessThan(1150);
      expect(told[1]?.at).toBeLessThan(3600);
      const { event } = told[1] ?? {};
      if (event?.type !== 'speechEnded') throw new Error('it has ended');
      expect(event.silentMs).toBe(500);
      expect(Math.abs(event.durationMs - 1800)).toBeLessThan(200);
    });

    it.each([8000, 16_000, 48_000])('is the same at %i Hz, and through noise', (sampleRate) => {
      const heard = joined(
        noise(1000, -50, sampleRate),
        mixed(voice(2000, -22, sampleRate), noise(2000, -50, sampleRate)),
        noise(1500, -50, sampleRate),
      );
      expect(types(listen(heard, { sampleRate }))).toEqual(['speechStarted', 'speechEnded']);
    });

    it('is heard from −36 dBm0 on, through µ-law', () => {
      const heard = pcmuDecode(
        pcmuEncode(joined(noise(500, -58), voice(1500, -34), noise(900, -58))),
      );
      expect(types(listen(heard))).toEqual(['speechStarted', 'speechEnded']);
    });

    it('is no click, no hum, and no noise that rises or was there before', () => {
      const click = joined(
        silence(500),
        Int16Array.from({ length: 80 }, () => 20_000),
        silence(500),
      );
      const hum = Int16Array.from(
        { length: 16_000 },
        (_, at) => 400 * Math.sin((2 * Math.PI * 50 * at) / 8000),
      );
      const rising = joined(...Array.from({ length: 40 }, (_, step) => noise(250, -60 + step / 2)));
      for (const sound of [click, hum, noise(4000, -52), rising]) {
        expect(types(listen(sound)).filter((type) => type.startsWith('speech'))).toEqual([]);
      }
    });

    it('ends later where pauses are longer', () => {
      const heard = joined(voice(1000, -20), silence(700), voice(1000, -20), silence(1500));
      const counts = [500, 1000].map(
        (endMs) => types(listen(heard, { options: { endMs } })).length,
      );
      expect(counts).toEqual([4, 2]);
    });
  });

  describe('the echo of our own prompt', () => {
    const prompt = voice(6000, -14);
    const echo = (delayMs: number): Int16Array =>
      joined(silence(delayMs), prompt.subarray(0, prompt.length - 8 * delayMs)).map(
        (sample) => sample * 0.1,
      );

    it.each([40, 150, 400, 700])('20 dB down and %i ms late is no speech', (delayMs) => {
      const heard = mixed(echo(delayMs), noise(6000, -60));
      const options = { silenceMs: 60_000 };
      expect(types(listen(heard, { said: prompt, options }))).toEqual([]);
      expect(types(listen(heard, { options }))).toContain('speechStarted'); // without knowing the prompt
    });

    it('does not hide who barges in', () => {
      const caller = joined(silence(3000), voice(1500, -18), silence(1500));
      const told = listen(mixed(echo(150), caller), { said: prompt });
      expect(types(told)).toEqual(['speechStarted', 'speechEnded']);
      expect(told[0]?.at).toBeLessThan(3300);
    });
  });

  describe('silence', () => {
    it('is told once, and again after speech', () => {
      const heard = joined(silence(3000), voice(1000, -20), silence(4000));
      const told = listen(heard, { options: { silenceMs: 2000 } });
      expect(types(told)).toEqual(['silence', 'speechStarted', 'speechEnded', 'silence']);
      expect(told[0]).toEqual({ at: 2000, event: { type: 'silence', silentMs: 2000 } });
    });

    it('is told though a click falls on the very block', () => {
      const click = Int16Array.from({ length: 80 }, () => 20_000);
      const heard = joined(silence(1990), click, silence(2000));
      const told = listen(heard, { options: { silenceMs: 2000 } });
      expect(types(told)).toEqual(['silence']);
      expect(told[0]?.at).toBeLessThan(2100);
    });

    it('of both sides is dead air, not while we say something', () => {
      const options = { silenceMs: 1000, deadAirMs: 2000 };
      const said = joined(voice(3000, -20), silence(3000));
      const told = listen(silence(6000), { said, options });
      expect(types(told)).toEqual(['silence', 'deadAir']);
      expect(told[1]?.at).toBeGreaterThan(4700);
      expect(told[1]?.at).toBeLessThan(5100);
    });
  });
});

describe('what is no voice', () => {
  it('begins sooner where less makes it, and is still no click', () => {
    const heard = joined(silence(500), noise(1000, -20), silence(1000));
    const firsts = [30, 70, 120].map(
      (beginMs) => listenBy('levels', heard, { options: { beginMs } })[0]?.at,
    );
    expect(firsts).toEqual([540, 580, 620]);
    const click = joined(silence(500), noise(20, -10), silence(500));
    expect(listenBy('levels', click, { options: { beginMs: 30 } })).toEqual([]);
  });

  it('is taken for speech for a second, not for ten, where libfvad says so: noise that comes and stays', () => {
    const heard = joined(silence(2000), noise(8000, -28), silence(500));
    const speech = (by: keyof typeof libraries): number =>
      listenBy(by, heard)
        .map(({ event }) => (event.type === 'speechEnded' ? event.durationMs : 0))
        .reduce((sum, ms) => sum + ms, 0);
    expect(speech('levels')).toBeGreaterThan(7000);
    expect(speech('libfvad')).toBeLessThan(1500);
  });

  it('is not judged at a rate that libfvad does not know: levels decide', () => {
    const heard = joined(new Int16Array(24_000), voice(1000, -20, 24_000), new Int16Array(24_000));
    const told = listenBy('libfvad', heard, { sampleRate: 24_000 });
    expect(types(told)).toEqual(['speechStarted', 'speechEnded']);
  });

  it('is told by nobody where the library is not there, which is said once', async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, warn: (_: object, text: string) => void lines.push(text) };
    const library = new VoiceLibrary(logger, () => Promise.reject(new Error('not there')));
    await Promise.all([library.ready(), library.ready()]);
    expect(library.judge()).toBeUndefined();
    expect(lines).toEqual(['libfvad is not there: speech is told by its level alone']);
  });
});
