/** A session's name among the sessions of one manager. */
export type SessionId = string & { readonly __sessionId: unique symbol };

/** Takes a string that came from elsewhere (a URL, a database) as a session's id. */
export function sessionId(text: string): SessionId {
  return text as SessionId; // a brand: nothing can be wrong with the text itself
}

/** The progress of one party's leg: a view on the session table (`sessionStateOf`). */
export type SessionState =
  /** Made; nothing was sent yet that the peer would ring for. */
  | 'initializing'
  /** Our INVITE is on its way. */
  | 'dialing'
  /** The called side rings. */
  | 'ringing'
  /** Answered, media in both directions. */
  | 'connected'
  /** Answered, and the last completed negotiation left less than both directions (RFC 3264 §8.4). */
  | 'onHold'
  /** A transfer is under way (RFC 3515). */
  | 'transferring'
  /** The end is decided; the peer's last answer or the media's end is awaited. */
  | 'terminating'
  | 'terminated';

/** The state of a session's media: a view on the session-media table. */
export type SessionMediaState =
  /** Nothing was negotiated. */
  | 'none'
  /** An offer or an answer is being made or applied. */
  | 'negotiating'
  /** Agreed; nothing was heard yet. */
  | 'configured'
  /** Agreed, and the peer's packets come in. */
  | 'active'
  /** On hold. */
  | 'paused'
  /** The endpoint could not go on. */
  | 'failed';
