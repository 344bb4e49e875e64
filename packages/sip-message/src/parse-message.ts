import { Buffer, isAscii } from 'node:buffer';
import { decimal, isIn, isToken, TOKEN } from './characters.ts';
import { Head } from './head.ts';
import {
  CALL_ID,
  CONTENT_LENGTH,
  CSEQ,
  FROM,
  headerId,
  headerKeyOf,
  TO,
  VIA,
} from './header-names.ts';
import { isLineFault } from './header-types.ts';
import { Headers } from './headers.ts';
import { type Limits, limitsOf } from './limits.ts';
import { type SipMessage, SipRequest, SipResponse } from './message.ts';
import { Fault, type Parsed, toParsed } from './refusal.ts';
import { readUri } from './uri.ts';

/** How a message is parsed. */
export interface ParseOptions {
  readonly limits?: Partial<Limits>;
  /**
   * The bytes come from a stream, so Content-Length has to be there and has to be exact
   * (RFC 3261 §18.3). Default false: one datagram, whose surplus bytes are dropped.
   */
  readonly framed?: boolean;
}

/**
 * Parses one message. The start line, Via, From, To, Call-ID, CSeq and Content-Length are checked;
 * all other headers are located, and parsed when they are asked for. The message refers to the
 * bytes: they must not be changed, and the message should not outlive its transaction.
 */
export function parseMessage(bytes: Uint8Array, options: ParseOptions = {}): Parsed<SipMessage> {
  return toParsed(readMessage(bytes, limitsOf(options.limits, options.framed), options));
}

function readMessage(bytes: Uint8Array, limits: Limits, options: ParseOptions): SipMessage | Fault {
  if (bytes.length > limits.messageBytes) {
    return new Fault(
      'MESSAGE_TOO_LARGE',
      0,
      'RFC 3261 §21.5.7',
      'the message is too large',
    ).deserving(513);
  }
  const head = locate(bytes, limits);
  if (head instanceof Fault) return head;
  const start = readStartLine(head, limits);
  if (start instanceof Fault) return start;
  const headers = Headers.of(head);
  const fault = checkMandatory(headers);
  if (fault !== undefined) return fault;
  const body = readBody(bytes, head, headers, options);
  if (body instanceof Fault) return body;
  if ('status' in start) return new SipResponse({ ...start, headers, body });
  return new SipRequest({ ...start, headers, body });
}

/** Finds start line, fields and body in one pass. */
function locate(bytes: Uint8Array, limits: Limits): Head | Fault {
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

type StartLine = { method: string; uri: SipRequest['uri'] } | { status: number; reason: string };

function readStartLine(head: Head, limits: Limits): StartLine | Fault {
  const line = head.decode(head.text.slice(head.startLineFrom, head.startLineEnd));
  return line.startsWith('SIP/') ? readStatusLine(line) : readRequestLine(line, limits);
}

function readRequestLine(line: string, limits: Limits): StartLine | Fault {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  const method = line.slice(0, first);
  const version = line.slice(last + 1).toUpperCase();
  if (first < 1 || last === first || !isToken(method) || !version.startsWith('SIP/')) {
    return new Fault('BAD_START_LINE', 0, 'RFC 3261 §7.1', 'the first line is no request line');
  }
  if (version !== 'SIP/2.0') {
    const message = 'the SIP version is not 2.0';
    return new Fault('BAD_VERSION', last + 1, 'RFC 3261 §21.5.6', message).deserving(505);
  }
  if (last - first - 1 > limits.uriBytes) {
    const message = 'the Request-URI is too long';
    return new Fault('URI_TOO_LONG', first + 1, 'RFC 3261 §21.4.12', message).deserving(414);
  }
  const uri = readUri(line.slice(first + 1, last));
  return uri instanceof Fault ? uri.moved(uri.at + first + 1) : { method, uri };
}

function readStatusLine(line: string): StartLine | Fault {
  const status = decimal(line.slice(8, 11), 699);
  if (!line.startsWith('SIP/2.0 ') || status < 100 || !' '.startsWith(line.charAt(11))) {
    return new Fault('BAD_START_LINE', 0, 'RFC 3261 §7.2', 'the first line is no status line');
  }
  return { status, reason: line.slice(12) };
}

const MANDATORY = [VIA, FROM, TO, CALL_ID, CSEQ];

function checkMandatory(headers: Headers): Fault | undefined {
  for (const id of MANDATORY) {
    const value = headers.read(id);
    if (value === undefined) {
      const message = `the message has no ${headerKeyOf(id)}`;
      return new Fault('MISSING_HEADER', 0, 'RFC 3261 §8.1.1', message);
    }
    if (isLineFault(value)) return value.fault.moved(headers.locate(id, value));
  }
  return undefined;
}

function readBody(
  bytes: Uint8Array,
  head: Head,
  headers: Headers,
  options: ParseOptions,
): Uint8Array | Fault {
  const length = headers.read(CONTENT_LENGTH);
  if (isLineFault(length)) return length.fault.moved(headers.locate(CONTENT_LENGTH, length));
  const available = bytes.length - head.bodyFrom;
  if (typeof length !== 'number') {
    if (options.framed !== true) return bytes.subarray(head.bodyFrom);
    const message = 'on a stream a message needs a Content-Length';
    return new Fault('NO_CONTENT_LENGTH', head.bodyFrom, 'RFC 3261 §18.3', message);
  }
  if (length > available) {
    const message = 'the body is shorter than Content-Length says';
    return new Fault('BODY_TOO_SHORT', head.bodyFrom, 'RFC 3261 §18.3', message);
  }
  return bytes.subarray(head.bodyFrom, head.bodyFrom + length);
}
