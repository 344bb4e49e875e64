import { isIP } from 'node:net';
import { StrowgerError } from '@strowger/runtime';
import sdpTransform, { type MediaDescription as RawMedia } from 'sdp-transform';
import { type CodecDescription, isToken } from './codec.ts';
import type { MediaDirection } from './direction.ts';
import type { Sdp } from './session-description.ts';

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
  /** What we like to receive, in milliseconds per packet; not told when absent. */
  readonly ptimeMs?: number;
  readonly maxptimeMs?: number;
  /** Whether an offer proposes RTCP on RTP's port (RFC 5761); answers accept it regardless. */
  readonly rtcpMux?: boolean;
}

/** A media line that we do not take, told with port 0 (RFC 3264 §6). */
export interface RefusedLine {
  readonly kind: string;
  readonly protocol: string;
  readonly formats: readonly string[];
}

/** A description of ours before it is written: one audio line among refused ones. */
export interface LocalDescription {
  readonly local: LocalMedia;
  /** The formats of the audio line. */
  readonly codecs: readonly CodecDescription[];
  readonly direction: MediaDirection;
  readonly protocol: string;
  readonly rtcpMux: boolean;
  /** All lines in order; `audio` is the place of ours. */
  readonly lines: readonly (RefusedLine | 'audio')[];
}

/**
 * Writes a description of ours.
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` where `local` holds what cannot stand in one: these
 * values are the program's own.
 */
export function writeDescription(description: LocalDescription): Sdp {
  const { local } = description;
  checkLocal(local, description.codecs);
  const ipVer = isIP(local.address);
  return sdpTransform.write({
    version: 0,
    origin: {
      username: '-',
      sessionId: local.sessionId,
      sessionVersion: local.version,
      netType: 'IN',
      ipVer,
      address: local.address,
    },
    name: '-',
    connection: { version: ipVer, ip: local.address },
    timing: { start: 0, stop: 0 },
    media: description.lines.map((line) => (line === 'audio' ? audio(description) : refused(line))),
  });
}

function audio({ local, codecs, direction, protocol, rtcpMux }: LocalDescription): RawMedia {
  const { ssrc, cname } = local;
  return {
    type: 'audio',
    port: local.port,
    protocol,
    payloads: codecs.map((codec) => codec.payloadType).join(' '),
    rtp: codecs.map(({ payloadType, name, clockRate, channels = 1 }) => ({
      payload: payloadType,
      codec: wireName(name),
      rate: clockRate,
      ...(channels > 1 && { encoding: channels }),
    })),
    fmtp: codecs.flatMap(({ payloadType, fmtp }) =>
      fmtp === undefined ? [] : [{ payload: payloadType, config: fmtp }],
    ),
    ...(local.ptimeMs !== undefined && { ptime: local.ptimeMs }),
    ...(local.maxptimeMs !== undefined && { maxptime: local.maxptimeMs }),
    direction,
    ...(rtcpMux && { rtcpMux: 'rtcp-mux' }),
    ...(ssrc !== undefined &&
      cname !== undefined && { ssrcs: [{ id: ssrc, attribute: 'cname', value: cname }] }),
  };
}

function refused({ kind, protocol, formats }: RefusedLine): RawMedia {
  return { type: kind, port: 0, protocol, payloads: formats.join(' '), rtp: [], fmtp: [] };
}

/** Encoding names are case-insensitive (RFC 8866 §6.6); old phones compare with RFC 3551's. */
function wireName(name: string): string {
  return /^(pcm[ua]|g7\d\d|gsm|l16|cn|qcelp|lpc|dvi4|amr(-wb)?)$/.test(name)
    ? name.toUpperCase()
    : name;
}

function checkLocal(local: LocalMedia, codecs: readonly CodecDescription[]): void {
  const texts = [local.cname ?? 'x', ...codecs.map((codec) => codec.fmtp ?? 'x')];
  const names = codecs.map((codec) => codec.name);
  const flaw =
    (isIP(local.address) === 0 && 'the address is no IP address') ||
    (!isInteger(local.port, 1, 65_535) && 'the port is not 1 to 65535') ||
    (!/^\d{1,40}$/.test(local.sessionId) && 'the session id is not made of digits') ||
    (!isInteger(local.version, 0, Number.MAX_SAFE_INTEGER) && 'the version is no whole number') ||
    (codecs.length === 0 && 'there is no codec') ||
    (!codecs.every(({ payloadType }) => isInteger(payloadType, 0, 127)) && 'a payload type') ||
    (!names.every((name) => isToken(name)) && 'a codec name is no token') ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: line ends are what must not pass
    (texts.some((text) => /[\r\n\0]/.test(text)) && 'a text holds a line end');
  if (flaw) throw new StrowgerError('BAD_MEDIA_DESCRIPTION', `Cannot describe media: ${flaw}`);
}

function isInteger(value: number, from: number, to: number): boolean {
  return Number.isInteger(value) && value >= from && value <= to;
}
