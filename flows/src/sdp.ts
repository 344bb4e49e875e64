import type { Body } from '@strowger/dialog-core';
import type { SipMessage } from '@strowger/sip-message';

/** What a media stream does, seen from the side that says so (RFC 4566 §6). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const MIRROR: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** What a description says. */
export interface Described {
  readonly address: string;
  readonly port?: number | undefined;
  /** The version of its `o=` line. */
  readonly version: number;
  readonly direction: Direction;
}

/** A session description with one audio stream, as a body. */
export function sdp({ address, port = 4000, version, direction }: Described): Body {
  const content = [
    'v=0',
    `o=- 2890844526 ${version} IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    `a=${direction}`,
    '',
  ].join('\r\n');
  return { type: 'application/sdp', content };
}

/** The direction in a message's description; `undefined` where it has none. */
export function directionOf(message: SipMessage): Direction | undefined {
  if (!/^application\/sdp/iu.test(String(message.headers.raw('content-type')))) return undefined;
  const found = /^a=(sendrecv|sendonly|recvonly|inactive)/mu.exec(message.text())?.[1];
  // the pattern lets nothing else through; without the attribute it is sendrecv (RFC 4566 §6)
  return (found ?? 'sendrecv') as Direction;
}

/** What answers an offer that moves media as it asks (RFC 3264 §6.1). */
export function answering(offer: SipMessage): Direction {
  return MIRROR[directionOf(offer) ?? 'sendrecv'];
}

/** Where a description wants its media: `address:port`. */
export function mediaAddress(message: SipMessage): string {
  const text = message.text();
  const address = /^c=IN IP4 (\S+)/mu.exec(text)?.[1];
  const port = /^m=audio (\d+)/mu.exec(text)?.[1];
  return `${address}:${port}`;
}
