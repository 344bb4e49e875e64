import { placeOfAudio } from './audio-line.ts';
import { statedDirection } from './hold.ts';
import type { PassedLine } from './local-media.ts';
import { rtcpDestination } from './negotiated-media.ts';
import type { Negotiated } from './negotiated.ts';
import type { RelayLocal } from './relay.ts';
import type { SdpLine } from './sdp-lines.ts';
import {
  type MediaDescription,
  readDescription,
  type Sdp,
  type SessionDescription,
} from './session-description.ts';
import { isPlainRtp, isSecureRtp } from './srtp-negotiation.ts';

/** Lines beside audio that pass a relay; each costs ports, and no phone has more. */
export const MOST_PASSED_LINES = 3;

/** Where packets of a line go. */
export interface LineDestination {
  readonly address: string;
  readonly port: number;
  readonly rtcp: { readonly address: string; readonly port: number };
}

/** A line beside audio that both ends took: its packets go from end to end as they are. */
export interface RelayedLine {
  /** Its place in the offer. */
  readonly index: number;
  readonly a: LineDestination;
  readonly b: LineDestination;
}

/** Attributes that tell addresses and paths of one leg, or how it groups its lines. */
const OF_ONE_LEG =
  /^(candidate|ice-[a-z-]+|remote-candidates|end-of-candidates|rtcp|mid|bundle-only)(:|$)/i;
/** Attributes that a session may state for its lines. */
const OF_THE_SESSION = ['setup', 'fingerprint', 'extmap', 'extmap-allow-mixed', 'tls-id'];

/**
 * Places of the lines of an offer that can pass as they are, packet by packet: RTP of any kind and
 * fax over UDP (T.38), where they can be reached without ICE. `audio` is the line that is ours.
 */
export function passableLines({ media }: SessionDescription, audio: number): number[] {
  const places = [...media.keys()].filter((index) => {
    const line = media[index];
    return index !== audio && line !== undefined && isPassable(line);
  });
  return places.slice(0, MOST_PASSED_LINES);
}

/** A line as it goes on at the other leg: its own words, but for addresses. */
export function passedLine(
  line: MediaDescription,
  session: SessionDescription,
  { port, mid }: { port: number; mid?: string | undefined },
): PassedLine {
  const [, ...rest] = line.lines;
  const kept = rest.filter(
    ({ type, value }) => type !== 'c' && !(type === 'a' && OF_ONE_LEG.test(value)),
  );
  const stated = statedDirection(line);
  const isStated = line.direction === stated && line.attributes.some(isDirection);
  const attributes = [
    ...(mid === undefined ? [] : [`mid:${mid}`]),
    ...(isStated ? [] : [stated]),
    ...ofTheSession(line, session),
  ];
  return {
    passed: [
      { type: 'm', value: (line.lines[0]?.value ?? '').replace(/ \d+(\/\d+)?(?= )/, ` ${port}`) },
      ...kept.filter(({ type, value }) => isStated || type !== 'a' || !isDirection(value)),
      ...attributes.map((value): SdpLine => ({ type: 'a', value })),
    ],
  };
}

/** Where packets of a line go, once both sides took it. */
export function lineDestination(line: MediaDescription, rtcpMux: boolean): LineDestination {
  const address = line.connections[0]?.address ?? '';
  return { address, port: line.port, rtcp: rtcpDestination(line, address, rtcpMux) };
}

/** Whether a leg that had these lines before can have those of `offer`, each in its place. */
export function areAligned(before: SessionDescription, offer: SessionDescription): boolean {
  if (before.media.length > offer.media.length) return false;
  return before.media.every(({ kind }, at) => kind === offer.media[at]?.kind);
}

function isPassable(line: MediaDescription): boolean {
  // of two audio lines nobody could say any more which is the one that we relay
  if (line.kind === 'audio' || line.port === 0 || line.bundleOnly) return false;
  const [connection] = line.connections;
  if (connection?.kind !== 'unicast' && connection?.kind !== 'zero') return false;
  // to a browser there is no way but ICE, of which one end is here and knows nothing of the line
  if (line.ice && line.protocol.startsWith('UDP/TLS/')) return false;
  return isPlainRtp(line.protocol) || isSecureRtp(line.protocol) || line.protocol === 'UDPTL';
}

function ofTheSession(line: MediaDescription, { attributes }: SessionDescription): string[] {
  return attributes.filter((attribute) => {
    const name = nameOf(attribute);
    return OF_THE_SESSION.includes(name) && !line.attributes.some((own) => nameOf(own) === name);
  });
}

function nameOf(attribute: string): string {
  return (attribute.split(':', 1)[0] ?? '').toLowerCase();
}

function isDirection(attribute: string): boolean {
  return /^(sendrecv|sendonly|recvonly|inactive) *$/i.test(attribute);
}

/** The lines of an offer to B, each in its place; `undefined` where that leg has audio alone. */
export function linesBeside(
  offer: SessionDescription,
  audio: number,
  { local, before }: { local: RelayLocal; before: SessionDescription | undefined },
) {
  const ports = local.linePorts ?? new Map<number, number>();
  const isMirrored = ports.size > 0 || (before !== undefined && before.media.length > 1);
  const fits = !before || (areAligned(before, offer) && placeOfAudio(before) === audio);
  if (!isMirrored || !fits) return undefined;
  return offer.media.map((line, index) => {
    const port = ports.get(index);
    if (port !== undefined) return passedLine(line, offer, { port });
    return { kind: line.kind, protocol: line.protocol, formats: line.formats };
  });
}

/** The lines that B took too, as A gets them. */
export function relayedLines(
  { offered, relayed, answered }: Round,
  audio: number,
  { linePorts }: RelayLocal,
): readonly (RelayedLine & { readonly passed: PassedLine })[] {
  if (placeOfAudio(relayed) !== audio || relayed.media.length !== offered.media.length) return [];
  return offered.media.flatMap((line, index) => {
    const [sent, taken] = [relayed.media[index], answered.media[index]];
    const port = linePorts?.get(index);
    if (index === audio || !sent?.port || !taken?.port || port === undefined) return [];
    const mux = line.rtcpMux && taken.rtcpMux;
    const passed = passedLine(taken, answered, { port, mid: line.mid });
    return [{ index, a: lineDestination(line, mux), b: lineDestination(taken, mux), passed }];
  });
}

/** The three descriptions of a round that are there before the fourth. */
export interface Round {
  readonly offered: SessionDescription;
  readonly relayed: SessionDescription;
  readonly answered: SessionDescription;
}

export function readRound(offer: Sdp, relayed: Sdp, answer: Sdp): Negotiated<Round> {
  const fromA = readDescription(offer);
  if (!fromA.ok) return fromA;
  const toB = readDescription(relayed);
  if (!toB.ok) return toB;
  const fromB = readDescription(answer);
  if (!fromB.ok) return fromB;
  return {
    ok: true,
    offered: fromA.description,
    relayed: toB.description,
    answered: fromB.description,
  };
}
