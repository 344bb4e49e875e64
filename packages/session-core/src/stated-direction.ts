import type { MediaDirection, Sdp } from './media-backend.ts';

const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/mu;

/**
 * @internal Which way the audio of a description goes, as whoever wrote it says (RFC 8866 §6.7): that of
 * its line, else of the whole; `inactive` where it has none, or refuses it (RFC 3264 §6).
 */
export function statedDirection(sdp: Sdp): MediaDirection {
  const [session = '', ...lines] = sdp.split(/^(?=m=)/mu);
  const audio = lines.find((line) => /^m=audio [1-9]/u.test(line));
  if (audio === undefined) return 'inactive';
  const [, stated] = DIRECTION.exec(audio) ?? DIRECTION.exec(session) ?? [];
  return (stated ?? 'sendrecv') as MediaDirection; // the expression has no others
}

/** @internal The same as the other side sees it. */
export function mirrored(direction: MediaDirection): MediaDirection {
  return MIRROR[direction];
}

const MIRROR: Readonly<Record<MediaDirection, MediaDirection>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};
