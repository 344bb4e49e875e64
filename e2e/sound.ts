import { execFileSync, spawnSync } from 'node:child_process';

const RATE = 8000;
/** 100 ms, in which a tone either dominates or does not. */
const WINDOW = 800;

/** How a recording sounds. */
export interface Heard {
  readonly seconds: number;
  /** For how many seconds this frequency had so much of the energy; default 0.4: it dominated. */
  heardFor(hz: number, share?: number): number;
}

/** Listens to a sound file that sox can read, from and to these seconds. */
export function listen(file: string, from = 0, to?: number): Heard {
  const trim = ['trim', String(from), ...(to === undefined ? [] : [`=${to}`])];
  const format = ['-t', 'raw', '-r', String(RATE), '-c', '1', '-e', 'signed', '-b', '16', '-'];
  const raw = execFileSync('sox', [file, ...format, ...trim], {
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const samples = new Int16Array(new Uint8Array(raw).buffer, 0, raw.length >> 1);
  return {
    seconds: samples.length / RATE,
    heardFor: (hz, share = 0.4) => {
      let windows = 0;
      for (let at = 0; at + WINDOW <= samples.length; at += WINDOW) {
        if (has(samples.subarray(at, at + WINDOW), hz, share)) windows++;
      }
      return windows / 10;
    },
  };
}

/** One channel of what ffmpeg can read, as a WAV file. */
export function decoded(file: string, channel = 0): string {
  const wav = `${file}-${channel}.wav`;
  const only = ['-af', `pan=mono|c0=c${channel}`, '-ar', String(RATE)];
  execFileSync('ffmpeg', ['-y', '-v', 'error', '-i', file, ...only, wav]);
  return wav;
}

/** A raw G.711 stream as tshark printed it (hex), as a sound file. */
export function g711ToWav(
  hex: string,
  file: string,
  encoding: 'u-law' | 'a-law' = 'u-law',
): string {
  const format = ['-t', 'raw', '-r', String(RATE), '-c', '1', '-e', encoding, '-b', '8', '-'];
  spawnSync('sox', [...format, file], { input: Buffer.from(hex, 'hex') });
  return file;
}

/** Writes a tone. */
export function writeTone(file: string, hz: number, seconds: number, format: string[] = []): void {
  const shape = format.length > 0 ? format : ['-b', '16'];
  execFileSync('sox', [
    '-n',
    '-r',
    String(RATE),
    '-c',
    '1',
    ...shape,
    file,
    'synth',
    String(seconds),
    'sine',
    String(hz),
  ]);
}

function has(samples: Int16Array, hz: number, share: number): boolean {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / RATE);
  let energy = 0;
  let last = 0;
  let before = 0;
  for (const sample of samples) {
    energy += sample * sample;
    const next = sample + coefficient * last - before;
    before = last;
    last = next;
  }
  const tone = (2 * (last * last + before * before - coefficient * last * before)) / samples.length;
  return energy / samples.length > 100 ** 2 && tone / energy > share;
}
