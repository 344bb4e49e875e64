import { type CodecDescription, isVoice, sameCodec } from './codec.ts';
import { narrowed } from './direction.ts';
import { type LocalMedia, type RefusedLine, writeDescription } from './local-media.ts';
import { type Negotiated, refuse } from './negotiated.ts';
import {
  answersHold,
  type CodecPair,
  findAudio,
  isPlainRtp,
  negotiatedMedia,
  type NegotiatedMedia,
  noCommonCodec,
  offersHold,
  pairCodecs,
  statedDirection,
} from './negotiated-media.ts';
import { readDescription, type Sdp, type SessionDescription } from './session-description.ts';

/**
 * Writes an offer (RFC 3264 §5) with one audio line. In a later round `previous`, the description
 * that we sent last, keeps its media lines in their places and its payload types with their
 * codecs, as RFC 3264 §8 demands; a `previous` that cannot be read counts as none.
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` where `local` is not fit to be written.
 */
export function createOffer(local: LocalMedia, options: { previous?: Sdp } = {}): Sdp {
  const read = options.previous === undefined ? undefined : readDescription(options.previous);
  const previous = read?.ok ? read.description : undefined;
  const audio = previous?.media.findIndex((line) => line.kind === 'audio' && line.port > 0) ?? -1;
  const line = previous?.media[audio];
  return writeDescription({
    local,
    codecs: withNumbersKept(local.codecs, line?.codecs ?? []),
    direction: local.direction,
    protocol: line && isPlainRtp(line.protocol) ? line.protocol : 'RTP/AVP',
    rtcpMux: local.rtcpMux ?? line?.rtcpMux ?? false,
    lines: previous ? linesBeside(previous, audio) : ['audio'],
  });
}

/**
 * Answers an offer (RFC 3264 §6): as many media lines as it has, ours the first audio line in plain
 * RTP, all others refused with port 0. Codecs stand in the offerer's order and under its numbers,
 * restricted to those of `local`; our direction is narrowed to what the offer leaves.
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` where `local` is not fit to be written.
 */
export function negotiateAnswer({
  offer,
  local,
}: {
  offer: Sdp;
  local: LocalMedia;
}): Negotiated<{ answer: Sdp; media: NegotiatedMedia }> {
  const read = readDescription(offer);
  if (!read.ok) return read;
  const { description } = read;
  return answerDescription(description, local, (codecs) =>
    pairCodecs(codecs, local.codecs).map(({ first: theirs, second: ours }) => ({
      theirs,
      ours: { ...ours, payloadType: theirs.payloadType },
    })),
  );
}

/** Answers a description that was read; `choose` says which of its codecs, under which numbers. */
export function answerDescription(
  offer: SessionDescription,
  local: LocalMedia,
  choose: (offered: readonly CodecDescription[]) => readonly CodecPair[],
): Negotiated<{ answer: Sdp; media: NegotiatedMedia }> {
  const audio = findAudio(offer);
  if (!audio.ok) return audio;
  const line = offer.media[audio.index];
  if (!line) return noCommonCodec();
  const pairs = choose(line.codecs);
  if (!pairs.some((pair) => isVoice(pair.ours))) return noCommonCodec();
  const direction = narrowed(local.direction, statedDirection(line));
  const { rtcpMux } = line;
  const round = { direction, rtcpMux, hold: offersHold(line) };
  const media = negotiatedMedia(line, pairs, round);
  if (!media.ok) return media;
  const answer = writeDescription({
    local,
    codecs: pairs.map((pair) => pair.ours),
    direction,
    protocol: line.protocol,
    rtcpMux,
    lines: linesBeside(offer, audio.index),
  });
  return { ok: true, answer, media: media.media };
}

/**
 * Takes the answer to an offer of ours (RFC 3264 §7). We send the first codec of the answer that we
 * offered, under the answer's number, and receive under the offer's.
 */
export function applyAnswer({
  offer,
  answer,
}: {
  offer: Sdp;
  answer: Sdp;
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
  return matchAnswer(ours.description, theirs.description);
}

function matchAnswer(
  offer: SessionDescription,
  answer: SessionDescription,
): Negotiated<{ media: NegotiatedMedia }> {
  const audio = findAudio(offer);
  if (!audio.ok) return audio;
  const [ours, theirs] = [offer.media[audio.index], answer.media[audio.index]];
  if (!ours || !theirs || theirs.kind !== 'audio' || theirs.port === 0) {
    return refuse('AUDIO_REJECTED', 'the answer refuses audio', 'RFC 3264 §6');
  }
  if (!isPlainRtp(theirs.protocol)) {
    return refuse('UNSUPPORTED_PROFILE', `${theirs.protocol} was not offered`, 'RFC 3264 §6');
  }
  const pairs = pairCodecs(theirs.codecs, ours.codecs);
  return negotiatedMedia(
    theirs,
    pairs.map(({ first, second }) => ({ theirs: first, ours: second })),
    {
      direction: narrowed(ours.direction, statedDirection(theirs)),
      rtcpMux: ours.rtcpMux && theirs.rtcpMux,
      hold: answersHold(theirs, ours.direction),
    },
  );
}

function linesBeside(
  { media }: SessionDescription,
  audio: number,
): readonly (RefusedLine | 'audio')[] {
  const lines = media.map((line, index) => (index === audio ? 'audio' : line));
  return audio < 0 ? [...lines, 'audio'] : lines;
}

/** A number may not come to mean another codec within a session (RFC 3264 §8.3.2). */
function withNumbersKept(
  codecs: readonly CodecDescription[],
  previous: readonly CodecDescription[],
): readonly CodecDescription[] {
  const used = new Set(previous.map((codec) => codec.payloadType));
  return codecs.map((codec) => {
    const known = previous.find((other) => sameCodec(other, codec));
    if (known) return { ...codec, payloadType: known.payloadType };
    const payloadType = used.has(codec.payloadType) ? freeNumber(used) : codec.payloadType;
    used.add(payloadType);
    return { ...codec, payloadType };
  });
}

/** Dynamic payload types are 96–127 (RFC 3551 §3). */
function freeNumber(used: ReadonlySet<number>): number {
  for (let number = 96; number < 127; number++) if (!used.has(number)) return number;
  return 127;
}
