import { Buffer } from 'node:buffer';
import { isPrintable, refuseInjection } from './injection.ts';
import type { SipMessage } from './message.ts';
import { OctetSlab } from './octet-slab.ts';
import { encodeText } from './octets.ts';

/** A server transaction keeps its final response for half a minute (RFC 3261 §17.2), and nothing else. */
const kept = new OctetSlab();
const passing = new OctetSlab();

/**
 * The message as it goes on the wire, with a right Content-Length (RFC 3261 §18.3). Fields that came
 * from the wire and were not touched go out byte for byte. Throws `HEADER_INJECTION` where method,
 * URI or reason phrase was set to a text with CR, LF or NUL.
 */
export function serializeMessage(message: SipMessage): Uint8Array {
  const { body, headers } = message;
  const text = `${startLine(message)}\r\n${headers.formatFor(body.length)}\r\n`;
  // what is known to be US-ASCII, as nearly always, need not be looked at once more
  const isAscii = headers.isAscii && isPlainStart(message);
  const size = isAscii ? text.length : Buffer.byteLength(text);
  if (size !== text.length) return Buffer.concat([encodeText(text), body]);
  // head and body go into one buffer
  const bytes = (isFinal(message) ? kept : passing).take(size + body.length);
  bytes.write(text, 0, size, 'latin1');
  if (body.length > 0) bytes.set(body, size);
  return bytes;
}

function isFinal(message: SipMessage): boolean {
  return message.kind === 'response' && message.status >= 200;
}

/** Method and reason phrase can be assigned, so what they hold is seen here. */
function startLine(message: SipMessage): string {
  const line =
    message.kind === 'request'
      ? `${message.method} ${message.targetText} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  if (!isPlainStart(message)) refuseInjection(line);
  return line;
}

function isPlainStart(message: SipMessage): boolean {
  if (message.kind === 'response') return isPrintable(message.reason);
  return isPrintable(message.method) && (message.isTargetPlain || isPrintable(message.targetText));
}
