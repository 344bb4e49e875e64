/** Which way media goes, seen from who says it (RFC 3264 §5.1). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** Where media would be heard: scenarios send none. */
export interface MediaPlace {
  readonly address: string;
  readonly port: number;
}

/** An offer or answer with G.711 and digits. */
export function describeSession(
  { address, port }: MediaPlace,
  { version, direction }: { version: number; direction: Direction },
): string {
  const at = `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
  return [
    'v=0',
    `o=siplab 1 ${version} ${at}`,
    's=-',
    `c=${at}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0 8 101`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-16',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** The direction that a description says; `sendrecv` where it says none. */
export function directionIn(description: string): Direction {
  const found = DIRECTIONS.find((direction) => description.includes(`\na=${direction}`));
  return found ?? 'sendrecv';
}

const DIRECTIONS: readonly Direction[] = ['sendonly', 'recvonly', 'inactive', 'sendrecv'];

/** What answers an offer of this direction when nothing is held on our side. */
export function mirrored(direction: Direction): Direction {
  if (direction === 'sendonly') return 'recvonly';
  return direction === 'recvonly' ? 'sendonly' : direction;
}
