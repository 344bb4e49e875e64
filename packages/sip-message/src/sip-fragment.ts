import { Buffer } from 'node:buffer';
import { isToken, TOKEN } from './characters.ts';
import { readFieldBlock } from './field-block.ts';
import { Head } from './head.ts';
import type { HeaderInput } from './header-input.ts';
import { Headers } from './headers.ts';
import { refuseInjection } from './injection.ts';
import { type Limits, limitsOf } from './limits.ts';
import { decodeLatin1, encodeText } from './octets.ts';
import { passClass } from './plain-octets.ts';
import { isSpace } from './reader.ts';
import { reasonPhrase } from './reason-phrase.ts';
import { Fault, type Parsed, SipMessageError, toParsed } from './refusal.ts';
import { readStartLine } from './start-line.ts';
import { type Uri, uri } from './uri.ts';

/** The first line of a fragment. */
export type FragmentStart =
  | { readonly method: string; readonly uri: Uri }
  | { readonly status: number; readonly reason?: string };

/** What a `SipFragment` is made of; all of it may be absent. */
export interface SipFragmentInit {
  readonly start?: FragmentStart | undefined;
  readonly headers?: Iterable<readonly [string, HeaderInput]>;
  /** Text is sent as UTF-8. */
  readonly body?: string | Uint8Array;
}

const NO_BODY = new Uint8Array(0);
const BLANK = '\r\n\r\n';
const SECTION = 'RFC 3420 §2.1';

/** A part of a SIP message: the body of type `message/sipfrag` (RFC 3420), as in a NOTIFY of REFER. */
export class SipFragment {
  readonly start: FragmentStart | undefined;
  readonly headers: Headers;
  readonly body: Uint8Array;

  /** Throws `BAD_VALUE` for a start line that cannot be sent, and what `Headers` throws. */
  constructor(init: SipFragmentInit) {
    const { start, headers, body = NO_BODY } = init;
    this.start = start === undefined ? undefined : checked(start);
    this.headers = headers instanceof Headers ? headers.clone() : new Headers(headers);
    this.body = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  }

  /** The status where the fragment begins as a response, as the progress of a REFER does. */
  get status(): number | undefined {
    return this.start !== undefined && 'status' in this.start ? this.start.status : undefined;
  }

  /** The fragment as a body; every line that there is ends with CRLF. */
  toBytes(): Uint8Array {
    const line = this.start === undefined ? '' : `${formatStart(this.start)}\r\n`;
    const blank = this.body.length === 0 ? '' : '\r\n';
    return Buffer.concat([encodeText(`${line}${this.headers.format()}${blank}`), this.body]);
  }

  /**
   * Parses a fragment: any of start line, headers and body may be absent, and the last line needs
   * no CRLF. The limits are those of a message. Never throws.
   */
  static parse(bytes: Uint8Array, limits?: Partial<Limits>): Parsed<SipFragment> {
    return toParsed(readFragment(bytes, limitsOf(limits)));
  }
}

function readFragment(bytes: Uint8Array, limits: Limits): SipFragment | Fault {
  const octets = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = octets.toString('latin1');
  if (octets.length > limits.messageBytes) {
    const words = 'the fragment is too large';
    return new Fault('BODY_TOO_LARGE', 0, SECTION, words).deserving(413);
  }
  const start = readStart(text, octets, limits);
  if (start instanceof Fault) return start;
  const { line, end: from } = start;
  const blank = blankLine(text, from);
  const headers = readFieldBlock(octets.subarray(from, blank), limits);
  if (headers instanceof Fault) return headers.moved(from + headers.at);
  const init = { headers, body: octets.subarray(blank + 2) };
  return new SipFragment(line === undefined ? init : { ...init, start: line });
}

/** The start line, and where what follows it begins. */
function readStart(
  text: string,
  octets: Buffer,
  limits: Limits,
): { readonly line: FragmentStart | undefined; readonly end: number } | Fault {
  if (text === '' || text.startsWith('\r\n') || isField(text, octets)) {
    return { line: undefined, end: 0 };
  }
  const found = text.indexOf('\r\n');
  const end = found < 0 ? text.length : found;
  const bad = badOctet(text, end);
  if (bad >= 0) return new Fault('BAD_START_LINE', bad, SECTION, 'a CR, LF or NUL is in a line');
  const head = new Head(text.slice(0, end), octets.subarray(0, end), limits);
  head.close(end + 2);
  const line = readStartLine(head, limits);
  if (line instanceof Fault) return line;
  const rest = Math.min(end + 2, text.length);
  const { kind } = line;
  if (kind === 'response') return { line: { status: line.status, reason: line.reason }, end: rest };
  return { line: { method: line.method, uri: line.uri ?? targetOf(text, end) }, end: rest };
}

/** Where a CR, LF or NUL is in the first line; -1 where there is none. */
function badOctet(text: string, end: number): number {
  for (let at = 0; at < end; at++) if ('\r\n\0'.includes(text.charAt(at))) return at;
  return -1;
}

/** A token and a colon begin a header field; no start line begins so. */
function isField(text: string, octets: Buffer): boolean {
  const nameEnd = passClass(octets, 0, TOKEN);
  let colon = nameEnd;
  while (isSpace(text.charCodeAt(colon))) colon++;
  return nameEnd > 0 && text.startsWith(':', colon);
}

function targetOf(text: string, end: number): Uri {
  return uri(decodeLatin1(text.slice(text.indexOf(' ') + 1, text.lastIndexOf(' ', end - 1))));
}

/** Where the blank line behind the headers begins; the end where there is none. */
function blankLine(text: string, from: number): number {
  if (text.startsWith('\r\n', from)) return from;
  const at = text.indexOf(BLANK, from);
  return at < 0 ? text.length : at + 2;
}

function checked(start: FragmentStart): FragmentStart {
  const isRight =
    'method' in start
      ? isToken(start.method)
      : Number.isInteger(start.status) && start.status >= 100 && start.status <= 699;
  if (!isRight) throw new SipMessageError('BAD_VALUE', 'a fragment has no such start line');
  if ('status' in start) refuseInjection(start.reason ?? '');
  return start;
}

function formatStart(start: FragmentStart): string {
  if ('method' in start) return `${start.method} ${start.uri} SIP/2.0`;
  return `SIP/2.0 ${start.status} ${start.reason ?? reasonPhrase(start.status)}`;
}
