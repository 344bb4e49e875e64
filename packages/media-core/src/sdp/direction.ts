/** Direction of media as seen from the side that states it (RFC 3264 §5.1). */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** Whether a side with this direction sends media. */
export function sends(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

/** Whether a side with this direction takes media. */
export function receives(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

export function directionOf(does: { send: boolean; receive: boolean }): MediaDirection {
  if (does.send) return does.receive ? 'sendrecv' : 'sendonly';
  return does.receive ? 'recvonly' : 'inactive';
}

/** The same stream as the other side sees it. */
export function mirrored(direction: MediaDirection): MediaDirection {
  return directionOf({ send: receives(direction), receive: sends(direction) });
}

/** Ours, narrowed to what the other side leaves us (RFC 3264 §6.1). */
export function narrowed(ours: MediaDirection, theirs: MediaDirection): MediaDirection {
  return directionOf({
    send: sends(ours) && receives(theirs),
    receive: receives(ours) && sends(theirs),
  });
}
