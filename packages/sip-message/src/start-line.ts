import { decimal, isToken, TOKEN } from './characters.ts';
import type { Head } from './head.ts';
import type { Limits } from './limits.ts';
import { encodeText } from './octets.ts';
import { passClass } from './plain-octets.ts';
import { plainSipUri } from './plain-uri.ts';
import { Fault } from './refusal.ts';
import { SipUri } from './sip-uri.ts';
import { SipUriSpans } from './sip-uri-scan.ts';
import { readUri, type Uri } from './uri.ts';

const SPACE = 0x20;
const VERSION = ' SIP/2.0';

/** What the first line says (RFC 3261 §7.1, §7.2). */
export type StartLine =
  | {
      readonly kind: 'request';
      readonly method: string;
      /** Undefined where it is a plain SIP URI, to be read when it is asked for. */
      readonly uri: Uri | undefined;
    }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** Reads the first line of a located head. */
export function readStartLine(head: Head, limits: Limits): StartLine | Fault {
  const { text, startLineFrom, startLineEnd } = head;
  const isScanned = head.methodEnd >= 0;
  const methodEnd = isScanned ? head.methodEnd : passClass(head.octets, startLineFrom, TOKEN);
  const isPlain = isScanned
    ? startLineEnd - VERSION.length - methodEnd - 1 <= limits.uriBytes
    : isPlainRequestLine(head, methodEnd, limits.uriBytes);
  if (isPlain) {
    return { kind: 'request', method: text.slice(startLineFrom, methodEnd), uri: undefined };
  }
  if (head.isAscii && !text.startsWith('SIP/', startLineFrom)) {
    return readRequestLine(text, startLineFrom, startLineEnd, limits.uriBytes);
  }
  const line = head.decode(text.slice(startLineFrom, startLineEnd));
  const read = line.startsWith('SIP/')
    ? readStatusLine(line)
    : readRequestLine(line, 0, line.length, limits.uriBytes);
  if (!(read instanceof Fault)) return read;
  return read.moved(startLineFrom + encodeText(line.slice(0, read.at)).length);
}

/** A token, a plain SIP URI and `SIP/2.0`, one space between them (plain-octets.ts). */
function isPlainRequestLine(head: Head, methodEnd: number, maxUriBytes: number): boolean {
  const { text, octets, startLineFrom, startLineEnd } = head;
  if (methodEnd === startLineFrom || octets[methodEnd] !== SPACE) return false;
  const uriEnd = plainSipUri(octets, methodEnd + 1);
  return (
    uriEnd === startLineEnd - VERSION.length &&
    uriEnd - methodEnd - 1 <= maxUriBytes &&
    text.startsWith(VERSION, uriEnd)
  );
}

/** The Request-URI of a plain request line. */
export function readRequestUri(head: Head): Uri {
  const from = head.text.indexOf(' ', head.startLineFrom) + 1;
  const spans = new SipUriSpans(head.text, from, 0, 0);
  plainSipUri(head.octets, from, spans);
  return new SipUri(spans);
}

/** That URI as it stands. */
export function requestUriText({ text, startLineFrom, startLineEnd }: Head): string {
  const from = text.indexOf(' ', startLineFrom) + 1;
  return text.slice(from, startLineEnd - VERSION.length);
}

/** Reads `Method SP Request-URI SP SIP-Version`. */
function readRequestLine(
  text: string,
  from: number,
  end: number,
  maxUriBytes: number,
): StartLine | Fault {
  const first = text.indexOf(' ', from);
  const last = text.lastIndexOf(' ', end - 1);
  const method = text.slice(from, first);
  if (first <= from || last <= first || !isToken(method) || !isVersion(text, last + 1)) {
    return new Fault('BAD_START_LINE', from, 'RFC 3261 §7.1', 'the first line is no request line');
  }
  if (last + 8 !== end || !text.startsWith('2.0', last + 5)) {
    const message = 'the SIP version is not 2.0';
    return new Fault('BAD_VERSION', last + 1, 'RFC 3261 §21.5.6', message).deserving(505);
  }
  if (last - first - 1 > maxUriBytes) {
    const message = 'the Request-URI is too long';
    return new Fault('URI_TOO_LONG', first + 1, 'RFC 3261 §21.4.12', message).deserving(414);
  }
  const target = readUri(text, first + 1, last);
  return target instanceof Fault ? target : { kind: 'request', method, uri: target };
}

/** The version is compared without regard to case (RFC 3261 §7.1). */
function isVersion(text: string, at: number): boolean {
  return text.startsWith('SIP/', at) || text.slice(at, at + 4).toUpperCase() === 'SIP/';
}

function readStatusLine(line: string): StartLine | Fault {
  const status = decimal(line.slice(8, 11), 699);
  if (!line.startsWith('SIP/2.0 ') || status < 100 || !' '.startsWith(line.charAt(11))) {
    const at = line.startsWith('SIP/2.0 ') ? 8 : 0;
    return new Fault('BAD_START_LINE', at, 'RFC 3261 §7.2', 'the first line is no status line');
  }
  return { kind: 'response', status, reason: line.slice(12) };
}
