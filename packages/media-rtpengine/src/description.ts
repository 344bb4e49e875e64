import type { MediaDirection, MediaSecurity, Sdp } from '@strowger/session-core';

// The little that this package has to see of a description: which way audio goes, and whether it is
// encrypted. All else is rtpengine's to read and to write.

const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)[ \t]*$/i;

/** What a description says of its first open audio line. */
export interface AudioLine {
  readonly direction: MediaDirection;
  /** RTP/SAVP, UDP/TLS/RTP/SAVPF … */
  readonly isSecure: boolean;
  /** By DTLS: a fingerprint stands in its section or in that of the session (RFC 8122 §5). */
  readonly hasFingerprint: boolean;
  /** Suites of its own `a=crypto` lines, in their order (RFC 4568). */
  readonly suites: readonly string[];
}

/** The first open audio line; undefined where there is none. */
export function audioLine(sdp: Sdp): AudioLine | undefined {
  let session: MediaDirection = 'sendrecv';
  let isShared = false;
  for (const [index, section] of sections(sdp).entries()) {
    const stated = section.map((line) => directionOf(line)).find((one) => one !== undefined);
    const isOwn = section.some((line) => /^a=fingerprint:/i.test(line));
    if (index === 0) {
      session = stated ?? session;
      isShared = isOwn;
      continue;
    }
    const media = /^m=audio (\d+)(?:\/\d+)? (\S+)/.exec(section[0] ?? '');
    if (media === null || media[1] === '0') continue;
    return {
      direction: stated ?? session,
      isSecure: /SAVP/.test(media[2] ?? ''),
      hasFingerprint: isOwn || isShared,
      suites: section.flatMap((line) => /^a=crypto:\d+ (\S+)/i.exec(line)?.[1] ?? []),
    };
  }
  return undefined;
}

/**
 * How media is protected towards the peer that gave this description: as an offer, its answer has no
 * more than it asks for. The handshake is rtpengine's, which does not tell how it went.
 */
export function securityOf(theirs: Sdp): MediaSecurity | undefined {
  const audio = audioLine(theirs);
  if (audio === undefined) return undefined;
  if (!audio.isSecure) return { kind: 'plain' };
  const { suites } = audio;
  if (audio.hasFingerprint) return { kind: 'dtls-srtp', isVerified: false };
  const [suite] = suites;
  return suites.length === 1 && suite !== undefined ? { kind: 'sdes', suite } : { kind: 'sdes' };
}

/** The same description with `change` of each audio line's direction in its place. */
export function withDirections(sdp: Sdp, change: (stated: MediaDirection) => MediaDirection): Sdp {
  const [session = [], ...media] = sections(sdp);
  const shared = session.map((line) => directionOf(line)).find((one) => one !== undefined);
  const changed = media.map((section) => {
    if (section[0]?.startsWith('m=audio ') !== true) return section;
    const own = section.map((line) => directionOf(line)).find((one) => one !== undefined);
    const rest = section.filter((line) => directionOf(line) === undefined);
    return [...rest, `a=${change(own ?? shared ?? 'sendrecv')}`];
  });
  return `${[session, ...changed].flat().join('\r\n')}\r\n`;
}

/** What both allow. */
export function narrowed(one: MediaDirection, other: MediaDirection): MediaDirection {
  return direction(sends(one) && sends(other), receives(one) && receives(other));
}

/** The same as seen from the other side. */
export function mirrored(one: MediaDirection): MediaDirection {
  return direction(receives(one), sends(one));
}

/**
 * An offer of nobody's: what an end is offered where the other has said nothing yet. The engine puts
 * its own address in place of this one; until the other end has spoken, what it hears goes to the
 * discard port (RFC 863) of its own loopback.
 */
export function placeholderOffer(codecs: readonly string[], id: string): Sdp {
  const formats = codecs.flatMap((name) => FORMATS[name] ?? []);
  const lines = [
    'v=0',
    `o=- ${id} 1 IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio 9 RTP/AVP ${[...formats.map(([type]) => type), 101].join(' ')}`,
    ...formats.map(([type, name]) => `a=rtpmap:${type} ${name}`),
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=sendrecv',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** What a placeholder can name, by encoding name. */
const FORMATS: { readonly [name: string]: readonly (readonly [number, string])[] } = {
  pcmu: [[0, 'PCMU/8000']],
  pcma: [[8, 'PCMA/8000']],
  g722: [[9, 'G722/8000']],
  opus: [[96, 'opus/48000/2']],
};

function sections(sdp: Sdp): string[][] {
  const all: string[][] = [[]];
  for (const line of sdp.split(/\r\n|\n/)) {
    if (line === '') continue;
    if (line.startsWith('m=')) all.push([]);
    all.at(-1)?.push(line);
  }
  return all;
}

function directionOf(line: string): MediaDirection | undefined {
  const stated = DIRECTION.exec(line)?.[1];
  return stated?.toLowerCase() as MediaDirection | undefined; // the expression names no other
}

function sends(one: MediaDirection): boolean {
  return one === 'sendrecv' || one === 'sendonly';
}

function receives(one: MediaDirection): boolean {
  return one === 'sendrecv' || one === 'recvonly';
}

function direction(sending: boolean, receiving: boolean): MediaDirection {
  if (sending) return receiving ? 'sendrecv' : 'sendonly';
  return receiving ? 'recvonly' : 'inactive';
}
