import { type CodecDescription, isVoice, sameCodec, TELEPHONE_EVENT } from './codec.ts';
import { type MediaDirection, receives, sends } from './direction.ts';
import type { NegotiatedIce } from './ice-description.ts';
import type { MediaSecurity } from './media-security.ts';
import { type Negotiated, refuse, type SdpRefused } from './negotiated.ts';
import type { MediaDescription, SessionDescription } from './session-description.ts';

/** What one completed round of offer and answer means for our RTP. */
export interface NegotiatedMedia {
  /**
   * Where the other side takes RTP and RTCP. The address may be a host name or `0.0.0.0`, `::` (old
   * hold): test it with `isIP` before anything is sent there.
   */
  readonly remote: {
    readonly address: string;
    readonly port: number;
    readonly rtcp: { readonly address: string; readonly port: number };
  };
  /** Ours, after both sides narrowed it. */
  readonly direction: MediaDirection;
  /** What we send, under the number by which the other side knows it. */
  readonly send: PayloadFormat;
  /** What we may be sent, under the numbers that our own description gave. */
  readonly receive: readonly PayloadFormat[];
  /**
   * Digits (RFC 4733): at the clock rate of what we send where there is such a pair, else at
   * another, for many phones have `telephone-event/8000` alone beside Opus.
   */
  readonly telephoneEvent?: NegotiatedEvents;
  /** Milliseconds of audio per packet that we send: 10–100, a multiple of 10. */
  readonly ptimeMs: number;
  /** RTCP shares RTP's port. */
  readonly rtcpMux: boolean;
  /** What happens to the packets. Where it is not `none`, nothing may leave or be taken in clear. */
  readonly security: MediaSecurity;
  /** Absent where the two sides do without ICE. */
  readonly ice?: NegotiatedIce;
  /** Comfort noise (RFC 3389) at the clock rate of what we send, where both have it. */
  readonly comfortNoise?: NegotiatedComfortNoise;
  /** The other side took itself away: it does not want to hear us (RFC 3264 §8.4). */
  readonly hold: boolean;
}

/** A codec under one side's payload type. */
export interface PayloadFormat {
  readonly codec: CodecDescription;
  readonly payloadType: number;
}

/** Telephone events as agreed. */
export interface NegotiatedEvents {
  readonly sendPayloadType: number;
  readonly receivePayloadType: number;
  /** In Hz: what durations count in. */
  readonly clockRate: number;
  /** What the other side takes, as in its `a=fmtp`: `0-15` where it says nothing. */
  readonly events: string;
}

/** Comfort noise as agreed; `receive` of the media has it, too. */
export interface NegotiatedComfortNoise {
  readonly sendPayloadType: number;
  readonly receivePayloadType: number;
  /** In Hz. */
  readonly clockRate: number;
}

/** A codec that both sides have, under both numbers. */
export interface CodecPair {
  readonly ours: CodecDescription;
  readonly theirs: CodecDescription;
}

/** Codecs of both in the order of `first`, each taken once. */
export function pairCodecs(
  first: readonly CodecDescription[],
  second: readonly CodecDescription[],
): { first: CodecDescription; second: CodecDescription }[] {
  const taken = new Set<CodecDescription>();
  const pairs: { first: CodecDescription; second: CodecDescription }[] = [];
  for (const codec of first) {
    const match = second.find((other) => !taken.has(other) && sameCodec(codec, other));
    if (!match || pairs.some((pair) => sameCodec(pair.first, codec))) continue;
    taken.add(match);
    pairs.push({ first: codec, second: match });
  }
  return pairs;
}

/** Whether RTP of this profile is sent in the clear and so is ours to speak (RFC 3551, 4585). */
export function isPlainRtp(protocol: string): boolean {
  return protocol === 'RTP/AVP' || protocol === 'RTP/AVPF';
}

/** The line that we talk over: the first open audio line of plain RTP. */
export function findAudio(description: SessionDescription): Negotiated<{ index: number }> {
  const open = description.media.filter((line) => line.kind === 'audio' && line.port > 0);
  const usable = open.find((line) => isPlainRtp(line.protocol));
  if (usable) return { ok: true, index: description.media.indexOf(usable) };
  const [first] = open;
  if (!first) return refuse('NO_AUDIO', 'no audio line is open', 'RFC 3264 §6');
  return refuse('UNSUPPORTED_PROFILE', `${first.protocol} is not supported`, 'RFC 3264 §6');
}

/** What the other side's line and our codecs make together; `ours` is our narrowed direction. */
export function negotiatedMedia(
  theirs: MediaDescription,
  pairs: readonly CodecPair[],
  round: { direction: MediaDirection; rtcpMux: boolean; hold: boolean },
): Negotiated<{ media: NegotiatedMedia }> {
  const destination = findDestination(theirs);
  if (!destination.ok) return destination;
  const voice = pairs.find((pair) => isVoice(pair.theirs));
  if (!voice) return noCommonCodec();
  const allEvents = pairs.filter(({ theirs: { name } }) => name === TELEPHONE_EVENT);
  const { clockRate } = voice.theirs;
  const events = allEvents.find((pair) => pair.theirs.clockRate === clockRate) ?? allEvents[0];
  const { address } = destination;
  const noise = pairs.find(
    (pair) => pair.theirs.name === 'cn' && pair.theirs.clockRate === clockRate,
  );
  const media: NegotiatedMedia = {
    remote: { address, port: theirs.port, rtcp: rtcpDestination(theirs, address, round.rtcpMux) },
    direction: round.direction,
    send: { codec: voice.theirs, payloadType: voice.theirs.payloadType },
    receive: pairs
      .filter(({ ours }) => ours.name !== TELEPHONE_EVENT)
      .map(({ ours }) => ({ codec: ours, payloadType: ours.payloadType })),
    ...(events && {
      telephoneEvent: {
        sendPayloadType: events.theirs.payloadType,
        receivePayloadType: events.ours.payloadType,
        clockRate: events.theirs.clockRate,
        events: events.theirs.fmtp ?? '0-15',
      },
    }),
    ptimeMs: packetTime(theirs),
    rtcpMux: round.rtcpMux,
    security: { kind: 'none' },
    ...(noise && {
      comfortNoise: {
        sendPayloadType: noise.theirs.payloadType,
        receivePayloadType: noise.ours.payloadType,
        clockRate,
      },
    }),
    hold: round.hold,
  };
  return { ok: true, media };
}

export function noCommonCodec(): SdpRefused {
  return refuse('NO_COMMON_CODEC', 'the two sides have no codec in common', 'RFC 3264 §6.1');
}

/**
 * The direction that a line really states: the old hold, an address of zeros, means that the other
 * side takes nothing whatever its attribute says (RFC 3264 §8.4).
 */
export function statedDirection(line: MediaDescription): MediaDirection {
  if (!isZero(line)) return line.direction;
  return sends(line.direction) ? 'sendonly' : 'inactive';
}

/** Whether an offer puts us on hold: whoever offers not to listen does so of its own will. */
export function offersHold(line: MediaDescription): boolean {
  return !receives(statedDirection(line));
}

/** Whether an answer puts us on hold: only a line that we offered to send on can be held. */
export function answersHold(line: MediaDescription, offered: MediaDirection): boolean {
  return isZero(line) || (sends(offered) && !receives(line.direction));
}

function isZero(line: MediaDescription): boolean {
  return line.connections.length > 0 && line.connections.every(({ kind }) => kind === 'zero');
}

/** Several `c=` lines are layers or multicast (RFC 8866 §5.7): ours is the first that we can use. */
function findDestination(line: MediaDescription): Negotiated<{ address: string }> {
  const usable = line.connections.find(({ kind }) => kind === 'unicast' || kind === 'name');
  const connection = usable ?? line.connections.find(({ kind }) => kind === 'zero');
  if (connection) return { ok: true, address: connection.address };
  const message = line.connections.length > 0 ? 'multicast is not supported' : 'no c= line';
  return refuse('BAD_ADDRESS', message, 'RFC 8866 §5.7');
}

function rtcpDestination(line: MediaDescription, address: string, mux: boolean) {
  if (mux) return { address, port: line.port };
  return {
    address: line.rtcp?.address ?? address,
    port: line.rtcp?.port ?? Math.min(line.port + 1, 65_535),
  };
}

function packetTime({ ptimeMs = 20, maxptimeMs = 100 }: MediaDescription): number {
  const wanted = Math.min(ptimeMs, maxptimeMs, 100);
  return Math.max(10, Math.floor(wanted / 10) * 10);
}
