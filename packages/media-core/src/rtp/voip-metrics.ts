import { read16, read32, write16, write32 } from './rtp.ts';

/** Block type and length of a VoIP metrics block (RFC 3611 §4.7). */
export const VOIP_METRICS = 7;
export const VOIP_METRICS_LENGTH = 36;
const UNAVAILABLE = 127;

/**
 * What one side says of the quality in which it hears a source (RFC 3611 §4.7). Rates are 0 to 1 in
 * steps of 1/256; what a side cannot say is absent.
 */
export interface VoipMetrics {
  /** The source that is heard. */
  readonly ssrc: number;
  /** Lost in the network, and of what came, thrown away as too early or too late. */
  readonly lossRate: number;
  readonly discardRate: number;
  /** Loss and discard within bursts and between them, by the model of appendix A.2. */
  readonly burstDensity: number;
  readonly gapDensity: number;
  /** Mean durations in milliseconds, 0–65 535. */
  readonly burstDurationMs: number;
  readonly gapDurationMs: number;
  /** 0 where it is not known. */
  readonly roundTripMs: number;
  readonly endSystemDelayMs: number;
  readonly signalLevelDbm?: number;
  readonly noiseLevelDbm?: number;
  readonly residualEchoReturnLossDb?: number;
  /** Packets between losses that end a burst; 16 is usual. */
  readonly gapThreshold: number;
  /** 0–100, 20–94 as a rule; above 94 wideband. */
  readonly rFactor?: number;
  readonly externalRFactor?: number;
  /** 1.0–5.0: of listening alone, and of a conversation with its delay. */
  readonly listeningMos?: number;
  readonly conversationalMos?: number;
  readonly concealment: 'unspecified' | 'disabled' | 'enhanced' | 'standard';
  readonly jitterBuffer: 'unknown' | 'nonAdaptive' | 'adaptive';
  readonly jitterBufferNominalMs: number;
  readonly jitterBufferMaximumMs: number;
  readonly jitterBufferAbsoluteMaximumMs: number;
}

const CONCEALMENTS = ['unspecified', 'disabled', 'enhanced', 'standard'] as const;
/** The value 1 is reserved. */
const BUFFERS = ['unknown', 'unknown', 'nonAdaptive', 'adaptive'] as const;

/** Reads a block of `VOIP_METRICS_LENGTH` bytes, head included. */
export function readVoipMetrics(bytes: Uint8Array): VoipMetrics {
  const byte = (at: number): number => bytes[at] ?? 0;
  const signed = (at: number): number => (byte(at) << 24) >> 24;
  const configuration = byte(28);
  return {
    ssrc: read32(bytes, 4),
    lossRate: byte(8) / 256,
    discardRate: byte(9) / 256,
    burstDensity: byte(10) / 256,
    gapDensity: byte(11) / 256,
    burstDurationMs: read16(bytes, 12),
    gapDurationMs: read16(bytes, 14),
    roundTripMs: read16(bytes, 16),
    endSystemDelayMs: read16(bytes, 18),
    ...known('signalLevelDbm', signed(20)),
    ...known('noiseLevelDbm', signed(21)),
    ...known('residualEchoReturnLossDb', byte(22)),
    gapThreshold: byte(23),
    ...known('rFactor', byte(24)),
    ...known('externalRFactor', byte(25)),
    ...known('listeningMos', byte(26), 10),
    ...known('conversationalMos', byte(27), 10),
    concealment: CONCEALMENTS[(configuration >> 6) & 3] ?? 'unspecified',
    jitterBuffer: BUFFERS[(configuration >> 4) & 3] ?? 'unknown',
    jitterBufferNominalMs: read16(bytes, 30),
    jitterBufferMaximumMs: read16(bytes, 32),
    jitterBufferAbsoluteMaximumMs: read16(bytes, 34),
  };
}

/** Writes a block at `at`; values beyond what a field holds are the nearest that it does. */
export function writeVoipMetrics(bytes: Uint8Array, at: number, metrics: VoipMetrics): void {
  const byte = (offset: number, value: number): void => {
    bytes[at + offset] = within(value, 0, 255);
  };
  const word = (offset: number, value: number): void =>
    write16(bytes, at + offset, within(value, 0, 0xffff));
  byte(0, VOIP_METRICS);
  word(2, VOIP_METRICS_LENGTH / 4 - 1);
  write32(bytes, at + 4, metrics.ssrc);
  byte(8, metrics.lossRate * 256);
  byte(9, metrics.discardRate * 256);
  byte(10, metrics.burstDensity * 256);
  byte(11, metrics.gapDensity * 256);
  word(12, metrics.burstDurationMs);
  word(14, metrics.gapDurationMs);
  word(16, metrics.roundTripMs);
  word(18, metrics.endSystemDelayMs);
  byte(20, (metrics.signalLevelDbm ?? UNAVAILABLE) & 0xff);
  byte(21, (metrics.noiseLevelDbm ?? UNAVAILABLE) & 0xff);
  byte(22, metrics.residualEchoReturnLossDb ?? UNAVAILABLE);
  byte(23, metrics.gapThreshold);
  byte(24, metrics.rFactor === undefined ? UNAVAILABLE : within(metrics.rFactor, 0, 100));
  byte(25, metrics.externalRFactor ?? UNAVAILABLE);
  byte(26, mosField(metrics.listeningMos));
  byte(27, mosField(metrics.conversationalMos));
  const concealment = CONCEALMENTS.indexOf(metrics.concealment);
  const buffer = metrics.jitterBuffer === 'unknown' ? 0 : BUFFERS.indexOf(metrics.jitterBuffer);
  byte(28, (concealment << 6) | (buffer << 4));
  word(30, metrics.jitterBufferNominalMs);
  word(32, metrics.jitterBufferMaximumMs);
  word(34, metrics.jitterBufferAbsoluteMaximumMs);
}

function mosField(mos: number | undefined): number {
  return mos === undefined ? UNAVAILABLE : within(mos * 10, 10, 50);
}

function known<K extends keyof VoipMetrics>(
  name: K,
  value: number,
  scale = 1,
): { [P in K]?: number } {
  return value === UNAVAILABLE ? {} : ({ [name]: value / scale } as { [P in K]?: number });
}

function within(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, Math.round(value)));
}
