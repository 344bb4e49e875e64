import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMicrophone, openSpeaker } from './sound-program.ts';

const path = process.env['PATH'];
let folder = '';

/** A program of the system that a test makes up. */
function install(name: string, script: string): void {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sound-'));
  process.env['PATH'] = folder;
});

afterEach(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true, force: true });
});

describe('the microphone', () => {
  it('is not there where no program is', () => {
    expect(openMicrophone()).toBeUndefined();
  });

  it('is the first program that is there', async () => {
    install('ffmpeg', 'exit 1');
    install('arecord', 'echo "$@"');
    const microphone = openMicrophone();
    expect(microphone?.name).toBe('arecord');
    let heard = '';
    for await (const chunk of microphone?.stream ?? []) heard += String(chunk);
    expect(heard).toBe('-q -t raw -r 8000 -c 1 -f S16_LE -\n');
    expect(await microphone?.ended).toBeUndefined();
  });

  it('says what it complains about when it ends by itself', async () => {
    install('rec', 'echo "rec FAIL: no such device" >&2; echo more >&2; exit 2');
    expect(await openMicrophone()?.ended).toBe('rec FAIL: no such device');
    install('rec', 'exit 3');
    expect(await openMicrophone()?.ended).toBe('rec ended with 3');
  });

  it('says why it cannot be started', async () => {
    install('rec', '');
    writeFileSync(join(folder, 'rec'), '#!/nowhere/at/all\n');
    expect(await openMicrophone()?.ended).toContain('ENOENT');
  });

  it('complains of nothing when it is stopped', async () => {
    install('rec', 'while :; do :; done');
    const microphone = openMicrophone();
    microphone?.stop();
    expect(await microphone?.ended).toBeUndefined();
  });
});

describe('the speaker', () => {
  it('is not there where no program is', () => {
    expect(openSpeaker()).toBeUndefined();
  });

  it('is given what is heard', async () => {
    const file = join(folder, 'heard');
    install('aplay', `IFS= read -r line; echo "$line" > ${file}`);
    const speaker = openSpeaker();
    expect(speaker?.name).toBe('aplay');
    speaker?.stream.end('hello\n');
    expect(await speaker?.ended).toBeUndefined();
    expect(readFileSync(file, 'utf8')).toBe('hello\n');
  });

  it('may end early without harm', async () => {
    install('play', 'exit 0');
    const speaker = openSpeaker();
    speaker?.stream.write(Buffer.alloc(1_000_000));
    expect(await speaker?.ended).toBeUndefined();
  });
});
