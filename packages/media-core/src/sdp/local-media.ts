import { isIP } from 'node:net';
import { StrowgerError } from '@strowger/runtime';
import { type CodecDescription, isToken } from './codec.ts';
import type { MediaDirection } from './direction.ts';
import { isIceText } from './ice-attributes.ts';
import type { IceDescription } from './ice-description.ts';
import type { SdpLine } from './sdp-lines.ts';
import type { Sdp } from './session-description.ts';
import type { LocalSecurity } from './srtp-negotiation.ts';

/** What this side has and wants: everything that an offer or an answer of ours says. */
export interface LocalMedia {
  /** IP address for `o=` and `c=`, without brackets. */
  readonly address: string;
  /** RTP's port, 1–65535; RTCP is on the next one. */
  readonly port: number;
  /** In order of preference, telephone-event among them, under the numbers that we prefer. */
  readonly codecs: readonly CodecDescription[];
  readonly direction: MediaDirection;
  /** Digits; the same for the whole session. */
  readonly sessionId: string;
  /** One more for every description that differs from the one before (RFC 3264 §8). */
  readonly version: number;
  /** Told as `a=ssrc` with `cname` (RFC 5576) where both are given. */
  readonly ssrc?: number;
  readonly cname?: string;
  /**
   * What we like to receive, in milliseconds per packet; not told when absent. It is also what we
   * send where the other side wishes nothing.
   */
  readonly ptimeMs?: number;
  readonly maxptimeMs?: number;
  /** Whether an offer proposes RTCP on RTP's port (RFC 5761); answers accept it regardless. */
  readonly rtcpMux?: boolean;
  /** Whether we read and send RTCP of reduced size (RFC 5506); default not. */
  readonly rtcpReducedSize?: boolean;
  /** Whether we read VoIP metrics, and want them of the other side (RFC 3611 §5); default not. */
  readonly voipMetrics?: boolean;
  /** Whether a first offer has a profile with feedback (RFC 4585); answers have the offer's. */
  readonly feedback?: boolean;
  /** Encryption; absent: media in the clear, and an offer that insists on keys is refused. */
  readonly security?: LocalSecurity;
  /** Our end of ICE; absent: none is offered, and an offered one is not taken. */
  readonly ice?: IceDescription;
  /** URIs of header extensions that we understand (RFC 8285); all others are declined. */
  readonly headerExtensions?: readonly string[];
  /** Whose order of codecs an answer keeps; default `theirs` (RFC 3264 §6.1). */
  readonly codecOrder?: 'theirs' | 'ours';
}

/** A media line that we do not take, told with port 0 (RFC 3264 §6). */
export interface RefusedLine {
  readonly kind: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly mid?: string;
}

/** A media line that is between others, as it shall be written. */
export interface PassedLine {
  readonly passed: readonly SdpLine[];
}

/** One audio line of ours. */
export interface AudioLine {
  readonly codecs: readonly CodecDescription[];
  readonly direction: MediaDirection;
  readonly protocol: string;
  readonly rtcpMux: boolean;
  readonly mid?: string | undefined;
  /** Whether it is part of a group with one transport (RFC 9143). */
  readonly isBundled?: boolean;
  /** Whether our end of ICE, which it has, is a lite one. */
  readonly isIceLite?: boolean;
  /** Whether the other side counts its streams by `a=msid` (RFC 8830). */
  readonly hasStreamId?: boolean;
  /** Values of further attributes: security, ICE, header extensions. */
  readonly attributes?: readonly string[];
}

/** A description of ours before it is written: at most one audio line among others. */
export interface LocalDescription {
  readonly local: LocalMedia;
  readonly audio?: AudioLine;
  /** All lines in order; `audio` is the place of ours. */
  readonly lines: readonly (RefusedLine | PassedLine | 'audio')[];
}

/**
 * Writes a description of ours, line by line: what passes through us must come out as it was.
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` where `local` holds what cannot stand in one: these
 * values are the program's own.
 */
export function writeDescription({ local, audio, lines }: LocalDescription): Sdp {
  checkLocal(local, audio?.codecs ?? local.codecs);
  const family = `IN IP${isIP(local.address)} ${local.address}`;
  const texts = [
    'v=0',
    `o=- ${local.sessionId} ${local.version} ${family}`,
    's=-',
    `c=${family}`,
    't=0 0',
    ...(audio?.isBundled && audio.mid !== undefined ? [`a=group:BUNDLE ${audio.mid}`] : []),
    ...(audio?.isIceLite ? ['a=ice-lite'] : []),
  ];
  for (const line of lines) {
    if (line === 'audio') texts.push(...(audio ? audioLines(local, audio) : []));
    else if ('passed' in line)
      texts.push(...line.passed.map(({ type, value }) => `${type}=${value}`));
    else texts.push(...refusedLines(line));
  }
  return `${texts.join('\r\n')}\r\n`;
}

/** The lines of an audio line of ours: `m=` and its attributes. */
export function audioLines(local: LocalMedia, audio: AudioLine): string[] {
  const { codecs, direction, protocol, rtcpMux, mid } = audio;
  const { ssrc, cname, ptimeMs, maxptimeMs } = local;
  const attributes = [
    ...(mid === undefined ? [] : [`mid:${mid}`]),
    ...codecs.map(rtpmap),
    ...codecs.flatMap(({ payloadType, fmtp }) =>
      fmtp === undefined ? [] : [`fmtp:${payloadType} ${fmtp}`],
    ),
    ...(ptimeMs === undefined ? [] : [`ptime:${ptimeMs}`]),
    ...(maxptimeMs === undefined ? [] : [`maxptime:${maxptimeMs}`]),
    ...(audio.attributes ?? []),
    direction,
    ...(cname !== undefined && audio.hasStreamId ? [`msid:${cname} audio`] : []),
    ...(ssrc === undefined || cname === undefined ? [] : [`ssrc:${ssrc} cname:${cname}`]),
    ...(rtcpMux ? ['rtcp-mux'] : []),
  ];
  const formats = codecs.map(({ payloadType }) => payloadType).join(' ');
  return [
    `m=audio ${local.port} ${protocol} ${formats}`,
    ...attributes.map((value) => `a=${value}`),
  ];
}

function refusedLines({ kind, protocol, formats, mid }: RefusedLine): string[] {
  const line = `m=${kind} 0 ${protocol} ${formats.join(' ')}`;
  return mid === undefined ? [line] : [line, `a=mid:${mid}`];
}

function rtpmap({ payloadType, name, clockRate, channels = 1 }: CodecDescription): string {
  const form = `${wireName(name)}/${clockRate}`;
  return `rtpmap:${payloadType} ${channels > 1 ? `${form}/${channels}` : form}`;
}

/** Encoding names are case-insensitive (RFC 8866 §6.6); old phones compare with RFC 3551's. */
function wireName(name: string): string {
  return /^(pcm[ua]|g7\d\d|gsm|l16|cn|qcelp|lpc|dvi4|amr(-wb)?)$/.test(name)
    ? name.toUpperCase()
    : name;
}

function checkLocal(local: LocalMedia, codecs: readonly CodecDescription[]): void {
  const { ice, headerExtensions = [] } = local;
  const texts = [
    local.cname ?? 'x',
    ...codecs.map((codec) => codec.fmtp ?? 'x'),
    ...headerExtensions,
    ...(ice?.candidates ?? []).flatMap((one) => [one.address, one.extensions ?? 'x']),
  ];
  const names = codecs.map((codec) => codec.name);
  const flaw =
    (isIP(local.address) === 0 && 'the address is no IP address') ||
    (!isInteger(local.port, 1, 65_535) && 'the port is not 1 to 65535') ||
    (!/^\d{1,40}$/.test(local.sessionId) && 'the session id is not made of digits') ||
    (!isInteger(local.version, 0, Number.MAX_SAFE_INTEGER) && 'the version is no whole number') ||
    ([local.ptimeMs, local.maxptimeMs].some((time) => !isInteger(time ?? 20, 1, 1000)) &&
      'a packet time is not 1 to 1000 ms') ||
    (codecs.length === 0 && 'there is no codec') ||
    (!codecs.every(({ payloadType }) => isInteger(payloadType, 0, 127)) && 'a payload type') ||
    (!names.every((name) => isToken(name)) && 'a codec name is no token') ||
    (ice && !(isIceText(ice.ufrag, 4) && isIceText(ice.pwd, 22)) && 'the credentials of ICE') ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: line ends are what must not pass
    (texts.some((text) => /[\r\n\0]/.test(text)) && 'a text holds a line end');
  if (flaw) throw new StrowgerError('BAD_MEDIA_DESCRIPTION', `Cannot describe media: ${flaw}`);
}

function isInteger(value: number, from: number, to: number): boolean {
  return Number.isInteger(value) && value >= from && value <= to;
}
