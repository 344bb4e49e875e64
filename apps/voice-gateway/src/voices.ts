import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readWav } from '@strowger/media-core';
import type { AudioSource, PcmFrame } from '@strowger/session-core';
import type { Voice } from '@strowger/voice-agent';

const run = promisify(execFile);
/** No sentence takes longer to synthesise. */
const SPEAK_MS = 10_000;
const LONGEST_TEXT = 2000;

/** Says words by espeak-ng (`apt-get install espeak-ng`): any text, with a robot's voice. */
export function espeakVoice({ language = 'en' } = {}): Voice {
  return {
    async speak(text, { signal }) {
      const folder = await mkdtemp(join(tmpdir(), 'espeak-'));
      try {
        const file = join(folder, 'said.wav');
        // behind `--` nothing of the text is an option
        const words = ['-v', language, '-w', file, '--', text.slice(0, LONGEST_TEXT)];
        await run('espeak-ng', words, { signal, timeout: SPEAK_MS });
        const { samples, sampleRate } = await readWav(file);
        return { type: 'stream', stream: once({ samples, sampleRate, timestamp: 0 }) };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Whether espeak-ng is installed. */
export async function hasEspeak(): Promise<boolean> {
  return run('espeak-ng', ['--version']).then(
    () => true,
    () => false,
  );
}

/**
 * Says what was recorded: `prompts.json` in the folder has the WAV file of each text. Rejects for any
 * other text.
 */
export async function recordedVoice(folder: string): Promise<Voice> {
  const list = await readFile(join(folder, 'prompts.json'), 'utf8');
  const files = new Map(Object.entries(JSON.parse(list) as Record<string, unknown>));
  return {
    async speak(text): Promise<AudioSource> {
      const name = files.get(text);
      const path = typeof name === 'string' ? join(folder, name) : undefined;
      if (path === undefined || !existsSync(path)) throw new Error(`not recorded: "${text}"`);
      return { type: 'file', path };
    },
  };
}

function once(frame: PcmFrame): ReadableStream<PcmFrame> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(frame);
      controller.close();
    },
  });
}
