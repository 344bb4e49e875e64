import { directionOf, type MediaDirection, narrowed, receives, sends } from './direction.ts';
import type { MediaDescription } from './session-description.ts';

/**
 * The direction that a line really states: the old hold, an address of zeros, means that the other
 * side takes nothing whatever its attribute says (RFC 3264 §8.4).
 */
export function statedDirection(line: MediaDescription): MediaDirection {
  if (!isZeroAddress(line)) return line.direction;
  return sends(line.direction) ? 'sendonly' : 'inactive';
}

/** Whether an offer puts us on hold: whoever offers not to listen does so of its own will. */
export function offersHold(line: MediaDescription): boolean {
  return !receives(statedDirection(line));
}

/** Whether an answer puts us on hold: only a line that we offered to send on can be held. */
export function answersHold(line: MediaDescription, offered: MediaDirection): boolean {
  return isZeroAddress(line) || (sends(offered) && !receives(line.direction));
}

/** Whether its address is the old hold, and not one that is still to come by ICE. */
export function isZeroAddress(line: MediaDescription): boolean {
  const { connections } = line;
  const isZero = connections.length > 0 && connections.every(({ kind }) => kind === 'zero');
  return isZero && !awaitsCandidates(line);
}

/** An address of zeros beside ICE: candidates are still to come (RFC 8840 §4.1.1). */
export function awaitsCandidates({ connections, ice, port }: MediaDescription): boolean {
  return (
    ice !== undefined && (ice.trickle === true || port === 9) && connections[0]?.kind === 'zero'
  );
}

/**
 * What flows on one leg of a relay of what flows `beyond`, on the other (both as we see it); where who is
 * there holds, and we fill that with a sound of our own, we send though nothing comes.
 */
export function passedOn(
  leg: { readonly direction?: MediaDirection; readonly fillsHold?: boolean },
  beyond: MediaDirection,
): MediaDirection {
  const { direction = 'sendrecv', fillsHold = false } = leg;
  const through = narrowed(direction, beyond);
  if (!fillsHold || sends(beyond)) return through;
  return directionOf({ send: sends(direction), receive: receives(through) });
}
