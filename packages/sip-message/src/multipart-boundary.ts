import type { MediaType } from './media-type.ts';
import { isSpace } from './reader.ts';
import { Fault } from './refusal.ts';

const SECTION = 'RFC 2046 §5.1.1';
const MARKS = "'()+_,-./:=? ";
const MAX_LENGTH = 70;

/** From where to where the octets of a part are. */
export interface Span {
  readonly from: number;
  readonly end: number;
}

/** The boundary that the media type names; a Fault where it is absent or malformed. */
export function boundaryOf({ params }: MediaType): string | Fault {
  const boundary = params.get('boundary') ?? '';
  if (isBoundary(boundary)) return boundary;
  const words = 'the boundary of a multipart is absent or malformed';
  return new Fault('BAD_BOUNDARY', 0, SECTION, words);
}

/** One to seventy `bchars`, the last no space. */
export function isBoundary(text: string): boolean {
  if (text.length === 0 || text.length > MAX_LENGTH || text.endsWith(' ')) return false;
  for (const char of text) if (!isAlphanumeric(char) && !MARKS.includes(char)) return false;
  return true;
}

function isAlphanumeric(char: string): boolean {
  return (
    (char >= '0' && char <= '9') || (char >= 'A' && char <= 'Z') || (char >= 'a' && char <= 'z')
  );
}

/**
 * Where the parts are between the boundaries, of a text with one character per octet. Looks at each
 * line once; a bare LF ends no line. What stands before the first and behind the last boundary is
 * ignored (RFC 2046 §5.1.1).
 */
export function splitParts(text: string, { from, end }: Span, boundary: string): Span[] | Fault {
  const mark = `--${boundary}`;
  const spans: Span[] = [];
  let partFrom = -1;
  for (let at = from; at < end; ) {
    const found = text.indexOf('\r\n', at);
    const lineEnd = found < 0 || found > end - 2 ? end : found;
    const kind = text.startsWith(mark, at) ? boundaryKind(text, at + mark.length, lineEnd) : 'none';
    if (kind !== 'none') {
      if (partFrom >= 0) spans.push({ from: partFrom, end: Math.max(partFrom, at - 2) });
      if (kind === 'last') return spans.length > 0 ? spans : noParts(at);
      partFrom = lineEnd + 2;
    }
    at = lineEnd + 2;
  }
  return new Fault('BAD_MULTIPART', end, SECTION, 'a multipart does not end with its boundary');
}

/** What follows the boundary in its line: nothing but space, or `--`. */
function boundaryKind(text: string, from: number, end: number): 'next' | 'last' | 'none' {
  if (from > end) return 'none';
  const isLast = from + 2 <= end && text.startsWith('--', from);
  for (let at = isLast ? from + 2 : from; at < end; at++) {
    if (!isSpace(text.charCodeAt(at))) return 'none';
  }
  return isLast ? 'last' : 'next';
}

function noParts(at: number): Fault {
  return new Fault('BAD_MULTIPART', at, SECTION, 'a multipart has no part');
}
