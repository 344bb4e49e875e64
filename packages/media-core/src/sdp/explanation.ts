import { valuesOf } from './attributes.ts';
import { findAudio, isSwitchedOff } from './audio-line.ts';
import { answeredCodecs } from './codec-pairs.ts';
import { type CodecDescription, isVoice, sameCodec } from './codec.ts';
import { parseCrypto } from './crypto-attribute.ts';
import { type MediaDirection, narrowed } from './direction.ts';
import { isZeroAddress, statedDirection } from './hold.ts';
import { answerIce } from './ice-negotiation.ts';
import type { LocalMedia } from './local-media.ts';
import type { MediaSecurity } from './media-security.ts';
import type { NegotiatedMedia } from './negotiated-media.ts';
import type { Negotiated, SdpRefusal } from './negotiated.ts';
import { negotiateAnswer } from './offer-answer.ts';
import {
  type MediaDescription,
  readDescription,
  type Sdp,
  type SessionDescription,
} from './session-description.ts';
import { answerSecurity, type SecurityContext } from './srtp-negotiation.ts';

/** What became of one format of the audio line. */
export interface CodecExplanation {
  /** As the offer writes it, such as `opus/48000/2 (111)`. */
  readonly codec: string;
  readonly taken: boolean;
  readonly why: string;
}

/** What became of one line of an offer. */
export interface LineExplanation {
  /** Its place, from 0. */
  readonly index: number;
  /** As `m=` has it, such as `audio 5004 RTP/AVP`. */
  readonly line: string;
  readonly taken: boolean;
  readonly why: string;
  /** Of the line that was taken, or would have been: one for each format. */
  readonly codecs: readonly CodecExplanation[];
  /** What else was decided about it: keys, ICE, direction, attributes that go unanswered. */
  readonly notes: readonly string[];
}

/** Why an offer is answered as it is. */
export interface NegotiationExplanation {
  readonly accepted: boolean;
  /** Absent where it was accepted. */
  readonly refusal?: SdpRefusal;
  readonly lines: readonly LineExplanation[];
  /** All of it for a person to read, a line of text for each thing. */
  readonly text: string;
}

/**
 * Says line by line why `negotiateAnswer` takes or refuses what an offer has. It changes nothing
 * and has no opinion of its own: every decision is asked of whoever makes it.
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` where `local` is not fit to be written.
 */
export function explainNegotiation(round: {
  offer: Sdp;
  local: LocalMedia;
  agreed?: NegotiatedMedia;
}): NegotiationExplanation {
  const answered = negotiateAnswer(round);
  const read = readDescription(round.offer);
  const lines = read.ok ? explainLines(read.description, round, refusalOf(answered)) : [];
  const head = answered.ok
    ? 'The offer is accepted.'
    : `The offer is refused: ${told(answered.reason)}.`;
  const text = [head, ...lines.flatMap(printed)].join('\n');
  if (answered.ok) return { accepted: true, lines, text };
  return { accepted: false, refusal: answered.reason, lines, text };
}

interface Context {
  readonly local: LocalMedia;
  readonly agreed?: NegotiatedMedia;
}

function refusalOf(answered: Negotiated<object>): SdpRefusal | undefined {
  return answered.ok ? undefined : answered.reason;
}

function explainLines(
  offer: SessionDescription,
  context: Context,
  refusal: SdpRefusal | undefined,
): LineExplanation[] {
  const security = { security: context.local.security, agreed: context.agreed?.security };
  const audio = findAudio(offer, security);
  return offer.media.map((line, index) => {
    const ours = audio.ok && audio.index === index;
    const codecs = ours ? explainCodecs(line.codecs, line.formats, context.local) : [];
    return {
      index,
      line: `${line.kind} ${line.port} ${line.protocol}`,
      taken: ours && refusal === undefined,
      why: ours ? whyOurs(refusal) : whyNot(line, offer, { ...security, hasAudio: audio.ok }),
      codecs,
      notes: ours ? notesOn(line, context, audio.secured.security) : [],
    };
  });
}

function whyOurs(refusal: SdpRefusal | undefined): string {
  return refusal ? told(refusal) : 'the audio line that we talk over';
}

function whyNot(
  line: MediaDescription,
  offer: SessionDescription,
  context: SecurityContext & { hasAudio: boolean },
): string {
  if (line.port === 0) {
    if (line.bundleOnly) return 'it lives on the transport of another line only (RFC 9143 §6)';
    return isSwitchedOff(offer) && line.kind === 'audio'
      ? 'it is switched off: audio rests (RFC 3264 §8.2)'
      : 'the offer itself has switched it off (RFC 3264 §8.2)';
  }
  if (line.kind !== 'audio') return `${line.kind} is not ours to take (RFC 3264 §6)`;
  const secured = answerSecurity(line, context);
  if (!secured.ok) return told(secured.reason);
  return context.hasAudio ? 'one audio line is enough, and another is better' : 'it is not usable';
}

function explainCodecs(
  offered: readonly CodecDescription[],
  formats: readonly string[],
  local: LocalMedia,
): CodecExplanation[] {
  const pairs = answeredCodecs(offered, local);
  const [voice] = pairs.filter(({ theirs }) => isVoice(theirs));
  return formats.map((format) => {
    const codec = offered.find(({ payloadType }) => payloadType === Number(format));
    if (!codec)
      return { codec: format, taken: false, why: 'no rtpmap says what it is (RFC 8866 §6.6)' };
    const name = nameOf(codec);
    if (!pairs.some(({ theirs }) => theirs === codec)) {
      return { codec: name, taken: false, why: whyNoCodec(codec, local, pairs.length > 0) };
    }
    return { codec: name, taken: true, why: whyTaken(codec, voice?.theirs) };
  });
}

function whyTaken(codec: CodecDescription, voice: CodecDescription | undefined): string {
  if (codec === voice) return 'we send it: the first that both have';
  if (codec.name !== 'cn') return 'both have it';
  return codec.clockRate === voice?.clockRate
    ? 'silence is told by it, both ways (RFC 3389)'
    : `both have it; of no use beside ${voice?.clockRate} Hz (RFC 3389 §4)`;
}

function whyNoCodec(codec: CodecDescription, { codecs }: LocalMedia, hasOther: boolean): string {
  if (hasOther && codecs.some((ours) => sameCodec(ours, codec))) return 'the offer names it twice';
  const namesakes = codecs.filter(({ name }) => name === codec.name);
  if (namesakes.length === 0) return 'we do not have it';
  const atRate = namesakes.filter(({ clockRate }) => clockRate === codec.clockRate);
  const rates = namesakes.map(({ clockRate }) => clockRate).join(', ');
  if (atRate.length === 0) return `we have it at ${rates} Hz`;
  if (atRate.every((ours) => (ours.channels ?? 1) !== (codec.channels ?? 1))) {
    return 'we have it with another number of channels';
  }
  return 'its format parameters do not fit ours';
}

function notesOn(line: MediaDescription, { local }: Context, security: MediaSecurity): string[] {
  const direction = narrowed(local.direction, statedDirection(line));
  const { ice } = answerIce(line, local.ice);
  return [
    directionNote(line, direction),
    securityNote(line, security),
    ...valuesOf(line.attributes, 'crypto').flatMap((value) => {
      const read = parseCrypto(value);
      return read.ok ? [] : [`${read.reason.message} (${read.reason.section})`];
    }),
    ...(line.ice ? [iceNote(line, local, ice !== undefined)] : []),
    ...(line.rtcpMux ? ['RTCP shares the port of RTP (RFC 5761)'] : []),
    ...(line.rtcpReducedSize && !local.rtcpReducedSize ? ['RTCP of reduced size is declined'] : []),
    ...line.headerExtensions
      .filter(({ uri }) => !local.headerExtensions?.includes(uri))
      .map(({ uri }) => `the header extension ${uri} is declined (RFC 8285 §6)`),
  ];
}

function directionNote(line: MediaDescription, direction: MediaDirection): string {
  const stated = statedDirection(line);
  const old = isZeroAddress(line) ? ', for its address is the old way to say hold' : '';
  return `it offers ${stated}${old}; we answer ${direction}`;
}

function securityNote(line: MediaDescription, security: MediaSecurity): string {
  if (security.kind === 'sdes') return `encrypted with ${security.receive.suite} (RFC 4568)`;
  if (security.kind === 'dtls') return `encrypted, keys by DTLS; we are its ${security.role}`;
  const asked = line.hasCrypto || line.fingerprints.length > 0;
  return asked ? 'in the clear, though encryption was on offer' : 'in the clear';
}

function iceNote(line: MediaDescription, local: LocalMedia, isTaken: boolean): string {
  if (isTaken) return 'ICE is taken up (RFC 8839)';
  if (!local.ice) return 'ICE is left out: we have none here';
  return `ICE is off: ${line.connections[0]?.address ?? 'its address'} is no candidate (RFC 8839 §4.2.5)`;
}

function nameOf({ name, clockRate, channels = 1, payloadType }: CodecDescription): string {
  const form = `${name}/${clockRate}`;
  return `${channels > 1 ? `${form}/${channels}` : form} (${payloadType})`;
}

function told({ message, section }: SdpRefusal): string {
  return `${message} (${section})`;
}

function printed({ index, line, taken, why, codecs, notes }: LineExplanation): string[] {
  return [
    `${index + 1}. ${line}: ${taken ? 'taken' : 'refused'}, ${why}`,
    ...codecs.map((one) => `   ${one.codec}: ${one.taken ? 'taken' : 'refused'}, ${one.why}`),
    ...notes.map((note) => `   ${note}`),
  ];
}
