import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ConferenceRoomOptions, Meeting } from '@strowger/call-engine';
import type { Config } from './config-schema.ts';

/** The rooms of a configuration; makes the folder of recordings where one of them has any. */
export function roomsOf({ conference }: Config): Record<string, ConferenceRoomOptions> {
  const { rooms, recordings, recordingFormat } = conference;
  if (Object.values(rooms).some(({ record }) => record)) mkdirSync(recordings, { recursive: true });
  return Object.fromEntries(
    Object.entries(rooms).map(([name, { record, ...room }]) => {
      if (!record) return [name, room];
      const recordingTarget = pathsIn(recordings, recordingFormat);
      return [name, { ...room, recordingFormat, recordingTarget }];
    }),
  );
}

/** `6000-2026-01-31T09-30-00.000Z.wav`: what sorts by time, and is a name on every file system. */
function pathsIn(folder: string, format: string): (meeting: Meeting) => string {
  return ({ room, startedAt }) => {
    const name = room.replaceAll(/[^A-Za-z0-9]/g, '');
    return join(folder, `${name}-${startedAt.toISOString().replaceAll(':', '-')}.${format}`);
  };
}
