import type { EndReason, Session } from '@strowger/session-core';

/** Told how a session goes; each once at most, and nothing after `onEnding`. */
export interface SessionFollower {
  onAnswered(): void;
  /** The end is decided; the session itself may take a while yet to go. */
  onEnding(reason: EndReason): void;
}

/** Follows a session from wherever it stands. */
export function followSession(session: Session, follower: SessionFollower): void {
  let isOver = false;
  let isAnswered = false;
  const look = (reason: EndReason | undefined): void => {
    if (isOver) return;
    if (reason !== undefined) {
      isOver = true;
      follower.onEnding(reason);
      return;
    }
    const { state } = session;
    if (isAnswered || (state !== 'connected' && state !== 'onHold')) return;
    isAnswered = true;
    follower.onAnswered();
  };
  session.on('stateChanged', () => look(session.endReason));
  // what happened before anybody listened
  void session.ended.then(look);
}
