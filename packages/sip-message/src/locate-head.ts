import { Buffer } from 'node:buffer';
import { TOKEN } from './characters.ts';
import { Head } from './head.ts';
import { headerKind } from './header-kinds.ts';
import { CONTENT_LENGTH, headerId, VIA } from './header-names.ts';
import { type Limits, MAX_HEAD_BYTES } from './limits.ts';
import { headerIdAt, nameLength } from './name-at.ts';
import { forgetKey, locateKey } from './plain-keys.ts';
import { passClass } from './plain-octets.ts';
import { Fault } from './refusal.ts';
import { latin1Slice, scanHead } from './scan-head.ts';

const CR = 13;
const LF = 10;
const COLON = 0x3a;
const SECTION = 'RFC 3261 §7.3.1';

/** Finds the start line, the fields and the body in one pass; parses none of them. */
export function locateHead(bytes: Uint8Array, limits: Limits): Head | Fault {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return scanHead(buffer, limits) ?? locateAnyHead(buffer, limits);
}

/** The same for heads of every shape, and with the reason where one is refused. */
export function locateAnyHead(buffer: Buffer, limits: Limits): Head | Fault {
  const head = new Head(latin1Slice(buffer, buffer.length), buffer, limits);
  let from = 0;
  while (buffer[from] === CR && buffer[from + 1] === LF) from += 2;
  const end = endOfLine(head.text, from);
  if (end < 0) return unterminated(head.text, from);
  head.startLineFrom = from;
  return locateFields(head, end + 2, limits) ?? checkNul(head) ?? head;
}

function locateFields(head: Head, from: number, limits: Limits): Fault | undefined {
  const { text, octets } = head;
  const { headers, headerBytes, headBytes } = limits;
  const maxEnd = headBytes < MAX_HEAD_BYTES ? headBytes : MAX_HEAD_BYTES;
  let at = from;
  let seen = 0;
  while (octets[at] !== CR || octets[at + 1] !== LF) {
    let end = endOfLine(text, at);
    while (end >= 0 && isSpace(octets[end + 2])) {
      head.hasFolds = true;
      end = endOfLine(text, end + 2);
    }
    if (end < 0) return unterminated(text, at);
    if (head.size >= headers) {
      return new Fault('TOO_MANY_HEADERS', at, SECTION, 'too many header fields');
    }
    if (end > maxEnd) {
      const message = 'the headers are too long';
      return new Fault('HEADER_TOO_LONG', at, SECTION, message).deserving(513);
    }
    if (end - at > headerBytes) {
      return new Fault('HEADER_TOO_LONG', at, SECTION, 'a header field is too long');
    }
    const id = headerIdAt(octets, at);
    if (id === 0 && !isNamed(octets, at)) {
      return badName(octets, at);
    }
    if (id === 0) {
      seen |= addSpaced(head, at);
    } else {
      head.add(id, at);
      if (id <= CONTENT_LENGTH) seen |= noteKey(head, seen, id, end);
    }
    at = end + 2;
  }
  head.close(at);
  return undefined;
}

/** The CR of the CRLF that ends the line; -1 where there is none, or a bare CR or LF before it. */
function endOfLine(text: string, from: number): number {
  const lf = text.indexOf('\n', from);
  return lf > from && text.indexOf('\r', from) === lf - 1 ? lf - 1 : -1;
}

/** Adds a field with an unknown name, or with space before its colon: such a one is not plain. */
function addSpaced(head: Head, at: number): number {
  const id = spacedId(head, at);
  head.add(id, at);
  if (id === 0 || id > CONTENT_LENGTH) return 0;
  forgetKey(head, id);
  return 1 << id;
}

/** Notes a key that is met for the first time; gives the bit that says so the next time. */
function noteKey(head: Head, seen: number, id: number, end: number): number {
  const bit = 1 << id;
  const from = head.startOf(head.size - 1);
  if ((seen & bit) === 0) locateKey(head, id, valueBehind(head.octets, from, id), end);
  // Of all but Via only one may be there, so that it does not matter what the second holds.
  else if (id !== VIA) forgetKey(head, id);
  return bit;
}

/** Where the value of a field of this name begins, of which the name has no space behind it. */
function valueBehind(octets: Uint8Array, from: number, id: number): number {
  let at = octets[from + 1] === COLON ? from + 2 : from + nameLength(id) + 1;
  while (isSpace(octets[at])) at++;
  return at;
}

/** Whether the field begins with a token and a colon, with or without space between them. */
function isNamed(octets: Uint8Array, from: number): boolean {
  const nameEnd = passClass(octets, from, TOKEN);
  let colon = nameEnd;
  while (isSpace(octets[colon])) colon++;
  return nameEnd > from && octets[colon] === COLON;
}

/** The identity of a name with space before its colon; 0 where it is not known. */
function spacedId({ text, octets }: Head, from: number): number {
  const nameEnd = passClass(octets, from, TOKEN);
  return octets[nameEnd] === COLON ? 0 : headerId(text.slice(from, nameEnd));
}

function isSpace(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09;
}

function unterminated(text: string, from: number): Fault {
  const lastLf = text.lastIndexOf('\n');
  for (let at = from; at <= lastLf; at++) {
    const code = text.charCodeAt(at);
    if (code === CR && text.charCodeAt(at + 1) === LF) at++;
    else if (code === LF || code === CR) return bareEnd(at);
  }
  const message = 'the headers do not end with a blank line';
  return new Fault('UNTERMINATED', text.length, 'RFC 3261 §7', message);
}

function bareEnd(at: number): Fault {
  return new Fault('BARE_CR_OR_LF', at, 'RFC 3261 §7', 'a CR or LF stands alone');
}

/** At the octet that is neither of the name nor its colon. */
function badName(octets: Uint8Array, from: number): Fault {
  const nameEnd = passClass(octets, from, TOKEN);
  let at = nameEnd;
  while (isSpace(octets[at])) at++;
  return new Fault('BAD_HEADER_NAME', at, SECTION, 'a header field has no name and colon');
}

/**
 * NUL occurs only as a quoted-pair (RFC 3261 §25.1), and only in the quoted strings of the headers
 * that are read as such: what is passed on as it stands is free of it.
 */
function checkNul(head: Head): Fault | undefined {
  const { text, bodyFrom } = head;
  let at = text.indexOf('\0');
  for (; at >= 0 && at < bodyFrom; at = text.indexOf('\0', at + 1)) {
    const field = head.fieldAt(at);
    const shape = field < 0 ? undefined : headerKind(head.id(field))?.shape;
    const isRead = shape !== undefined && shape !== 'text';
    if (isRead && text.charCodeAt(at - 1) === 0x5c) continue;
    return new Fault('NUL', at, 'RFC 3261 §25.1', 'a NUL is not in a quoted string');
  }
  return undefined;
}
