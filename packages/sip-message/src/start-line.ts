import { decimal, isToken } from './characters.ts';
import type { Head } from './head.ts';
import type { Limits } from './limits.ts';
import { Fault } from './refusal.ts';
import { readUri, type Uri } from './uri.ts';

/** What the first line says (RFC 3261 §7.1, §7.2). */
export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: Uri }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** Reads the first line of a located head. */
export function readStartLine(head: Head, limits: Limits): StartLine | Fault {
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
  return uri instanceof Fault ? uri.moved(uri.at + first + 1) : { kind: 'request', method, uri };
}

function readStatusLine(line: string): StartLine | Fault {
  const status = decimal(line.slice(8, 11), 699);
  if (!line.startsWith('SIP/2.0 ') || status < 100 || !' '.startsWith(line.charAt(11))) {
    return new Fault('BAD_START_LINE', 0, 'RFC 3261 §7.2', 'the first line is no status line');
  }
  return { kind: 'response', status, reason: line.slice(12) };
}
