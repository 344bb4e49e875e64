import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** 8 kHz, 16 bit, mono, little endian: what all of these programs can read and write. */
const RAW = ['-t', 'raw', '-r', '8000', '-c', '1'];
const FFMPEG_RAW = ['-f', 's16le', '-ar', '8000', '-ac', '1'];

const MICROPHONES: [string, string[]][] = [
  ['rec', ['-q', '-V1', ...RAW, '-e', 'signed', '-b', '16', '-']],
  ['arecord', ['-q', ...RAW, '-f', 'S16_LE', '-']],
  ['ffmpeg', ['-loglevel', 'error', '-f', 'alsa', '-i', 'default', ...FFMPEG_RAW, '-']],
];

const SPEAKERS: [string, string[]][] = [
  ['play', ['-q', '-V1', ...RAW, '-e', 'signed', '-b', '16', '-']],
  ['aplay', ['-q', ...RAW, '-f', 'S16_LE', '-']],
  ['ffplay', ['-loglevel', 'error', '-nodisp', '-autoexit', ...FFMPEG_RAW, '-i', '-']],
];

/** A program of the system that hears or speaks. */
export interface SoundProgram<Stream> {
  readonly name: string;
  readonly stream: Stream;
  /** Resolves with what it complained about when it ends by itself, `undefined` when stopped. */
  readonly ended: Promise<string | undefined>;
  stop(): void;
}

/** The microphone, through the first of `rec`, `arecord`, `ffmpeg` that is there. */
export function openMicrophone(): SoundProgram<Readable> | undefined {
  const found = firstInstalled(MICROPHONES);
  if (found === undefined) return undefined;
  const child = spawn(found[0], found[1], { stdio: ['ignore', 'pipe', 'pipe'] });
  return running(found[0], child, child.stdout);
}

/** The speaker, through the first of `play`, `aplay`, `ffplay` that is there. */
export function openSpeaker(): SoundProgram<Writable> | undefined {
  const found = firstInstalled(SPEAKERS);
  if (found === undefined) return undefined;
  const child = spawn(found[0], found[1], { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.on('error', () => {}); // it ended; `ended` says why
  return running(found[0], child, child.stdin);
}

/** What to say where there is none. */
export const NO_MICROPHONE =
  'no microphone: none of rec (sox), arecord (alsa-utils), ffmpeg is installed; saying nothing';
export const NO_SPEAKER =
  'no speaker: none of play (sox), aplay (alsa-utils), ffplay (ffmpeg) is installed';

function firstInstalled(candidates: [string, string[]][]): [string, string[]] | undefined {
  return candidates.find(([name]) => isInstalled(name));
}

function isInstalled(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

type Child =
  | ChildProcessByStdio<null, Readable, Readable>
  | ChildProcessByStdio<Writable, null, Readable>;

function running<Stream>(name: string, child: Child, stream: Stream): SoundProgram<Stream> {
  let stopped = false;
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < 2000) complaint += chunk.toString();
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code) => {
      const said = complaint.trim().split('\n')[0] ?? '';
      resolve(stopped || code === 0 ? undefined : said || `${name} ended with ${code}`);
    });
  });
  return {
    name,
    stream,
    ended,
    stop: () => {
      stopped = true;
      child.kill();
    },
  };
}
