import type { MediaDirection, Sdp } from '@strowger/session-core';

/** The little of a session description (RFC 8866) that the fake backend speaks: one audio stream. */
export interface FakeDescription {
  readonly id: number;
  readonly version: number;
  readonly address: string;
  readonly port: number;
  readonly codecs: readonly string[];
  readonly direction: MediaDirection;
  /** Keys (RFC 4568): beside plain RTP (RFC 8643), or in a profile that takes nothing else. */
  readonly keys?: 'offered' | 'insisted';
}

/** What the fake backend says that it encrypts with. */
export const FAKE_SUITE = 'AES_CM_128_HMAC_SHA1_80';

const STATIC = new Map([
  ['pcmu', 0],
  ['pcma', 8],
  ['g722', 9],
]);

/** Writes a description that any SDP parser takes. */
export function writeFakeSdp(description: FakeDescription): Sdp {
  const family = description.address.includes(':') ? 'IP6' : 'IP4';
  const { keys } = description;
  const payloads = description.codecs.map((codec, at) => STATIC.get(codec) ?? 96 + at);
  return [
    'v=0',
    `o=- ${description.id} ${description.version} IN ${family} ${description.address}`,
    's=-',
    `c=IN ${family} ${description.address}`,
    't=0 0',
    `m=audio ${description.port} ${keys === 'insisted' ? 'RTP/SAVP' : 'RTP/AVP'} ${payloads.join(' ')}`,
    ...description.codecs.map((codec, at) => `a=rtpmap:${payloads[at]} ${encoding(codec)}`),
    ...(keys === undefined ? [] : [`a=crypto:1 ${FAKE_SUITE} inline:${'A'.repeat(40)}`]),
    `a=${description.direction}`,
    '',
  ].join('\r\n');
}

/** Reads what `writeFakeSdp` writes; `undefined` when it is something else. */
export function readFakeSdp(text: Sdp): FakeDescription | undefined {
  const origin = /^o=- (\d+) (\d+) /mu.exec(text);
  const address = /^c=IN IP[46] (\S+)/mu.exec(text)?.[1];
  const port = /^m=audio (\d+) /mu.exec(text)?.[1];
  if (origin === null || address === undefined || port === undefined) return undefined;
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/mu.exec(text)?.[1];
  return {
    id: Number(origin[1]),
    version: Number(origin[2]),
    address,
    port: Number(port),
    codecs: [...text.matchAll(/^a=rtpmap:\d+ ([^/\s]+)/gmu)].map(([, name = '']) =>
      name.toLowerCase(),
    ),
    // the pattern lets nothing else through
    direction: (direction ?? 'sendrecv') as MediaDirection,
    ...(text.includes(' RTP/SAVP ')
      ? { keys: 'insisted' as const }
      : text.includes('a=crypto:') && { keys: 'offered' as const }),
  };
}

/** Whether media may leave us, or come to us, in this direction. */
export const sends = (direction: MediaDirection): boolean =>
  direction === 'sendrecv' || direction === 'sendonly';
export const hears = (direction: MediaDirection): boolean =>
  direction === 'sendrecv' || direction === 'recvonly';

/** What both allow, each seen from the same side (RFC 3264 §6.1). */
export function narrow(a: MediaDirection, b: MediaDirection): MediaDirection {
  const out = sends(a) && sends(b);
  const into = hears(a) && hears(b);
  if (out) return into ? 'sendrecv' : 'sendonly';
  return into ? 'recvonly' : 'inactive';
}

/** The same direction as the other side sees it. */
export function mirror(direction: MediaDirection): MediaDirection {
  if (direction === 'sendonly') return 'recvonly';
  return direction === 'recvonly' ? 'sendonly' : direction;
}

function encoding(codec: string): string {
  return codec === 'opus' ? 'opus/48000/2' : `${codec.toUpperCase()}/8000`;
}
