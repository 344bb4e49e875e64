import { parametersAgree } from './format-parameters.ts';

/** One codec under the payload type by which one side calls it (RFC 8866 §6.6, RFC 3551 §6). */
export interface CodecDescription {
  /** Encoding name in lower case: `pcmu`, `telephone-event`. */
  readonly name: string;
  /** 0–127. */
  readonly payloadType: number;
  /** RTP clock in Hz; 8000 for G.722 though it samples at 16 kHz (RFC 3551 §4.5.2). */
  readonly clockRate: number;
  /** Default 1. */
  readonly channels?: number;
  /** Format parameters as they stand after the payload type in `a=fmtp`. */
  readonly fmtp?: string;
}

/** The name of RFC 4733 events. */
export const TELEPHONE_EVENT = 'telephone-event';

const STATIC_AUDIO: readonly (readonly [payloadType: number, name: string, clockRate: number])[] = [
  [0, 'pcmu', 8000],
  [3, 'gsm', 8000],
  [4, 'g723', 8000],
  [5, 'dvi4', 8000],
  [6, 'dvi4', 16000],
  [7, 'lpc', 8000],
  [8, 'pcma', 8000],
  [9, 'g722', 8000],
  [11, 'l16', 44100],
  [12, 'qcelp', 8000],
  [13, 'cn', 8000],
  [14, 'mpa', 90000],
  [15, 'g728', 8000],
  [16, 'dvi4', 11025],
  [17, 'dvi4', 22050],
  [18, 'g729', 8000],
];

/** The codec that a payload type means without `a=rtpmap` (RFC 3551 §6, table 4). */
export function staticCodec(payloadType: number): CodecDescription | undefined {
  if (payloadType === 10) return { name: 'l16', payloadType, clockRate: 44100, channels: 2 };
  const row = STATIC_AUDIO.find(([number]) => number === payloadType);
  return row && { name: row[1], payloadType, clockRate: row[2] };
}

/** What may stand as an encoding name (RFC 8866 §9, `token`). */
export function isToken(name: string): boolean {
  return /^[\w!#$%&'*+.^`{|}~-]+$/.test(name);
}

/**
 * Whether two sides mean the same codec. Numbers may differ, and so may most format parameters.
 * Opus is one codec however its channels are written (RFC 7587 §7 knows but `/2`).
 */
export function sameCodec(one: CodecDescription, other: CodecDescription): boolean {
  return (
    one.name === other.name &&
    one.clockRate === other.clockRate &&
    (one.name === 'opus' || (one.channels ?? 1) === (other.channels ?? 1)) &&
    parametersAgree(one, other)
  );
}

/** Whether it carries sound: events and comfort noise need a codec beside them. */
export function isVoice(codec: CodecDescription): boolean {
  return codec.name !== TELEPHONE_EVENT && codec.name !== 'cn' && codec.name !== 'red';
}
