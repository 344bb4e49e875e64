import type { Conference } from './conference.ts';
import type { ConferenceWatchers } from './conference-watchers.ts';
import type { MediaBackend } from './media-backend.ts';
import type { Session } from './session.ts';
import type { SessionEventDetails } from './session-events.ts';
import type { SessionId } from './session-state.ts';

/** @internal */
export type ConferenceEventName = Extract<keyof SessionEventDetails, `conference${string}`>;

/** @internal What a conference needs of its manager. */
export interface ConferenceContext {
  readonly media: MediaBackend;
  readonly maximum: number;
  /** Throws `NO_SESSION`. */
  session(id: SessionId): Session;
  /** Which conference each session is in, or on its way into. */
  readonly seats: Map<SessionId, Conference>;
  tell<T extends ConferenceEventName>(
    session: Session,
    type: T,
    details: SessionEventDetails[T],
  ): void;
  watchers(conference: Conference): ConferenceWatchers;
  onEnded(conference: Conference): void;
  onStep?: ((state: string, input: string) => void) | undefined;
}
