import { Buffer, isAscii } from 'node:buffer';
import { isIn, TOKEN } from './characters.ts';
import { Head } from './head.ts';
import { headerId } from './header-names.ts';
import type { Limits } from './limits.ts';
import { Fault } from './refusal.ts';

/** Finds start line, fields and body in one pass. */
export function locateHead(bytes: Uint8Array, limits: Limits): Head | Fault {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('latin1');
  const head = new Head(text, isAscii(buffer));
  let from = 0;
  while (text.startsWith('\r\n', from)) from += 2;
  let at = endOfLine(text, from);
  if (at < 0) return unterminated(from);
  head.startLineFrom = from;
  head.startLineEnd = at;
  for (at += 2; !text.startsWith('\r\n', at); ) {
    const end = endOfField(text, at);
    if (end < 0) return unterminated(at);
    if (head.size >= limits.headers) {
      return new Fault('TOO_MANY_HEADERS', at, 'RFC 3261 §7.3', 'too many header fields');
    }
    if (end - at > limits.headerBytes || end > limits.headBytes) {
      return new Fault(
        'HEADER_TOO_LONG',
        at,
        'RFC 3261 §7.3',
        'a header field is too long',
      ).deserving(513);
    }
    const fault = addField(head, at, end);
    if (fault !== undefined) return fault;
    at = end + 2;
  }
  head.bodyFrom = at + 2;
  return head;
}

function unterminated(at: number): Fault {
  return new Fault('UNTERMINATED', at, 'RFC 3261 §7', 'the headers do not end with a blank line');
}

/** The CR of the CRLF that ends the line; -1 where there is none, or a bare CR or LF before it. */
function endOfLine(text: string, from: number): number {
  const cr = text.indexOf('\r', from);
  return cr >= 0 && text.indexOf('\n', from) === cr + 1 ? cr : -1;
}

/** As `endOfLine`, over continuation lines (RFC 3261 §7.3.1). */
function endOfField(text: string, from: number): number {
  let end = endOfLine(text, from);
  while (end >= 0) {
    const next = text.charCodeAt(end + 2);
    if (next !== 0x20 && next !== 0x09) return end;
    end = endOfLine(text, end + 2);
  }
  return end;
}

function addField(head: Head, from: number, end: number): Fault | undefined {
  const { text } = head;
  let nameEnd = from;
  while (isIn(text.charCodeAt(nameEnd), TOKEN)) nameEnd++;
  let colon = nameEnd;
  while (isSpace(text.charCodeAt(colon))) colon++;
  if (nameEnd === from || text.charCodeAt(colon) !== 0x3a || colon > end) {
    return new Fault('BAD_HEADER_NAME', from, 'RFC 3261 §7.3.1', 'a header field has no name');
  }
  let value = colon + 1;
  while (isSpace(text.charCodeAt(value))) value++;
  head.ids.push(headerId(text.slice(from, nameEnd)));
  head.marks.push(from, nameEnd, value, end);
  return undefined;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
