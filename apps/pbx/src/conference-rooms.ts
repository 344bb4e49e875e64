import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ConferenceRoomOptions } from '@strowger/call-engine';
import type { Config } from './config-schema.ts';

/** The rooms of a configuration; makes the folder of recordings where one of them has any. */
export function roomsOf({ conference }: Config): Record<string, ConferenceRoomOptions> {
  const { rooms, recordings } = conference;
  if (Object.values(rooms).some(({ record }) => record)) mkdirSync(recordings, { recursive: true });
  return Object.fromEntries(
    Object.entries(rooms).map(([name, { record, ...room }]) => {
      const recordingPath = record ? pathsIn(recordings) : undefined;
      return [name, { ...room, ...(recordingPath && { recordingPath }) }];
    }),
  );
}

/** `6000-2026-01-31T09-30-00.000Z.wav`: what sorts by time, and is a name on every file system. */
function pathsIn(folder: string): ConferenceRoomOptions['recordingPath'] {
  return ({ room, startedAt }) => {
    const name = room.replaceAll(/[^A-Za-z0-9]/g, '');
    return join(folder, `${name}-${startedAt.toISOString().replaceAll(':', '-')}.wav`);
  };
}
