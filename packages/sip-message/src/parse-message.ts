import { noContentLength, readContentLength } from './content-length.ts';
import { Head, type LocatedHead } from './head.ts';
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
  /** What a `StreamFramer` with the same limits has told of these very bytes. */
  readonly located?: LocatedHead | undefined;
}

const NO_OPTIONS: ParseOptions = {};

/**
 * Parses one message. The start line, Via, From, To, Call-ID, CSeq and Content-Length are checked;
 * all other headers are located, and parsed when they are asked for. The message refers to the
 * bytes: they must not be changed, and the message should not outlive its transaction.
 */
export function parseMessage(
  bytes: Uint8Array,
  options: ParseOptions = NO_OPTIONS,
): Parsed<SipMessage> {
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
  const { located } = options;
  const head = located instanceof Head ? located : locateHead(bytes, limits);
  if (head instanceof Fault) return head;
  const start = readStartLine(head, limits);
  if (start instanceof Fault) return start;
  const headers = Headers.of(head);
  const fault = checkMandatory(head, headers) ?? locateBody(head, headers, options);
  if (fault !== undefined) return fault;
  return start.kind === 'response'
    ? new SipResponse(start, headers)
    : new SipRequest(start, headers);
}

/** What `locateKey` found plain is well-formed. */
function checkMandatory(head: Head, headers: Headers): Fault | undefined {
  return (
    (head.viaParams < 0 ? faultOf(headers.readTopVia(), 'Via') : undefined) ??
    (head.fromParams < 0 ? faultOf(headers.read(FROM), 'From') : undefined) ??
    (head.toParams < 0 ? faultOf(headers.read(TO), 'To') : undefined) ??
    (head.callId < 0 ? faultOf(headers.read(CALL_ID), 'Call-ID') : undefined) ??
    (head.cseq < 0 ? faultOf(headers.read(CSEQ), 'CSeq') : undefined)
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
function locateBody(head: Head, headers: Headers, options: ParseOptions): Fault | undefined {
  const length = readContentLength(headers);
  if (length instanceof Fault) return length;
  const { bodyFrom } = head;
  const available = head.octets.length - bodyFrom;
  if (length === undefined && options.framed === true) return noContentLength(bodyFrom);
  const size = length ?? available;
  if (size > available || (options.framed === true && size < available)) {
    const message = 'the body is not as long as Content-Length says';
    return new Fault('BAD_BODY_LENGTH', bodyFrom, 'RFC 3261 §18.3', message);
  }
  head.bodyEnd = bodyFrom + size;
  return undefined;
}
