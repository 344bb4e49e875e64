import type { CodecPair } from './codec-pairs.ts';
import { type CodecDescription, isVoice, TELEPHONE_EVENT } from './codec.ts';
import type { MediaDirection } from './direction.ts';
import { awaitsCandidates } from './hold.ts';
import type { NegotiatedIce } from './ice-description.ts';
import type { HeaderExtension } from './media-attributes.ts';
import type { MediaSecurity } from './media-security.ts';
import { type Negotiated, refuse, type SdpRefused } from './negotiated.ts';
import type { MediaDescription } from './session-description.ts';

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
  /** All that the other side takes and we have, events and noise among it, under its numbers. */
  readonly sendable: readonly PayloadFormat[];
  /**
   * What we may be sent, comfort noise among it: under the numbers that our own description gave,
   * and under those of the other side where they mean nothing else, for some send so.
   */
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
  /** RTCP may be of reduced size (RFC 5506). */
  readonly rtcpReducedSize: boolean;
  /** The other side wants VoIP metrics of us (RFC 3611 §5). */
  readonly voipMetrics: boolean;
  /** Header extensions that both understand (RFC 8285), under their numbers. */
  readonly headerExtensions: readonly HeaderExtension[];
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
  /** Under which numbers events may come, and what their durations count in. */
  readonly receive: readonly PayloadFormat[];
  /** In Hz: what durations of sent ones count in. */
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

/** What a round has decided beside codecs. */
export interface RoundResult {
  readonly direction: MediaDirection;
  readonly rtcpMux: boolean;
  readonly hold: boolean;
  readonly security: MediaSecurity;
  readonly ice?: NegotiatedIce | undefined;
  readonly rtcpReducedSize: boolean;
  readonly headerExtensions: readonly HeaderExtension[];
  /** What we wish, where the other side wishes nothing. */
  readonly ptimeMs?: number | undefined;
}

/** What the other side's line and our codecs make together. */
export function negotiatedMedia(
  theirs: MediaDescription,
  pairs: readonly CodecPair[],
  round: RoundResult,
): Negotiated<{ media: NegotiatedMedia }> {
  const destination = findDestination(theirs, round.ice !== undefined);
  if (!destination.ok) return destination;
  const voice = pairs.find((pair) => isVoice(pair.theirs));
  if (!voice) return noCommonCodec();
  const { clockRate } = voice.theirs;
  const noise = pairs.find(
    (pair) => pair.theirs.name === 'cn' && pair.theirs.clockRate === clockRate,
  );
  const events = negotiatedEvents(pairs, clockRate);
  const { address } = destination;
  const { ice, ptimeMs, ...decided } = round;
  const media: NegotiatedMedia = {
    ...decided,
    ...(ice && { ice }),
    voipMetrics: theirs.voipMetrics,
    remote: { address, port: theirs.port, rtcp: rtcpDestination(theirs, address, round.rtcpMux) },
    send: { codec: voice.theirs, payloadType: voice.theirs.payloadType },
    sendable: pairs.map(({ theirs: codec }) => ({ codec, payloadType: codec.payloadType })),
    receive: receivedUnder(pairs, (codec) => codec.name !== TELEPHONE_EVENT),
    ...(events && { telephoneEvent: events }),
    ...(noise && {
      comfortNoise: {
        sendPayloadType: noise.theirs.payloadType,
        receivePayloadType: noise.ours.payloadType,
        clockRate,
      },
    }),
    ptimeMs: packetTime(theirs, voice.theirs, ptimeMs),
  };
  return { ok: true, media };
}

/** The rest of a stream that was switched off with port 0 (RFC 3264 §8.2): nothing flows. */
export function restingMedia(agreed: NegotiatedMedia): NegotiatedMedia {
  return { ...agreed, direction: 'inactive', hold: true };
}

function negotiatedEvents(
  pairs: readonly CodecPair[],
  clockRate: number,
): NegotiatedEvents | undefined {
  const all = pairs.filter(({ theirs: { name } }) => name === TELEPHONE_EVENT);
  const events = all.find((pair) => pair.theirs.clockRate === clockRate) ?? all[0];
  if (!events) return undefined;
  return {
    sendPayloadType: events.theirs.payloadType,
    receivePayloadType: events.ours.payloadType,
    receive: receivedUnder(pairs, (codec) => codec.name === TELEPHONE_EVENT),
    clockRate: events.theirs.clockRate,
    events: events.theirs.fmtp ?? '0-15',
  };
}

/** Our numbers first; then theirs, which mean what they mean to them where we use them for nothing. */
function receivedUnder(
  pairs: readonly CodecPair[],
  isWanted: (codec: CodecDescription) => boolean,
): PayloadFormat[] {
  const wanted = pairs.filter(({ ours }) => isWanted(ours));
  const used = new Set(pairs.map(({ ours }) => ours.payloadType));
  return [
    ...wanted.map(({ ours }) => ({ codec: ours, payloadType: ours.payloadType })),
    ...wanted
      .filter(({ theirs }) => !used.has(theirs.payloadType))
      .map(({ ours, theirs }) => ({ codec: ours, payloadType: theirs.payloadType })),
  ];
}

export function noCommonCodec(): SdpRefused {
  return refuse('NO_COMMON_CODEC', 'the two sides have no codec in common', 'RFC 3264 §6.1');
}

/** Several `c=` lines are layers or multicast (RFC 8866 §5.7): ours is the first that we can use. */
export function findDestination(
  line: MediaDescription,
  hasIce: boolean,
): Negotiated<{ address: string }> {
  const usable = line.connections.find(({ kind }) => kind === 'unicast' || kind === 'name');
  const connection = usable ?? line.connections.find(({ kind }) => kind === 'zero');
  if (awaitsCandidates(line) && !hasIce) {
    return refuse('BAD_ADDRESS', 'it can be reached by ICE alone', 'RFC 8839 §4.2.5');
  }
  if (connection) return { ok: true, address: connection.address };
  const message = line.connections.length > 0 ? 'multicast is not supported' : 'no c= line';
  return refuse('BAD_ADDRESS', message, 'RFC 8866 §5.7');
}

/** Where a side takes RTCP whose line this is. */
export function rtcpDestination(line: MediaDescription, address: string, mux: boolean) {
  if (mux) return { address, port: line.port };
  return {
    address: line.rtcp?.address ?? address,
    port: line.rtcp?.port ?? Math.min(line.port + 1, 65_535),
  };
}

/** Opus has frames of these lengths alone, and its packets of ours have one (RFC 7587 §4.2). */
const OPUS_FRAMES_MS = [60, 40, 20, 10];

function packetTime(
  { ptimeMs, maxptimeMs = 100 }: MediaDescription,
  { name }: CodecDescription,
  ours = 20,
): number {
  const wanted = Math.min(ptimeMs ?? ours, maxptimeMs, 100);
  return packetTimeOf({ name }, Math.max(10, Math.floor(wanted / 10) * 10));
}

/** How much of a codec one packet holds where so much is wished: 10–100 ms, a multiple of 10. */
export function packetTimeOf({ name }: Pick<CodecDescription, 'name'>, wantedMs: number): number {
  return name === 'opus' ? (OPUS_FRAMES_MS.find((ms) => ms <= wantedMs) ?? 10) : wantedMs;
}
