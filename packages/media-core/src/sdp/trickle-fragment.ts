import { hasFlag, valueOf } from './attributes.ts';
import { isIceText, readCandidates } from './ice-attributes.ts';
import { formatIceCandidate, type IceCandidate } from './ice-candidate.ts';
import { type Negotiated, refuse } from './negotiated.ts';
import { SDP_LIMITS } from './sdp-lines.ts';

/** Candidates that come after the description (RFC 8840 §9): a body of its own type. */
export interface TrickleFragment {
  /** Of the generation that the candidates belong to; those of an older one are passed over. */
  readonly ufrag: string;
  readonly pwd: string;
  readonly media: readonly TrickledLine[];
}

/** Those of one media line. */
export interface TrickledLine {
  /** Names the line; the first one is meant where it is absent. */
  readonly mid?: string;
  readonly candidates: readonly IceCandidate[];
  /** None comes any more for this line. */
  readonly endOfCandidates: boolean;
}

/** `Content-Type` of a fragment in an INFO (RFC 8840 §10.9). */
export const TRICKLE_FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';

/** Reads a fragment within `SDP_LIMITS`; a candidate that cannot be read is passed over. */
export function readTrickleFragment(body: string): Negotiated<{ fragment: TrickleFragment }> {
  if (body.length > SDP_LIMITS.characters) return malformed('too large', 'SDP_TOO_LARGE');
  const sections: string[][] = [[]];
  for (const text of body.split(/\r\n|\n|\r/, SDP_LIMITS.lines)) {
    if (text.startsWith('m=')) sections.push([]);
    else if (text.startsWith('a=')) sections.at(-1)?.push(text.slice(2));
    else if (text !== '') return malformed('a line that is neither a= nor m=');
  }
  const [session = [], ...lines] = sections;
  if (lines.length > SDP_LIMITS.mediaLines) return malformed('too large', 'SDP_TOO_LARGE');
  const all = sections.flat();
  const [ufrag = '', pwd = ''] = [valueOf(all, 'ice-ufrag'), valueOf(all, 'ice-pwd')];
  if (!isIceText(ufrag, 4) || !isIceText(pwd, 22)) return malformed('no credentials');
  const isEnd = hasFlag(session, 'end-of-candidates');
  const media = lines.map((line) => trickledLine(line, isEnd));
  return { ok: true, fragment: { ufrag, pwd, media } };
}

/** Writes a fragment. */
export function writeTrickleFragment({ ufrag, pwd, media }: TrickleFragment): string {
  const lines = [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`];
  for (const { mid, candidates, endOfCandidates } of media) {
    lines.push('m=audio 9 RTP/AVP 0'); // the line is known by its mid; these fields say nothing
    if (mid !== undefined) lines.push(`a=mid:${mid}`);
    lines.push(...candidates.map((candidate) => `a=${formatIceCandidate(candidate)}`));
    if (endOfCandidates) lines.push('a=end-of-candidates');
  }
  return `${lines.join('\r\n')}\r\n`;
}

function trickledLine(attributes: readonly string[], isEnd: boolean): TrickledLine {
  const mid = valueOf(attributes, 'mid');
  return {
    ...(mid !== undefined && { mid }),
    candidates: readCandidates(attributes),
    endOfCandidates: isEnd || hasFlag(attributes, 'end-of-candidates'),
  };
}

function malformed(why: string, code: 'SDP_MALFORMED' | 'SDP_TOO_LARGE' = 'SDP_MALFORMED') {
  return refuse(code, `not a fragment of candidates: ${why}`, 'RFC 8840 §9');
}
