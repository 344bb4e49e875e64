import sdpTransform, { type MediaDescription as RawMedia } from 'sdp-transform';
import { type CodecDescription, isToken, staticCodec } from './codec.ts';
import type { MediaDirection } from './direction.ts';
import type { Negotiated, SdpRefused } from './negotiated.ts';
import { hasFlag, valuesOf } from './attributes.ts';
import { type MediaAttributes, readMediaAttributes } from './media-attributes.ts';
import {
  excerpt,
  joinLines,
  malformed,
  SDP_LIMITS,
  type SdpLine,
  type SdpSections,
  splitLines,
} from './sdp-lines.ts';
import { type Connection, readConnection, readMediaLine, readOrigin } from './sdp-fields.ts';
import type { MediaLine, Origin } from './sdp-fields.ts';

/** A session description as it stands on the wire (RFC 8866). */
export type Sdp = string;

/** A session description, read. Everything in it was said by the peer, none of it is trusted. */
export interface SessionDescription {
  readonly origin: Origin;
  readonly connection?: Connection;
  /** Stated for the session; holds for lines that state none. */
  readonly direction?: MediaDirection;
  /** The `mid`s that shall share one transport (RFC 9143), as `a=group:BUNDLE` lists them. */
  readonly bundle: readonly string[];
  /** Values of the session's `a=` lines as they stood. */
  readonly attributes: readonly string[];
  readonly media: readonly MediaDescription[];
  /** Every line before the first `m=`, in order, understood or not. */
  readonly lines: readonly SdpLine[];
}

/** One media line with what belongs to it (RFC 8866 §5.14). */
export interface MediaDescription extends MediaLine, MediaAttributes {
  /** Its own `c=` lines, else the session's; empty where there is none. */
  readonly connections: readonly Connection[];
  /** `sendrecv` where neither line nor session states one (RFC 8866 §6.7). */
  readonly direction: MediaDirection;
  /** In the order of the line's formats; payload types that nobody explains are left out. */
  readonly codecs: readonly CodecDescription[];
  readonly ptimeMs?: number;
  readonly maxptimeMs?: number;
  /** Where RTCP goes when not to the next port (RFC 3605). */
  readonly rtcp?: { readonly port: number; readonly address?: string };
  /** RFC 5761. */
  readonly rtcpMux: boolean;
  /** Values of all its `a=` lines as they stood, also those that nobody here understands. */
  readonly attributes: readonly string[];
  /** Every line from `m=` on, in order, understood or not. */
  readonly lines: readonly SdpLine[];
}

/** What came of reading one. */
type ReadDescription = Negotiated<{ description: SessionDescription }>;

/** In a call the same text is read by each who has to do with it, ten times and more. */
const recent = new Map<Sdp, ReadDescription>();
const MOST_RECENT = 16;
/** What is longer is not kept, nor are keys (RFC 4568), which end with their call. */
const MOST_KEPT_LENGTH = 8192;
const HAS_KEYS = /^a=crypto:/im;

/**
 * Reads a description within `SDP_LIMITS`. Strict where RFC 8866 is about the lines that we use,
 * indifferent to attributes that we do not know; whatever comes in, a value comes out. Nothing is
 * lost: `formatDescription` gives all lines again.
 */
export function readDescription(sdp: Sdp): ReadDescription {
  const known = recent.get(sdp);
  if (known !== undefined) return known;
  const read = readAnew(sdp);
  if (sdp.length > MOST_KEPT_LENGTH || HAS_KEYS.test(sdp)) return read;
  const oldest = recent.size < MOST_RECENT ? undefined : recent.keys().next().value;
  if (oldest !== undefined) recent.delete(oldest);
  recent.set(sdp, read);
  return read;
}

function readAnew(sdp: Sdp): ReadDescription {
  const split = splitLines(sdp);
  if (!split.ok) return split;
  const { sections } = split;
  const flaw = flawedAttribute(sections);
  if (flaw) return flaw;
  const origin = readOrigin(sections.session);
  if (!origin.ok) return origin;
  const shared = readConnections(sections.session);
  if (!shared.ok) return shared;
  const raw = readAttributes(sections);
  const attributes = valuesOfAttributes(sections.session);
  const session = { attributes, connections: shared.connections, direction: raw.direction };
  const media: MediaDescription[] = [];
  for (const [index, lines] of sections.media.entries()) {
    const read = raw.media[index];
    if (!read) return malformed('a media line could not be read', '§5.14');
    const one = readMedia(lines, read, session);
    if (!one.ok) return one;
    media.push(one.media);
  }
  const connection = shared.connections[0];
  const description = {
    origin: origin.origin,
    ...(connection && { connection }),
    ...(raw.direction && { direction: raw.direction }),
    bundle: bundled(attributes),
    attributes,
    media,
    lines: sections.session,
  };
  return { ok: true, description };
}

/** A description's text; of one that was read it is what was read, with CRLF at every line. */
export function formatDescription(
  description: Pick<SessionDescription, 'lines'> & {
    readonly media: readonly Pick<MediaDescription, 'lines'>[];
  },
): Sdp {
  return joinLines({
    session: description.lines,
    media: description.media.map(({ lines }) => lines),
  });
}

/**
 * Attributes as sdp-transform reads them. It sees only our stand-ins for the media lines, for it
 * loses lines such as `m=audio 49170/2`, and no `o=`, `c=` or `t=`, of which it keeps the last.
 */
function readAttributes({ session, media }: SdpSections) {
  const lines = ['v=0', ...attributeLines(session)];
  for (const section of media) lines.push('m=audio 9 RTP/AVP 0', ...attributeLines(section));
  return sdpTransform.parse(lines.join('\r\n'));
}

function attributeLines(lines: readonly SdpLine[]): string[] {
  return lines.filter(({ type }) => type === 'a').map(({ value }) => `a=${normalised(value)}`);
}

function valuesOfAttributes(lines: readonly SdpLine[]): string[] {
  return lines.filter(({ type }) => type === 'a').map(({ value }) => value);
}

/** The first group of RFC 9143; further ones have transports of their own, which we do not make. */
function bundled(attributes: readonly string[]): string[] {
  const group = valuesOf(attributes, 'group').find((value) => /^BUNDLE\b/i.test(value)) ?? '';
  return group.split(/ +/).slice(1, 1 + SDP_LIMITS.mediaLines);
}

/** Names are case-sensitive (RFC 8866 §5.13), and yet phones exist that write `a=SendRecv`. */
function normalised(attribute: string): string {
  const colon = attribute.indexOf(':');
  if (colon < 0) return attribute.toLowerCase().trimEnd();
  return attribute.slice(0, colon).toLowerCase() + attribute.slice(colon).trimEnd();
}

function readMedia(
  lines: readonly SdpLine[],
  raw: RawMedia,
  session: {
    attributes: readonly string[];
    connections: readonly Connection[];
    direction: MediaDirection | undefined;
  },
): Negotiated<{ media: MediaDescription }> {
  const line = readMediaLine(lines[0]?.value ?? '');
  if (!line.ok) return line;
  const attributes = valuesOfAttributes(lines);
  const own = readConnections(lines);
  if (!own.ok) return own;
  const ptimeMs = positive(raw.ptime);
  const maxptimeMs = positive(raw.maxptime);
  const rtcpPort = positive(raw.rtcp?.port);
  const rtcpAddress = raw.rtcp?.address;
  const media = {
    ...line.line,
    connections: own.connections.length > 0 ? own.connections : session.connections,
    direction: raw.direction ?? session.direction ?? 'sendrecv',
    codecs: readCodecs(line.line.formats, raw),
    ...(ptimeMs !== undefined && { ptimeMs }),
    ...(maxptimeMs !== undefined && { maxptimeMs }),
    ...(rtcpPort !== undefined &&
      rtcpPort <= 65_535 && {
        rtcp: {
          port: rtcpPort,
          ...(rtcpAddress !== undefined && { address: String(rtcpAddress) }),
        },
      }),
    rtcpMux: raw.rtcpMux !== undefined || hasFlag(attributes, 'rtcp-mux-only'),
    ...readMediaAttributes(attributes, session.attributes),
    attributes,
    lines,
  };
  return { ok: true, media };
}

/** sdp-transform makes numbers of whatever looks like one, so every field is normalised here. */
function readCodecs(formats: readonly string[], raw: RawMedia): CodecDescription[] {
  const codecs: CodecDescription[] = [];
  for (const format of formats) {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : 128;
    if (payloadType > 127 || codecs.some((codec) => codec.payloadType === payloadType)) continue;
    const map = raw.rtp.find((rtp) => Number(rtp.payload) === payloadType);
    const fmtp = raw.fmtp.find((one) => Number(one.payload) === payloadType)?.config;
    const codec = map ? mappedCodec(payloadType, map) : staticCodec(payloadType);
    if (codec && isToken(codec.name))
      codecs.push(fmtp === undefined ? codec : { ...codec, fmtp: String(fmtp).trim() });
  }
  return codecs;
}

function mappedCodec(payloadType: number, map: RawMedia['rtp'][number]): CodecDescription {
  const name = String(map.codec).toLowerCase();
  const known = staticCodec(payloadType);
  const fallback = known?.name === name ? known.clockRate : 8000;
  const channels = positive(map.encoding) ?? 1;
  const stated = positive(map.rate) ?? fallback;
  // RFC 3551 §4.5.2: G.722's clock is 8000 Hz, though some write what it samples at
  const clockRate = name === 'g722' && stated === 16_000 ? 8000 : stated;
  return { name, payloadType, clockRate, ...(channels > 1 && { channels }) };
}

function positive(value: unknown): number | undefined {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) && number > 0 ? Math.floor(number) : undefined;
}

function readConnections(
  lines: readonly SdpLine[],
): Negotiated<{ connections: readonly Connection[] }> {
  const connections: Connection[] = [];
  for (const { type, value } of lines) {
    if (type !== 'c') continue;
    const read = readConnection(value);
    if (!read.ok) return read;
    connections.push(read.connection);
  }
  return { ok: true, connections };
}

/** `a=rtpmap` and `a=fmtp` decide what bytes mean, so a broken one is not passed over. */
function flawedAttribute({ media }: SdpSections): SdpRefused | undefined {
  for (const { type, value } of media.flat()) {
    if (type !== 'a') continue;
    const rtpmap = /^rtpmap(?::(\d*)( +[^\s/]+)?|$)/i.exec(value);
    if (rtpmap && (!isPayloadType(rtpmap[1]) || !rtpmap[2])) {
      return malformed(`not an rtpmap: ${excerpt(value)}`, '§6.6');
    }
    if (/^fmtp(:?$|:?\s)/i.test(value)) {
      return malformed(`fmtp without a format: ${excerpt(value)}`, '§6.15');
    }
  }
  return undefined;
}

function isPayloadType(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,3}$/.test(text) && Number(text) <= 127;
}
