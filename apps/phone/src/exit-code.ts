import { StrowgerError } from '@strowger/runtime';
import type { EndReason } from '@strowger/session-core';

/** What the phone's exit code says. */
export const EXIT = {
  /** The call took place, the registration held, the question was answered. */
  ok: 0,
  /** Something that this list does not name. */
  failed: 1,
  usage: 2,
  refused: 3,
  busy: 4,
  noAnswer: 5,
  notAuthorised: 6,
  network: 7,
  media: 8,
} as const;

/** The exit code for the end of a call. */
export function exitCodeOf(end: EndReason): number {
  switch (end.kind) {
    case 'hungUp':
      return EXIT.ok;
    case 'cancelled':
      return EXIT.noAnswer;
    case 'timeout':
      return end.phase === 'ring' ? EXIT.noAnswer : EXIT.network;
    case 'transportFailed':
      return EXIT.network;
    case 'mediaFailed':
      return EXIT.media;
    case 'dialogLost':
      return EXIT.failed;
    case 'rejected':
      return exitCodeOfStatus(end.status);
    default:
      end satisfies never;
      return EXIT.failed;
  }
}

/** The exit code for a final status from 300 to 699. */
export function exitCodeOfStatus(status: number): number {
  if (status === 486 || status === 600) return EXIT.busy;
  if (status === 480 || status === 408 || status === 487) return EXIT.noAnswer;
  if (status === 401 || status === 403 || status === 407) return EXIT.notAuthorised;
  if (status === 488 || status === 606) return EXIT.media;
  return EXIT.refused;
}

/** The exit code for what the client threw or rejected with. */
export function exitCodeOfError(error: unknown): number {
  if (!StrowgerError.isInstance(error)) return EXIT.failed;
  const { code, cause } = error;
  if (code === 'REGISTRATION_REFUSED') {
    const status = typeof cause === 'object' && cause && 'status' in cause ? cause.status : 0;
    return exitCodeOfStatus(Number(status));
  }
  if (code.startsWith('BAD_')) return EXIT.usage;
  if (code.startsWith('MEDIA_') || code.startsWith('WAV_')) return EXIT.media;
  return NETWORK.has(code) ? EXIT.network : EXIT.failed;
}

const NETWORK = new Set(['LISTEN_FAILED', 'NO_ROUTE', 'NO_ANSWER', 'UNREGISTERED']);
