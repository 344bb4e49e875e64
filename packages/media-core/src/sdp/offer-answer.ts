import { findAudio, isOpenAudio, isSwitchedOff, placeOfAudio } from './audio-line.ts';
import { answeredCodecs, type CodecPair, pairCodecs, withNumbersKept } from './codec-pairs.ts';
import { type CodecDescription, isVoice } from './codec.ts';
import { narrowed } from './direction.ts';
import { answersHold, offersHold, statedDirection } from './hold.ts';
import { iceAttributes } from './ice-attributes.ts';
import { answerIce, appliedIce } from './ice-negotiation.ts';
import {
  type LocalMedia,
  type PassedLine,
  type RefusedLine,
  writeDescription,
} from './local-media.ts';
import type { HeaderExtension } from './media-attributes.ts';
import {
  type NegotiatedMedia,
  negotiatedMedia,
  noCommonCodec,
  restingMedia,
} from './negotiated-media.ts';
import { type Negotiated, refuse } from './negotiated.ts';
import {
  type MediaDescription,
  readDescription,
  type Sdp,
  type SessionDescription,
} from './session-description.ts';
import { appliedSecurity, offerSecurity } from './srtp-negotiation.ts';

/** What a later round of a session knows of those before it. */
export interface EarlierRounds {
  /** The description that we sent last; one that cannot be read counts as none. */
  readonly previous?: Sdp;
  /** What was agreed last: what was encrypted stays so, and a line can be switched off. */
  readonly agreed?: NegotiatedMedia;
}

/**
 * Writes an offer (RFC 3264 §5) with one audio line. In a later round the media lines of
 * `previous` keep their places and its payload types their codecs, as RFC 3264 §8 demands.
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` where `local` is not fit to be written, or has no
 * keys for what must be encrypted.
 */
export function createOffer(local: LocalMedia, { previous, agreed }: EarlierRounds = {}): Sdp {
  const read = previous === undefined ? undefined : readDescription(previous);
  const before = read?.ok ? read.description : undefined;
  const index = before ? placeOfAudio(before) : -1;
  return offerAround(local, { before, index, agreed });
}

/** Writes an offer among lines that are there, or pass: `index` is the place of audio, or -1. */
export function offerAround(
  local: LocalMedia,
  {
    before,
    index,
    agreed,
    others,
  }: {
    before?: SessionDescription | undefined;
    index: number;
    agreed?: NegotiatedMedia | undefined;
    others?: readonly (RefusedLine | PassedLine)[];
  },
): Sdp {
  const line = before?.media[index];
  const { protocol, attributes } = offerSecurity(
    { security: local.security, agreed: agreed?.security },
    { previous: line && line.port > 0 ? line : undefined, feedback: local.feedback ?? false },
  );
  const extensions = (local.headerExtensions ?? []).map((uri, at) => ({ id: at + 1, uri }));
  const lines = others ?? before?.media ?? [];
  const isForBrowsers = protocol.endsWith('F') && local.ice !== undefined;
  return writeDescription({
    local,
    audio: {
      codecs: withNumbersKept(local.codecs, line?.codecs ?? []),
      direction: local.direction,
      protocol,
      rtcpMux: local.rtcpMux ?? line?.rtcpMux ?? false,
      // as JSEP has it (RFC 9429 §5.2.1): a browser takes no other line, and none out of its bundle
      mid: line?.mid ?? (isForBrowsers ? FIRST_MID : undefined),
      isBundled:
        line?.mid === undefined ? isForBrowsers : before?.bundle.includes(line.mid) === true,
      isIceLite: local.ice?.lite === true,
      hasStreamId: isForBrowsers,
      attributes: [
        ...attributes,
        ...(local.ice ? iceAttributes(local.ice) : []),
        ...extensionAttributes(extensions),
        ...(local.rtcpReducedSize ? ['rtcp-rsize'] : []),
        ...(local.voipMetrics ? [VOIP_METRICS] : []),
      ],
    },
    lines: withAudioAt(lines, index),
  });
}

/** As browsers call their first line, so that a session that moves to another endpoint keeps its line. */
const FIRST_MID = '0';

/**
 * Answers an offer (RFC 3264 §6): as many media lines as it has, ours the first audio line that we
 * can have, all others refused with port 0. Codecs stand under the offerer's numbers, restricted to
 * those of `local`; our direction is narrowed to what the offer leaves. An offer that switches the
 * audio of a session off is answered in kind where `agreed` says what rests from then on (§8.2).
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` where `local` is not fit to be written.
 */
export function negotiateAnswer({
  offer,
  local,
  agreed,
}: {
  offer: Sdp;
  local: LocalMedia;
  agreed?: NegotiatedMedia;
}): Negotiated<{ answer: Sdp; media: NegotiatedMedia }> {
  const read = readDescription(offer);
  if (!read.ok) return read;
  const { description } = read;
  if (agreed && isSwitchedOff(description)) {
    const answer = writeDescription({ local, lines: description.media });
    return { ok: true, answer, media: restingMedia(agreed) };
  }
  return answerDescription(description, { local, agreed }, (codecs) =>
    answeredCodecs(codecs, local),
  );
}

/** What answers a description that was read. */
export interface Answerer {
  readonly local: LocalMedia;
  readonly agreed?: NegotiatedMedia | undefined;
  /** Lines beside audio that are not refused, by their places. */
  readonly others?: ReadonlyMap<number, PassedLine>;
}

/** Answers a description that was read; `choose` says which of its codecs, under which numbers. */
export function answerDescription(
  offer: SessionDescription,
  { local, agreed, others }: Answerer,
  choose: (offered: readonly CodecDescription[]) => readonly CodecPair[],
): Negotiated<{ answer: Sdp; media: NegotiatedMedia }> {
  const audio = findAudio(offer, { security: local.security, agreed: agreed?.security });
  if (!audio.ok) return audio;
  const { line, secured } = audio;
  const pairs = choose(line.codecs);
  if (!pairs.some((pair) => isVoice(pair.ours))) return noCommonCodec();
  const { ice, attributes } = answerIce(line, local.ice);
  const round = {
    direction: narrowed(local.direction, statedDirection(line)),
    rtcpMux: line.rtcpMux,
    rtcpReducedSize: line.rtcpReducedSize && local.rtcpReducedSize === true,
    headerExtensions: line.headerExtensions.filter(({ uri }) => understands(local, uri)),
    security: secured.security,
    hold: offersHold(line),
  };
  const media = negotiatedMedia(line, pairs, { ...round, ice, ptimeMs: local.ptimeMs });
  if (!media.ok) return media;
  const answer = writeDescription({
    local,
    audio: {
      codecs: pairs.map((pair) => pair.ours),
      direction: round.direction,
      protocol: line.protocol,
      rtcpMux: round.rtcpMux,
      mid: line.mid,
      isBundled: line.mid !== undefined && offer.bundle.includes(line.mid),
      isIceLite: ice?.local.lite === true,
      hasStreamId: line.attributes.some((value) => value.startsWith('msid:')),
      attributes: [
        ...secured.attributes,
        ...attributes,
        ...extensionAttributes(round.headerExtensions),
        ...(round.rtcpReducedSize ? ['rtcp-rsize'] : []),
        // only to whoever speaks of it: the attribute is each side's own wish
        ...(local.voipMetrics && line.voipMetrics ? [VOIP_METRICS] : []),
      ],
    },
    lines: withAudioAt(
      offer.media.map((one, at) => others?.get(at) ?? one),
      audio.index,
    ),
  });
  return { ok: true, answer, media: media.media };
}

/**
 * Takes the answer to an offer of ours (RFC 3264 §7). We send the first codec of the answer that we
 * offered, under the answer's number, and receive under the offer's. With `agreed`, what the round
 * before gave, an answer may switch audio off, and may not decrypt it.
 */
export function applyAnswer({
  offer,
  answer,
  agreed,
}: {
  offer: Sdp;
  answer: Sdp;
  agreed?: NegotiatedMedia;
}): Negotiated<{ media: NegotiatedMedia }> {
  const ours = readDescription(offer);
  if (!ours.ok) return ours;
  const theirs = readDescription(answer);
  if (!theirs.ok) return theirs;
  const count = ours.description.media.length;
  const answered = theirs.description.media.length;
  if (count !== answered) {
    return refuse('LINE_COUNT', `${answered} media lines answer ${count}`, 'RFC 3264 §6');
  }
  if (agreed && isSwitchedOff(ours.description)) return { ok: true, media: restingMedia(agreed) };
  return matchDescriptions(ours.description, theirs.description, agreed);
}

function matchDescriptions(
  ours: SessionDescription,
  theirs: SessionDescription,
  agreed: NegotiatedMedia | undefined,
): Negotiated<{ media: NegotiatedMedia }> {
  const lines = ours.media.map((our, index) => ({ our, their: theirs.media[index] }));
  const offered = lines.filter(({ our }) => isOpenAudio(our));
  if (offered.length === 0) {
    return refuse('NO_AUDIO', 'the offer has no open audio line', 'RFC 3264 §5');
  }
  for (const { our, their } of offered) {
    if (their && isOpenAudio(their)) return matchLines(our, their, agreed);
  }
  const isAudio = offered.every(({ their }) => their?.kind === 'audio');
  if (agreed && isAudio) return { ok: true, media: restingMedia(agreed) };
  return refuse('AUDIO_REJECTED', 'the answer refuses audio', 'RFC 3264 §6');
}

/** What our line and the one that answers it make. */
export function matchLines(
  ours: MediaDescription,
  theirs: MediaDescription,
  agreed: NegotiatedMedia | undefined,
): Negotiated<{ media: NegotiatedMedia }> {
  const secured = appliedSecurity(ours, theirs, agreed?.security);
  if (!secured.ok) return secured;
  const pairs = pairCodecs(theirs.codecs, ours.codecs);
  return negotiatedMedia(
    theirs,
    pairs.map(({ first, second }) => ({ theirs: first, ours: second })),
    {
      direction: narrowed(ours.direction, statedDirection(theirs)),
      rtcpMux: ours.rtcpMux && theirs.rtcpMux,
      rtcpReducedSize: ours.rtcpReducedSize && theirs.rtcpReducedSize,
      headerExtensions: theirs.headerExtensions.filter((theirOne) =>
        ours.headerExtensions.some(({ id, uri }) => id === theirOne.id && uri === theirOne.uri),
      ),
      hold: answersHold(theirs, ours.direction),
      security: secured.security,
      ice: appliedIce(ours, theirs),
      ptimeMs: ours.ptimeMs,
    },
  );
}

/** All of RFC 3611 that we read. */
const VOIP_METRICS = 'rtcp-xr:voip-metrics';

function withAudioAt(
  lines: readonly (RefusedLine | PassedLine)[],
  index: number,
): readonly (RefusedLine | PassedLine | 'audio')[] {
  const among = lines.map((line, at) => (at === index ? 'audio' : line));
  return index < 0 ? [...among, 'audio'] : among;
}

function understands({ headerExtensions = [] }: LocalMedia, uri: string): boolean {
  return headerExtensions.includes(uri);
}

function extensionAttributes(extensions: readonly HeaderExtension[]): string[] {
  return extensions.map(({ id, uri }) => `extmap:${id} ${uri}`);
}
