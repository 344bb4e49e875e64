import { type Negotiated, refuse, type SdpRefused } from './negotiated.ts';
import type { MediaDescription, SessionDescription } from './session-description.ts';
import { answerSecurity, type SecuredLine, type SecurityContext } from './srtp-negotiation.ts';

/** An audio line with what we would answer to its security. */
export interface UsableLine {
  readonly index: number;
  readonly line: MediaDescription;
  readonly secured: SecuredLine;
}

/**
 * The audio line that we talk over: the first open one whose security we can have, and among such
 * an encrypted one before one in the clear, unless we do not encrypt.
 */
export function findAudio(
  { media }: Pick<SessionDescription, 'media'>,
  context: SecurityContext = {},
): Negotiated<UsableLine> {
  let refusal: SdpRefused | undefined;
  let inClear: (UsableLine & { readonly ok: true }) | undefined;
  for (const [index, line] of media.entries()) {
    if (line.kind !== 'audio' || line.port === 0) continue;
    const secured = answerSecurity(line, context);
    if (!secured.ok) refusal ??= secured;
    else if (secured.security.kind !== 'none') return { ok: true, index, line, secured };
    else inClear ??= { ok: true, index, line, secured };
  }
  return inClear ?? refusal ?? refuse('NO_AUDIO', 'no audio line is open', 'RFC 3264 §6');
}

/** Whether a line of it is audio's and none of those is open (RFC 3264 §8.2). */
export function isSwitchedOff({ media }: SessionDescription): boolean {
  return media.some(({ kind }) => kind === 'audio') && !media.some(isOpenAudio);
}

/** Whether media of this line flows, or would. */
export function isOpenAudio(line: MediaDescription): boolean {
  return line.kind === 'audio' && line.port > 0;
}

/** Ours among the lines of a session: the open one, else one that rests, else a new one. */
export function placeOfAudio({ media }: SessionDescription): number {
  const open = media.findIndex(isOpenAudio);
  return open >= 0 ? open : media.findIndex(({ kind }) => kind === 'audio');
}
