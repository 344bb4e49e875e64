import { Buffer } from 'node:buffer';
import type { SipMessage } from './message.ts';
import { encodeText } from './octets.ts';

/**
 * The message as it goes on the wire, with a right Content-Length (RFC 3261 §18.3). Fields that came
 * from the wire and were not touched go out byte for byte.
 */
export function serializeMessage(message: SipMessage): Uint8Array {
  const { body, headers } = message;
  const head = encodeText(`${startLine(message)}\r\n${headers.format(body.length)}\r\n`);
  return body.length === 0 ? head : Buffer.concat([head, body]);
}

function startLine(message: SipMessage): string {
  return message.kind === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
}
