import { iceAttributes } from './ice-attributes.ts';
import type { IceDescription, NegotiatedIce } from './ice-description.ts';
import type { MediaDescription } from './session-description.ts';

/** What an answer of ours says of ICE, and what that makes. */
export interface AnsweredIce {
  readonly ice?: NegotiatedIce;
  readonly attributes: readonly string[];
}

/**
 * Answers an offer's ICE (RFC 8839 §4.2.2, RFC 8445 §6.1.1): the offerer controls, unless it is a
 * lite one and we are not. Where something on the way has changed the addresses, ICE is off (§4.2.5).
 */
export function answerIce(line: MediaDescription, local: IceDescription | undefined): AnsweredIce {
  if (!line.ice || !local) return { attributes: [] };
  if (isMismatch(line, line.ice)) return { attributes: ['ice-mismatch'] };
  const controlling = line.ice.lite && !local.lite;
  return { ice: { local, remote: line.ice, controlling }, attributes: iceAttributes(local) };
}

/** What an answer has made of the ICE that we offered. */
export function appliedIce(
  ours: MediaDescription,
  theirs: MediaDescription,
): NegotiatedIce | undefined {
  if (!ours.ice || !theirs.ice) return undefined;
  const controlling = !ours.ice.lite || theirs.ice.lite;
  return { local: ours.ice, remote: theirs.ice, controlling };
}

/** What our answer to their ICE has made of it, read back from both. */
export function answeredIce(
  ours: MediaDescription,
  theirs: MediaDescription,
): NegotiatedIce | undefined {
  const seen = appliedIce(theirs, ours);
  return seen && { local: seen.remote, remote: seen.local, controlling: !seen.controlling };
}

/** Candidates are there, and the address of the line is none of them. */
function isMismatch(line: MediaDescription, { candidates, trickle }: IceDescription): boolean {
  const [connection] = line.connections;
  if (trickle || candidates.length === 0 || connection?.kind === 'zero') return false;
  const isNamed = candidates.some(({ address }) => /[g-z]/i.test(address));
  if (isNamed || line.port === 9) return false; // hidden on purpose
  return !candidates.some(
    ({ address, port }) =>
      port === line.port && address.toLowerCase() === connection?.address.toLowerCase(),
  );
}
