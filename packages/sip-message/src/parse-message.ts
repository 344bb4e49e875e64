import { noContentLength, readContentLength } from './content-length.ts';
import type { Head } from './head.ts';
import { CALL_ID, CSEQ, FROM, TO } from './header-names.ts';
import { Headers } from './headers.ts';
import { type Limits, limitsOf } from './limits.ts';
import { locateHead } from './locate-head.ts';
import { type SipMessage, SipRequest, SipResponse } from './message.ts';
import { Fault, type Parsed, toParsed } from './refusal.ts';
import { readStartLine } from './start-line.ts';

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
  const head = locateHead(bytes, limits);
  if (head instanceof Fault) return head;
  const start = readStartLine(head, limits);
  if (start instanceof Fault) return start;
  const headers = Headers.of(head);
  const fault = checkMandatory(headers);
  if (fault !== undefined) return fault;
  const body = readBody(bytes, head, headers, options);
  if (body instanceof Fault) return body;
  return start.kind === 'response'
    ? new SipResponse({ status: start.status, reason: start.reason, body }, headers)
    : new SipRequest({ method: start.method, uri: start.uri, body }, headers);
}

function checkMandatory(headers: Headers): Fault | undefined {
  return (
    faultOf(headers.readTopVia(), 'Via') ??
    faultOf(headers.read(FROM), 'From') ??
    faultOf(headers.read(TO), 'To') ??
    faultOf(headers.read(CALL_ID), 'Call-ID') ??
    faultOf(headers.read(CSEQ), 'CSeq')
  );
}

function faultOf(value: unknown, name: string): Fault | undefined {
  if (value instanceof Fault) return value;
  if (value !== undefined) return undefined;
  return new Fault('MISSING_HEADER', 0, 'RFC 3261 §8.1.1', `the message has no ${name}`);
}

/**
 * The body: what Content-Length says, and of a datagram without one all that is left
 * (RFC 3261 §18.3).
 */
function readBody(
  bytes: Uint8Array,
  head: Head,
  headers: Headers,
  options: ParseOptions,
): Uint8Array | Fault {
  const length = readContentLength(headers);
  if (length instanceof Fault) return length;
  const { bodyFrom } = head;
  const available = bytes.length - bodyFrom;
  if (length === undefined && options.framed !== true) return bodyOf(bytes, bodyFrom, available);
  if (length === undefined) return noContentLength(bodyFrom);
  if (length > available || (options.framed === true && length < available)) {
    const message = 'the body is not as long as Content-Length says';
    return new Fault('BAD_BODY_LENGTH', bodyFrom, 'RFC 3261 §18.3', message);
  }
  return bodyOf(bytes, bodyFrom, length);
}

const NO_BODY = new Uint8Array(0);

function bodyOf(bytes: Uint8Array, from: number, length: number): Uint8Array {
  return length === 0 ? NO_BODY : bytes.subarray(from, from + length);
}
