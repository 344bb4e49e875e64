import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { checkHoldMusic, soundOf } from './hold-music.ts';

describe('music on hold', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hold-music-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is a file or a tone', () => {
    expect(soundOf({ file: 'music.wav' })).toEqual({ type: 'file', path: 'music.wav' });
    expect(soundOf({ toneHz: 350 })).toEqual({ type: 'tone', frequencyHz: 350 });
  });

  it('that cannot be played is refused at the start, with the file that it was', async () => {
    const broken = join(folder, 'broken.wav');
    writeFileSync(broken, 'no sound at all');
    for (const [file, why] of [
      [join(folder, 'nowhere.wav'), 'ENOENT'],
      [broken, 'broken.wav'],
    ] as const) {
      const config = readConfig(JSON.stringify({ media: { holdMusic: { file } } }));
      await expect(checkHoldMusic(config)).rejects.toThrow(/^media\.holdMusic\.file: /);
      await expect(checkHoldMusic(config)).rejects.toThrow(why);
    }
    await checkHoldMusic(readConfig('media: { holdMusic: { toneHz: 440 } }'));
    await checkHoldMusic(readConfig(''));
  });
});
