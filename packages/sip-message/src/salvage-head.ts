import { Buffer } from 'node:buffer';
import { CALL_ID, CSEQ, FROM, headerId, TO, VIA } from './header-names.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { Via } from './via.ts';

/** What an answer repeats of its request (RFC 3261 §8.2.6.2). */
export const REPEATED: readonly number[] = [VIA, FROM, TO, CALL_ID, CSEQ];

const CRLF = '\r\n';

/**
 * What can be read of a head that cannot be read as a whole: the start line and the fields that an
 * answer repeats, each as it stands, but for a topmost Via of another version or with broken
 * parameters, of which as much is kept as says where an answer goes. Undefined where not even that
 * can be read. Reads the head only, once.
 */
export function salvageHead(bytes: Uint8Array): Buffer | undefined {
  const { buffer, byteOffset, length } = bytes;
  const most = Math.min(length, DEFAULT_LIMITS.headBytes);
  const fields = wholeFields(Buffer.from(buffer, byteOffset, most).toString('latin1'));
  const startLine = fields.shift();
  if (startLine === undefined) return undefined;
  const kept: string[] = [];
  let hasVia = false;
  let vias = 0;
  for (const field of fields) {
    const id = idOf(field);
    if (!REPEATED.includes(id) || field.length > DEFAULT_LIMITS.headerBytes) continue;
    const isTop: boolean = id === VIA && !hasVia;
    // a path that long is no peer's: who is first on it hears of it
    if (id === VIA && ++vias > DEFAULT_LIMITS.vias) continue;
    const line = isTop ? readableVia(field) : field;
    if (line === undefined) return undefined;
    hasVia ||= isTop;
    kept.push(line);
  }
  if (!hasVia) return undefined;
  return Buffer.from([startLine, ...kept, '', ''].join(CRLF), 'latin1');
}

/** The start line and the fields with their continuation lines, up to where the first is cut off. */
function wholeFields(text: string): string[] {
  let at = 0;
  while (text.startsWith(CRLF, at)) at += 2;
  const fields: string[] = [];
  for (;;) {
    let end = text.indexOf(CRLF, at);
    while (end >= 0 && isSpace(text.charCodeAt(end + 2))) end = text.indexOf(CRLF, end + 2);
    if (end <= at) return fields;
    fields.push(text.slice(at, end));
    at = end + 2;
  }
}

function idOf(field: string): number {
  return headerId(field.slice(0, Math.max(0, field.indexOf(':'))).trimEnd());
}

/** A Via field whose first value can be read; the field itself where it is well-formed. */
function readableVia(field: string): string | undefined {
  const value = field.slice(field.indexOf(':') + 1);
  const versionless = afterVersion(value.trimStart());
  if (versionless === undefined) return undefined;
  const first = `SIP/2.0/${versionless}`;
  const whole = Via.parse(first);
  if (whole.ok) return `Via: ${first}`;
  const sentBy = Via.parse(first.slice(0, endOfSentBy(first)));
  return sentBy.ok ? `Via: ${sentBy.value}` : undefined;
}

/** What stands behind `SIP/version/`. */
function afterVersion(value: string): string | undefined {
  const [name = '', version = ''] = value.split('/', 2);
  const from = name.length + version.length + 2;
  return name.trim().toUpperCase() === 'SIP' ? value.slice(from).trimStart() : undefined;
}

function endOfSentBy(value: string): number {
  const ends = [value.indexOf(';'), value.indexOf(',')].filter((end) => end >= 0);
  return Math.min(value.length, ...ends);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
