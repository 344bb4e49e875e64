import { ConfigError } from '@strowger/daemon';
import { type RelaySettings, WavReader } from '@strowger/media-core';
import type { Config } from './config-schema.ts';

type Music = NonNullable<Config['media']['holdMusic']>;

/** What who is held hears. */
export function soundOf({ file, toneHz = 440 }: Music): NonNullable<RelaySettings['holdMusic']> {
  return file === undefined ? { type: 'tone', frequencyHz: toneHz } : { type: 'file', path: file };
}

/** A file that cannot be played is told now, and not to the first who is held. Throws `ConfigError`. */
export async function checkHoldMusic({ media: { holdMusic } }: Config): Promise<void> {
  if (holdMusic?.file === undefined) return;
  try {
    const reader = await WavReader.open(holdMusic.file);
    await reader.close();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError([`media.holdMusic.file: ${why}`]);
  }
}
