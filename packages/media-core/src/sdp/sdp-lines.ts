import { type Negotiated, refuse } from './negotiated.ts';

/** What a description may hold at most; more is refused before anything is parsed. */
export const SDP_LIMITS = {
  /** Characters of the whole description. */
  characters: 65_536,
  lines: 2_000,
  /** Characters of one line. */
  lineCharacters: 4_096,
  mediaLines: 32,
  /** Formats in one media line: all payload types there are. */
  formats: 128,
} as const;

/** One line `type=value` of RFC 8866 §5. */
export interface SdpLine {
  readonly type: string;
  readonly value: string;
}

/** The lines of the session and of each media description, in the order in which they stood. */
export interface SdpSections {
  readonly session: readonly SdpLine[];
  /** The first line of each is its `m=` line. */
  readonly media: readonly (readonly SdpLine[])[];
}

/**
 * Splits a description into sections and checks the frame of it: bounds, `type=value` on every
 * line, and the lines that RFC 8866 §9 requires. Lines may end with LF alone, as §9 asks parsers
 * to accept; blank lines are passed over.
 */
export function splitLines(sdp: string): Negotiated<{ sections: SdpSections }> {
  if (sdp.length > SDP_LIMITS.characters) return tooLarge('characters');
  const texts = sdp.split(/\r\n|\n|\r/, SDP_LIMITS.lines + 2).filter((text) => text !== '');
  if (texts.length > SDP_LIMITS.lines) return tooLarge('lines');
  const session: SdpLine[] = [];
  const media: SdpLine[][] = [];
  let section = session;
  for (const text of texts) {
    if (text.length > SDP_LIMITS.lineCharacters) return tooLarge('lineCharacters');
    if (!/^[a-z]=/.test(text) || text.includes('\0')) {
      return malformed(`not a line of the form type=value: ${excerpt(text)}`, '§5');
    }
    const line = { type: text.charAt(0), value: text.slice(2) };
    if (line.type === 'm') {
      section = [];
      media.push(section);
      if (media.length > SDP_LIMITS.mediaLines) return tooLarge('mediaLines');
    }
    section.push(line);
  }
  const flaw = missingLine(session);
  return flaw ?? { ok: true, sections: { session, media } };
}

/** The text of sections: what `splitLines` read comes out as it was, with CRLF at every line. */
export function joinLines({ session, media }: SdpSections): string {
  const lines = [...session, ...media.flat()];
  return lines.map(({ type, value }) => `${type}=${value}\r\n`).join('');
}

function missingLine(session: readonly SdpLine[]) {
  if (session[0]?.type !== 'v' || session[0].value.trim() !== '0') {
    return malformed('the first line is not v=0', '§5.1');
  }
  for (const [type, section] of [
    ['o', '§5.2'],
    ['s', '§5.3'],
    ['t', '§5.9'],
  ] as const) {
    if (!session.some((line) => line.type === type)) return malformed(`no ${type}= line`, section);
  }
  return undefined;
}

/** A refusal for a line that breaks the grammar; `section` is one of RFC 8866. */
export function malformed(message: string, section: string) {
  return refuse('SDP_MALFORMED', message, `RFC 8866 ${section}`);
}

function tooLarge(limit: keyof typeof SDP_LIMITS) {
  return refuse('SDP_TOO_LARGE', `more than ${SDP_LIMITS[limit]} ${limit}`, 'RFC 8866 §7');
}

/** A peer's text, cut so that it can stand in a message. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
