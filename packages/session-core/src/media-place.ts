import type { MediaEndpoint, MediaEndpointEvent, MediaSecurity } from './media-backend.ts';

/** @internal What is known of an endpoint that a session is on, and stays with it where it moves. */
export interface MediaPlace {
  readonly endpoint: MediaEndpoint;
  /** Whether the session closes it. */
  isOwned: boolean;
  /** Opened for one negotiation of a session that wants no media, and closed with that. */
  readonly isPassing?: true;
  /** How its media is protected, as the last negotiation and its keys say. */
  security?: MediaSecurity | undefined;
  /** Whether it was told to be silent. */
  isSilent?: boolean;
  /** It failed while the session was about to move away from it. */
  failure?: Extract<MediaEndpointEvent, { type: 'failed' }>;
}

/**
 * @internal Where a session's media is. `elsewhere`: the application has it, and exchanges the
 * descriptions itself. `released`: it gave away what it had, and has some only for
 * as long as a negotiation takes that needs it. `lost`: what it had has failed, and whatever needs some
 * opens it and keeps it.
 */
export type MediaWhere = 'nowhere' | 'elsewhere' | 'released' | 'lost' | MediaPlace;

/** @internal Whether media is opened for the next negotiation. */
export function lacksMedia(where: MediaWhere): boolean {
  return where === 'released' || where === 'lost';
}

/** @internal */
export function placeIn(where: MediaWhere | undefined): MediaPlace | undefined {
  return typeof where === 'object' ? where : undefined;
}
