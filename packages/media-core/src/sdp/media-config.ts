import { isOpenAudio } from './audio-line.ts';
import { pairCodecs } from './codec-pairs.ts';
import { offersHold } from './hold.ts';
import { answeredIce } from './ice-negotiation.ts';
import { type NegotiatedMedia, negotiatedMedia, rtcpDestination } from './negotiated-media.ts';
import { type Negotiated, refuse } from './negotiated.ts';
import { applyAnswer } from './offer-answer.ts';
import { type MediaDescription, readDescription, type Sdp } from './session-description.ts';
import { answeredSecurity } from './srtp-negotiation.ts';

/** Everything that RTP needs to know of a stream, at both ends of it. */
export interface MediaConfig extends NegotiatedMedia {
  /** Where we take RTP and RTCP, as our own description says. */
  readonly local: NegotiatedMedia['remote'];
}

/**
 * Makes RTP's parameters out of the two descriptions of a completed round (RFC 3264 §7): ours and
 * the other side's. `role` says whose was the offer. Both sides come to the same by it.
 */
export function extractMediaConfig({
  local,
  remote,
  role,
}: {
  local: Sdp;
  remote: Sdp;
  role: 'offerer' | 'answerer';
}): Negotiated<{ config: MediaConfig }> {
  const ours = readDescription(local);
  if (!ours.ok) return ours;
  const line = ours.description.media.find(isOpenAudio);
  if (!line) return refuse('NO_AUDIO', 'our description has no open audio line', 'RFC 3264 §6');
  const media =
    role === 'offerer'
      ? applyAnswer({ offer: local, answer: remote })
      : answererMedia(ours.description.media, remote);
  if (!media.ok) return media;
  const address = line.connections[0]?.address ?? '';
  const { rtcpMux } = media.media;
  const { port } = line;
  const at = { address, port, rtcp: rtcpDestination(line, address, rtcpMux) };
  return { ok: true, config: { ...media.media, local: at } };
}

function answererMedia(
  answer: readonly MediaDescription[],
  offer: Sdp,
): Negotiated<{ media: NegotiatedMedia }> {
  const theirs = readDescription(offer);
  if (!theirs.ok) return theirs;
  const { media } = theirs.description;
  if (media.length !== answer.length) {
    return refuse(
      'LINE_COUNT',
      `${answer.length} media lines answer ${media.length}`,
      'RFC 3264 §6',
    );
  }
  const index = answer.findIndex(isOpenAudio);
  const [our, their] = [answer[index], media[index]];
  if (!our || !their || !isOpenAudio(their)) {
    return refuse('NO_AUDIO', 'the answer opens what was not offered', 'RFC 3264 §6');
  }
  return answeredLines(our, their);
}

function answeredLines(
  ours: MediaDescription,
  theirs: MediaDescription,
): Negotiated<{ media: NegotiatedMedia }> {
  const secured = answeredSecurity(ours, theirs);
  if (!secured.ok) return secured;
  const pairs = pairCodecs(ours.codecs, theirs.codecs);
  return negotiatedMedia(
    theirs,
    pairs.map(({ first, second }) => ({ ours: first, theirs: second })),
    {
      direction: ours.direction,
      rtcpMux: ours.rtcpMux && theirs.rtcpMux,
      rtcpReducedSize: ours.rtcpReducedSize && theirs.rtcpReducedSize,
      headerExtensions: ours.headerExtensions,
      hold: offersHold(theirs),
      security: secured.security,
      ice: answeredIce(ours, theirs),
      ptimeMs: ours.ptimeMs,
    },
  );
}
