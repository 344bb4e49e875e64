import { Buffer } from 'node:buffer';
import { refuseInjection } from './injection.ts';
import type { SipMessage } from './message.ts';
import { encodeText } from './octets.ts';

/**
 * The message as it goes on the wire, with a right Content-Length (RFC 3261 §18.3). Fields that came
 * from the wire and were not touched go out byte for byte. Throws `HEADER_INJECTION` where method,
 * URI or reason phrase was set to a text with CR, LF or NUL.
 */
export function serializeMessage(message: SipMessage): Uint8Array {
  const { body, headers } = message;
  const head = encodeText(`${startLine(message)}\r\n${headers.formatFor(body.length)}\r\n`);
  return body.length === 0 ? head : Buffer.concat([head, body]);
}

/** Method and reason phrase can be assigned, so what they hold is seen here. */
function startLine(message: SipMessage): string {
  const line =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  refuseInjection(line);
  return line;
}
