import { isOpenAudio } from './audio-line.ts';
import { answeredCodecs, withNumbersKept } from './codec-pairs.ts';
import { type CodecDescription, isVoice } from './codec.ts';
import { narrowed } from './direction.ts';
import { statedDirection } from './hold.ts';
import { type AudioLine, audioLines, type LocalMedia, writeDescription } from './local-media.ts';
import type { PassedLine, RefusedLine } from './local-media.ts';
import { type Negotiated, refuse } from './negotiated.ts';
import { type NegotiatedMedia, negotiatedMedia } from './negotiated-media.ts';
import { matchLines } from './offer-answer.ts';
import { type MediaDescription, readDescription, type Sdp } from './session-description.ts';
import { answerSecurity, type LocalSecurity, offerSecurity } from './srtp-negotiation.ts';

/** One stream that a recording server is sent. */
export interface FeedLine {
  /** `a=label` (RFC 4574). */
  readonly label: string;
  readonly port: number;
  /** What the copies are in; those of the server may be fewer. */
  readonly codecs: readonly CodecDescription[];
  readonly security?: LocalSecurity | undefined;
}

/** What our descriptions to a recording server say (RFC 7866 §7.1). */
export interface LocalFeed {
  readonly address: string;
  readonly sessionId: string;
  readonly version: number;
  readonly direction: 'sendonly' | 'inactive';
  readonly lines: readonly FeedLine[];
}

/** Of each line what was agreed; absent where the server has refused it. */
export type AgreedFeed = readonly (NegotiatedMedia | undefined)[];

/** What a later round knows of those before. */
export interface EarlierFeed {
  readonly previous?: Sdp | undefined;
  readonly agreed?: AgreedFeed | undefined;
}

/**
 * Writes an offer with a line `a=sendonly` for each stream, each with its label (RFC 7866 §7.1.1).
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` as `createOffer`.
 */
export function createFeedOffer(feed: LocalFeed, { previous, agreed }: EarlierFeed = {}): Sdp {
  const read = previous === undefined ? undefined : readDescription(previous);
  const before = read?.ok ? read.description.media : [];
  const lines = feed.lines.map((line, index) => {
    const last = before[index];
    const { protocol, attributes } = offerSecurity(
      { security: line.security, agreed: agreed?.[index]?.security },
      { previous: last && last.port > 0 ? last : undefined, feedback: false },
    );
    const codecs = withNumbersKept(line.codecs, last?.codecs ?? []);
    const { direction } = feed;
    return written(feed, line, { codecs, direction, protocol, rtcpMux: false, attributes });
  });
  return describe(feed, lines);
}

/** Takes the answer to it: a line with port 0 is not recorded; where all are so, it is refused. */
export function applyFeedAnswer({
  offer,
  answer,
  agreed,
}: {
  offer: Sdp;
  answer: Sdp;
  agreed?: AgreedFeed | undefined;
}): Negotiated<{ lines: AgreedFeed }> {
  const ours = readDescription(offer);
  if (!ours.ok) return ours;
  const theirs = readDescription(answer);
  if (!theirs.ok) return theirs;
  const { length: count } = ours.description.media;
  const { length: answered } = theirs.description.media;
  if (count !== answered) {
    return refuse('LINE_COUNT', `${answered} media lines answer ${count}`, 'RFC 3264 §6');
  }
  const lines: (NegotiatedMedia | undefined)[] = [];
  for (const [index, our] of ours.description.media.entries()) {
    const their = theirs.description.media[index];
    if (their === undefined || !isOpenAudio(their)) {
      lines.push(undefined);
      continue;
    }
    const matched = matchLines(our, their, agreed?.[index]);
    if (!matched.ok) return matched;
    lines.push(matched.media);
  }
  return someOf(lines);
}

/** Answers what a recording server offers: to pause, to move, or to refresh the session. */
export function answerFeedOffer({
  offer,
  feed,
  agreed,
}: {
  offer: Sdp;
  feed: LocalFeed;
  agreed?: AgreedFeed | undefined;
}): Negotiated<{ answer: Sdp; lines: AgreedFeed }> {
  const read = readDescription(offer);
  if (!read.ok) return read;
  const lines: (NegotiatedMedia | undefined)[] = [];
  const texts: (PassedLine | RefusedLine)[] = [];
  for (const [index, theirs] of read.description.media.entries()) {
    const ours = feed.lines[index];
    const made = ours && answerLine(feed, ours, { theirs, agreed: agreed?.[index] });
    if (made && !made.ok) return made;
    lines.push(made?.media);
    texts.push(made?.text ?? theirs);
  }
  const some = someOf(lines);
  if (!some.ok) return some;
  return { ok: true, answer: describe(feed, texts), lines };
}

function answerLine(
  feed: LocalFeed,
  ours: FeedLine,
  { theirs, agreed }: { theirs: MediaDescription; agreed: NegotiatedMedia | undefined },
): Negotiated<{ media?: NegotiatedMedia; text?: PassedLine }> {
  if (!isOpenAudio(theirs)) return { ok: true };
  const { security, codecs } = ours;
  const secured = answerSecurity(theirs, { security, agreed: agreed?.security });
  if (!secured.ok) return secured;
  const pairs = answeredCodecs(theirs.codecs, localMedia(feed, ours, codecs));
  if (!pairs.some((pair) => isVoice(pair.ours))) return { ok: true };
  const direction = narrowed(feed.direction, statedDirection(theirs));
  const media = negotiatedMedia(theirs, pairs, {
    direction,
    rtcpMux: theirs.rtcpMux,
    rtcpReducedSize: false,
    headerExtensions: [],
    security: secured.security,
    hold: false,
  });
  if (!media.ok) return media;
  const text = written(feed, ours, {
    codecs: pairs.map((pair) => pair.ours),
    direction,
    protocol: theirs.protocol,
    rtcpMux: theirs.rtcpMux,
    mid: theirs.mid,
    attributes: secured.attributes,
  });
  return { ok: true, media: media.media, text };
}

function someOf(lines: AgreedFeed): Negotiated<{ lines: AgreedFeed }> {
  if (lines.some((line) => line !== undefined)) return { ok: true, lines };
  return refuse('AUDIO_REJECTED', 'no stream is taken', 'RFC 3264 §6');
}

function written(feed: LocalFeed, line: FeedLine, audio: AudioLine): PassedLine {
  const attributes = [`label:${line.label}`, ...(audio.attributes ?? [])];
  const texts = audioLines(localMedia(feed, line, audio.codecs), { ...audio, attributes });
  return { passed: texts.map((text) => ({ type: text.charAt(0), value: text.slice(2) })) };
}

function describe(feed: LocalFeed, lines: readonly (PassedLine | RefusedLine)[]): Sdp {
  const codecs = feed.lines.flatMap((line) => line.codecs);
  const [first = { label: '0', port: 9, codecs }] = feed.lines;
  return writeDescription({ local: localMedia(feed, first, codecs), lines });
}

function localMedia(
  { address, sessionId, version, direction }: LocalFeed,
  { port }: FeedLine,
  codecs: readonly CodecDescription[],
): LocalMedia {
  return { address, port, codecs, direction, sessionId, version };
}
