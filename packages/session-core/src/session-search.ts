import type { Session } from './session.ts';
import type { SessionState } from './session-state.ts';

/** Which sessions are meant; what is absent does not matter. */
export interface SessionFilter {
  readonly states?: readonly SessionState[];
  readonly direction?: 'incoming' | 'outgoing';
  /** Our side's user: of From where we call, of To where we are called. */
  readonly localUser?: string;
  /** The other party's user. */
  readonly remoteUser?: string;
  /** One of its two ends, by the UUID in its Session-ID (RFC 7989): all legs of a call have both. */
  readonly uuid?: string;
  /** The application's call that it was linked to. */
  readonly linkedTo?: string;
  /** Made before this wall time, in milliseconds since 1970. */
  readonly olderThan?: number;
}

/** @internal Whether a session is meant. */
export function isMeant(session: Session, filter: Omit<SessionFilter, 'linkedTo'>): boolean {
  const { states, direction, localUser, remoteUser, uuid, olderThan } = filter;
  return (
    (states === undefined || states.includes(session.state)) &&
    (direction === undefined || session.direction === direction) &&
    (localUser === undefined || userOf(session.local) === localUser) &&
    (remoteUser === undefined || userOf(session.remote) === remoteUser) &&
    (uuid === undefined || isEnd(session, uuid)) &&
    (olderThan === undefined || session.createdAt < olderThan)
  );
}

function isEnd({ identifiers, partyUuid }: Session, uuid: string): boolean {
  const wanted = uuid.replaceAll('-', '').toLowerCase();
  return identifiers.local === wanted || partyUuid === wanted;
}

/** @internal The user part of an address; undefined where it has none. */
export function userOf({ uri }: Session['remote']): string | undefined {
  return 'user' in uri ? uri.user : undefined;
}
