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
import { type CodecDescription, isVoice, sameCodec, TELEPHONE_EVENT } from './codec.ts';
import { type MediaDirection, mirrored, narrowed } from './direction.ts';
import type { LocalMedia } from './local-media.ts';
import type { Negotiated } from './negotiated.ts';
import {
  findAudio,
  type NegotiatedMedia,
  noCommonCodec,
  pairCodecs,
  statedDirection,
} from './negotiated-media.ts';
import { answerDescription, applyAnswer, createOffer } from './offer-answer.ts';
import { readDescription, type Sdp } from './session-description.ts';

/**
 * Our place on one leg of a relay. `codecs` limits what may pass, by encoding name and clock rate;
 * absent: everything that the two ends agree on. telephone-event always passes. Packet times are
 * those of the other end, not ours.
 */
export type RelayLocal = Omit<LocalMedia, 'codecs' | 'direction' | 'ptimeMs' | 'maxptimeMs'> & {
  readonly codecs?: readonly { readonly name: string; readonly clockRate?: number }[];
  /** What may flow on this leg beyond what the two ends want; default `sendrecv`. */
  readonly direction?: MediaDirection;
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
}

/**
 * Derives the offer for B from A's: the codecs that A offered as far as `local` lets them pass,
 * under A's numbers, A's direction (an old hold becomes `sendonly`), A's packet times; audio only.
 * `local` is our address and port towards B, `previous` our last description on that leg.
 */
export function relayOffer({
  offer,
  local,
  previous,
}: {
  offer: Sdp;
  local: RelayLocal;
  previous?: Sdp;
}): Negotiated<{ offer: Sdp }> {
  const read = readDescription(offer);
  if (!read.ok) return read;
  const audio = findAudio(read.description);
  if (!audio.ok) return audio;
  const line = read.description.media[audio.index];
  const codecs = line?.codecs.filter((codec) => mayPass(codec, local)) ?? [];
  if (!line || !codecs.some(isVoice)) return noCommonCodec();
  const { ptimeMs, maxptimeMs } = line;
  const towardsB = {
    ...local,
    codecs,
    direction: narrowed(local.direction ?? 'sendrecv', mirrored(statedDirection(line))),
    ...(ptimeMs !== undefined && { ptimeMs }),
    ...(maxptimeMs !== undefined && { maxptimeMs }),
  };
  const derived = createOffer(towardsB, previous === undefined ? {} : { previous });
  return { ok: true, offer: derived };
}

/**
 * Derives the answer for A from B's. `offer` is A's, `local` our address and port towards A with
 * the same `codecs` as before, and `relayed` the offer that `relayOffer` made for B: it may be left
 * out where that had no `previous`, as it can then be derived again.
 */
export function relayAnswer({
  offer,
  answerFromB,
  local,
  relayed,
}: {
  offer: Sdp;
  answerFromB: Sdp;
  local: RelayLocal;
  relayed?: Sdp;
}): Negotiated<NegotiatedRelay> {
  const towardsB = relayed === undefined ? relayOffer({ offer, local }) : undefined;
  if (towardsB && !towardsB.ok) return towardsB;
  const offerToB = relayed ?? towardsB?.offer ?? '';
  const b = applyAnswer({ offer: offerToB, answer: answerFromB });
  if (!b.ok) return b;
  const read = readLegs(offer, offerToB, answerFromB);
  if (!read.ok) return read;
  const { legs, description, ptimeMs, maxptimeMs } = read;
  const towardsA = {
    ...local,
    codecs: legs.map((leg) => leg.answered),
    direction: narrowed(local.direction ?? 'sendrecv', b.media.direction),
    ...(ptimeMs !== undefined && { ptimeMs }),
    ...(maxptimeMs !== undefined && { maxptimeMs }),
  };
  // A's numbers, but B's order and B's format parameters: these are between the two ends.
  const a = answerDescription(description, { local: towardsA }, () =>
    legs.map(({ offered, answered }) => ({
      theirs: offered,
      ours: { ...answered, payloadType: offered.payloadType },
    })),
  );
  if (!a.ok) return a;
  return {
    ok: true,
    answer: a.answer,
    a: a.media,
    b: b.media,
    payloadTypeMap: mapPayloadTypes(legs),
  };
}

/** One codec on its way: in A's offer, in ours to B, in B's answer. */
interface CodecLegs {
  readonly offered: CodecDescription;
  readonly relayed: CodecDescription;
  readonly answered: CodecDescription;
}

function readLegs(offer: Sdp, relayed: Sdp, answerFromB: Sdp) {
  const [fromA, toB, fromB] = [readAudio(offer), readAudio(relayed), readAudio(answerFromB)];
  if (!fromA.ok) return fromA;
  if (!toB.ok) return toB;
  if (!fromB.ok) return fromB;
  const { ptimeMs, maxptimeMs } = fromB.line;
  const legs: CodecLegs[] = [];
  for (const { first, second } of pairCodecs(fromB.line.codecs, toB.line.codecs)) {
    const offered = fromA.line.codecs.find((codec) => sameCodec(codec, second));
    if (offered) legs.push({ offered, relayed: second, answered: first });
  }
  return { ok: true, legs, description: fromA.description, ptimeMs, maxptimeMs } as const;
}

function readAudio(sdp: Sdp) {
  const read = readDescription(sdp);
  if (!read.ok) return read;
  const audio = findAudio(read.description);
  if (!audio.ok) return audio;
  const line = read.description.media[audio.index];
  return line ? ({ ok: true, description: read.description, line } as const) : noCommonCodec();
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
