/**
 * Offer and answer through a relay: A offers to us, we offer to B, B answers us, we answer A.
 *
 * Numbers are the heart of it. A payload type is what the *receiver* of a packet calls a codec, and
 * each description gives the numbers of the side that wrote it (RFC 3264 §5.1). Our offer to B
 * repeats A's numbers, and our answer to A does too (§6.1 asks for that), so that a packet from B
 * can pass as it is. Only B may have chosen other numbers for the packets that it wants to get: what
 * comes from A is rewritten then. In a later round, where B offers, B's numbers are repeated
 * towards A, unless A's leg already knows the codec by another number, which then must stay (§8.3.2):
 * so both directions have a map, and nobody may assume that either is the identity.
 */
import { findAudio, isOpenAudio, isSwitchedOff } from './audio-line.ts';
import { type CodecPair, pairCodecs } from './codec-pairs.ts';
import { type CodecDescription, isVoice, sameCodec, TELEPHONE_EVENT } from './codec.ts';
import { type MediaDirection, mirrored } from './direction.ts';
import { passedOn, statedDirection } from './hold.ts';
import { type LocalMedia, writeDescription } from './local-media.ts';
import { type NegotiatedMedia, noCommonCodec, restingMedia } from './negotiated-media.ts';
import { type Negotiated, refuse } from './negotiated.ts';
import {
  answerDescription,
  applyAnswer,
  createOffer,
  type EarlierRounds,
  offerAround,
} from './offer-answer.ts';
import { linesBeside, readRound, type RelayedLine, relayedLines } from './relay-lines.ts';
import { transcodedPairs, withEventsOf, withOurs } from './relay-transcoding.ts';
import {
  type MediaDescription,
  readDescription,
  type Sdp,
  type SessionDescription,
} from './session-description.ts';
import type { SecurityContext } from './srtp-negotiation.ts';

/**
 * Our place on one leg of a relay. `codecs` limits what may pass, by encoding name and clock rate;
 * absent: everything that the two ends agree on. telephone-event always passes. Packet times are
 * those of the other end, not ours. Each leg has its own security and ICE.
 */
export type RelayLocal = Omit<LocalMedia, 'codecs' | 'direction' | 'ptimeMs' | 'maxptimeMs'> & {
  readonly codecs?: readonly { readonly name: string; readonly clockRate?: number }[];
  /**
   * What we decode and encode where the two ends share no codec: offered to B behind A's own, and
   * what A is answered with where B takes nothing of A's. Absent: what they do not share fails.
   */
  readonly ours?: readonly CodecDescription[];
  /** Telephone events that we take and send ourselves: A and B have them each for itself then. */
  readonly events?: readonly CodecDescription[];
  /** What may flow on this leg beyond what the two ends want; default `sendrecv`. */
  readonly direction?: MediaDirection;
  /** Whether we send ourselves on this leg as long as the other end holds (RFC 5359 §2.3). */
  readonly fillsHold?: boolean;
  /**
   * Our ports on this leg for lines that pass as they are, by their places in the offer: of those
   * that `passableLines` names. Every port has the next one beside it for RTCP. Other lines are
   * refused.
   */
  readonly linePorts?: ReadonlyMap<number, number>;
};

/** Payload types as they must be rewritten; what is not in a map must not pass. */
export interface PayloadTypeMap {
  /** From the number on a packet of A (who offered) to the number by which B takes it. */
  readonly fromA: ReadonlyMap<number, number>;
  /** From the number on a packet of B (who answered) to the number by which A takes it. */
  readonly fromB: ReadonlyMap<number, number>;
}

/** A relay as agreed: `a` is the leg to the offerer, `b` the one to the answerer. */
export interface NegotiatedRelay {
  /** For A. */
  readonly answer: Sdp;
  readonly a: NegotiatedMedia;
  readonly b: NegotiatedMedia;
  readonly payloadTypeMap: PayloadTypeMap;
  /** The two ends share no codec: each speaks one of ours, and no number maps to another. */
  readonly isTranscoded: boolean;
  readonly lines: readonly RelayedLine[];
}

/**
 * Derives the offer for B from A's: the codecs that A offered as far as `local` lets them pass,
 * under A's numbers, A's direction (an old hold becomes `sendonly`), A's packet times, and the
 * lines that have a port of ours. `local` is our place towards B, `previous` and `agreed` are that
 * leg's; `offerer` is the security of the leg to A.
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` as `createOffer`.
 */
export function relayOffer({
  offer,
  local,
  offerer,
  ...earlier
}: {
  offer: Sdp;
  local: RelayLocal;
  offerer?: SecurityContext;
} & EarlierRounds): Negotiated<{ offer: Sdp }> {
  const read = readDescription(offer);
  if (!read.ok) return read;
  const before = descriptionOf(earlier.previous);
  if (before && earlier.agreed && isSwitchedOff(read.description)) {
    return { ok: true, offer: switchedOff(local, before) };
  }
  const audio = findAudio(read.description, offerer);
  if (!audio.ok) return audio;
  const { line, index } = audio;
  const passing = line.codecs.filter((codec) => mayPass(codec, local));
  if (!passing.some(isVoice)) return noCommonCodec();
  const ours = local.ours?.filter((codec) => mayPass(codec, local));
  const codecs = withOurs(passing, ours ?? [], local.events);
  const towardsB = {
    ...local,
    codecs,
    direction: passedOn(local, mirrored(statedDirection(line))),
    ...packetTimes(line),
  };
  const others = linesBeside(read.description, index, { local, before });
  const derived = others
    ? offerAround(towardsB, { before, index, agreed: earlier.agreed, others })
    : createOffer(towardsB, earlier);
  return { ok: true, offer: derived };
}

/** What an answer through a relay is derived from. */
export interface RelayedRound {
  /** A's offer. */
  readonly offer: Sdp;
  readonly answerFromB: Sdp;
  /** Our place towards A, with the same `codecs` as before. */
  readonly local: RelayLocal;
  /**
   * The offer that `relayOffer` made for B. It may be left out where that had neither `previous`
   * nor security of its own, as it can then be derived again.
   */
  readonly relayed?: Sdp;
  /** What the round before gave, at both legs. */
  readonly agreed?: { readonly a?: NegotiatedMedia; readonly b?: NegotiatedMedia };
}

/** Derives the answer for A from B's. @throws StrowgerError `BAD_MEDIA_DESCRIPTION`. */
export function relayAnswer({
  offer,
  answerFromB,
  local,
  relayed,
  agreed: { a: agreedA, b: agreedB } = {},
}: RelayedRound): Negotiated<NegotiatedRelay> {
  const offerer = { security: local.security, agreed: agreedA?.security };
  const towardsB = relayed === undefined ? relayOffer({ offer, local, offerer }) : undefined;
  if (towardsB && !towardsB.ok) return towardsB;
  const offerToB = relayed ?? towardsB?.offer ?? '';
  const b = applyAnswer({
    offer: offerToB,
    answer: answerFromB,
    ...(agreedB && { agreed: agreedB }),
  });
  if (!b.ok) return b;
  const read = readRound(offer, offerToB, answerFromB);
  if (!read.ok) return read;
  if (!read.answered.media.some(isOpenAudio)) return restingRelay(read.offered, local, agreedA, b);
  const audio = findAudio(read.offered, offerer);
  if (!audio.ok) return audio;
  const [toB, fromB] = [ownLine(read.relayed), ownLine(read.relayed, read.answered)];
  const legs = codecLegs(audio.line.codecs, toB?.codecs ?? [], fromB?.codecs ?? []);
  const isTranscoded = local.ours !== undefined && !legs.some((leg) => isVoice(leg.offered));
  const takesEvents = [...(local.events ?? []), ...(fromB?.codecs ?? [])].some(
    ({ name }) => name === TELEPHONE_EVENT,
  );
  const pairs = isTranscoded
    ? transcodedPairs(audio.line.codecs, local.ours ?? [], takesEvents)
    : withEventsOf(audio.line.codecs, legs.map(passedPair), local.events);
  const towardsA = {
    ...local,
    codecs: pairs.map((pair) => pair.ours),
    direction: passedOn(local, b.media.direction),
    ...packetTimes(fromB),
  };
  const lines = relayedLines(read, audio.index, local);
  const others = new Map(lines.map(({ index, passed }) => [index, passed]));
  const answering = { local: towardsA, agreed: agreedA, others };
  const a = answerDescription(read.offered, answering, () => pairs);
  if (!a.ok) return a;
  return {
    ok: true,
    answer: a.answer,
    a: a.media,
    b: b.media,
    payloadTypeMap: mapPayloadTypes(isTranscoded ? [] : legs),
    isTranscoded,
    lines: lines.map(({ index, ...ends }) => ({ index, a: ends.a, b: ends.b })),
  };
}

/** B took audio away, or A did: it rests at both legs (RFC 3264 §8.2). */
function restingRelay(
  offered: SessionDescription,
  local: RelayLocal,
  agreed: NegotiatedMedia | undefined,
  b: { readonly media: NegotiatedMedia },
): Negotiated<NegotiatedRelay> {
  if (!agreed) return refuse('AUDIO_REJECTED', 'the answer refuses audio', 'RFC 3264 §6');
  return {
    ok: true,
    answer: switchedOff(local, offered),
    a: restingMedia(agreed),
    b: b.media,
    payloadTypeMap: { fromA: new Map(), fromB: new Map() },
    isTranscoded: false,
    lines: [],
  };
}

/** What an end wishes, as far as a description of ours can say it. */
function packetTimes(line: MediaDescription | undefined) {
  const { ptimeMs, maxptimeMs } = line ?? {};
  return {
    ...(ptimeMs !== undefined && { ptimeMs: Math.min(ptimeMs, 1000) }),
    ...(maxptimeMs !== undefined && { maxptimeMs: Math.min(maxptimeMs, 1000) }),
  };
}

function switchedOff(local: RelayLocal, { media }: SessionDescription): Sdp {
  const codecs = [{ name: 'pcmu', payloadType: 0, clockRate: 8000 }]; // stand in none of its lines
  return writeDescription({ local: { ...local, codecs, direction: 'inactive' }, lines: media });
}

function descriptionOf(sdp: Sdp | undefined): SessionDescription | undefined {
  const read = sdp === undefined ? undefined : readDescription(sdp);
  return read?.ok ? read.description : undefined;
}

/** Our audio line in an offer of ours, or the line of `answer` in its place. */
function ownLine(
  offer: SessionDescription,
  answer: SessionDescription = offer,
): MediaDescription | undefined {
  return answer.media[offer.media.findIndex(isOpenAudio)];
}

/** One codec on its way: in A's offer, in ours to B, in B's answer. */
interface CodecLegs {
  readonly offered: CodecDescription;
  readonly relayed: CodecDescription;
  readonly answered: CodecDescription;
}

function codecLegs(
  fromA: readonly CodecDescription[],
  toB: readonly CodecDescription[],
  fromB: readonly CodecDescription[],
): CodecLegs[] {
  return pairCodecs(fromB, toB).flatMap(({ first: answered, second: relayed }) => {
    const offered = fromA.find((codec) => sameCodec(codec, relayed));
    return offered ? [{ offered, relayed, answered }] : [];
  });
}

/** A's numbers, but B's order and B's format parameters: these are between the two ends. */
function passedPair({ offered, answered }: CodecLegs): CodecPair {
  return { theirs: offered, ours: { ...answered, payloadType: offered.payloadType } };
}

/**
 * B should use the numbers of our offer. Some use their own for both directions; where that number
 * means nothing else, what they mean is clear.
 */
function mapPayloadTypes(legs: readonly CodecLegs[]): PayloadTypeMap {
  const fromA = new Map(legs.map((leg) => [leg.offered.payloadType, leg.answered.payloadType]));
  const fromB = new Map(legs.map((leg) => [leg.relayed.payloadType, leg.offered.payloadType]));
  for (const { answered, offered } of legs) {
    if (!fromB.has(answered.payloadType)) fromB.set(answered.payloadType, offered.payloadType);
  }
  return { fromA, fromB };
}

/** RED names other payload types in its parameters (RFC 2198 §5), which we could not rewrite. */
function mayPass(codec: CodecDescription, { codecs }: RelayLocal): boolean {
  if (codec.name === 'red') return false;
  if (!codecs || codec.name === TELEPHONE_EVENT) return true;
  return codecs.some(
    ({ name, clockRate }) =>
      name === codec.name && (clockRate ?? codec.clockRate) === codec.clockRate,
  );
}
