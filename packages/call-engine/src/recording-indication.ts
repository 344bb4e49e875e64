import type { Sdp, Session } from '@strowger/session-core';
import type { RecordingWish } from './recording-codes.ts';

/** What a party is told of the recording of its call (RFC 7866 §7.1.2). */
export type RecordingIndication = 'on' | 'off' | 'paused';

/** The option tag of phones that show it (RFC 7866 §6.3). */
const RECORD_AWARE = 'record-aware';

/** Whether a party has said that it takes `a=record`, and may be asked about. */
export function isRecordAware({ dialog, request }: Session): boolean {
  if (dialog !== undefined) return dialog.peerSupports(RECORD_AWARE);
  const tags = request?.headers.get('supported') ?? []; // a caller who was not answered yet
  return tags.some((tag) => tag.toLowerCase() === RECORD_AWARE);
}

/** A description of ours whose audio lines say so. */
export function withIndication(sdp: Sdp, indication: RecordingIndication): Sdp {
  return sections(sdp)
    .map((lines) => (isAudio(lines) ? `${lines}a=record:${indication}\r\n` : lines))
    .join('');
}

/**
 * What a party would like (`a=recordpref`, RFC 7866 §7.3.2), of its first audio line; `undefined` where it
 * says nothing, or that it does not mind.
 */
export function preferenceOf(sdp: Sdp): RecordingWish | undefined {
  const [, stated = ''] = /^a=recordpref:(\w+)\r?$/mu.exec(sections(sdp).find(isAudio) ?? '') ?? [];
  return PREFERENCES.get(stated);
}

const PREFERENCES: ReadonlyMap<string, RecordingWish> = new Map([
  ['on', 'start'],
  ['off', 'stop'],
  ['pause', 'pause'],
]);

function sections(sdp: Sdp): string[] {
  return sdp.split(/^(?=m=)/mu);
}

function isAudio(lines: string): boolean {
  return lines.startsWith('m=audio ');
}
