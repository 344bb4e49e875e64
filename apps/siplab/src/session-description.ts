import { type MediaDirection, mirrored, readDescription } from '@strowger/media-core';

/** Where media would be heard: scenarios send none. */
export interface MediaPlace {
  readonly address: string;
  readonly port: number;
}

/** An offer or answer with G.711 and digits. */
export function describeSession(
  { address, port }: MediaPlace,
  { version, direction }: { version: number; direction: MediaDirection },
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

/** What fits an offer when nothing is held on our side; `sendrecv` where it cannot be read. */
export function answerTo(offer: string): MediaDirection {
  const read = readDescription(offer);
  const audio = read.ok ? read.description.media.find(({ kind }) => kind === 'audio') : undefined;
  return mirrored(audio?.direction ?? 'sendrecv');
}
