/** Why a description or a pair of them does not fit; closed, so that causes can be mapped. */
export type SdpRefusalCode =
  /** A line breaks the grammar of RFC 8866. */
  | 'SDP_MALFORMED'
  /** More bytes, lines, media lines or formats than `SDP_LIMITS` allows. */
  | 'SDP_TOO_LARGE'
  /** No audio line that is open (port not 0). */
  | 'NO_AUDIO'
  /** Audio is there, but in a profile that is not ours, or that was not offered. */
  | 'UNSUPPORTED_PROFILE'
  /** Plain RTP where our policy, or what was agreed before, wants it encrypted. */
  | 'ENCRYPTION_REQUIRED'
  /** Both want it encrypted, but not by keys that both can have. */
  | 'NO_COMMON_KEYING'
  /** Both sides have audio, but no codec in common; telephone-event alone is none. */
  | 'NO_COMMON_CODEC'
  /** No connection address, or one that is no unicast address. */
  | 'BAD_ADDRESS'
  /** The answer has another number of media lines than the offer. */
  | 'LINE_COUNT'
  /** The answer has port 0 on the audio line: the other side refused it. */
  | 'AUDIO_REJECTED';

/** A reason that can be told to a person, logged, and turned into a 488 with a Warning. */
export interface SdpRefusal {
  readonly code: SdpRefusalCode;
  readonly message: string;
  /** Such as `RFC 3264 §6`. */
  readonly section: string;
}

/** The outcome of anything that depends on what a peer sent; it never throws. */
export type Negotiated<T> = ({ readonly ok: true } & T) | SdpRefused;

/** The refusing half of `Negotiated`. */
export interface SdpRefused {
  readonly ok: false;
  readonly reason: SdpRefusal;
}

/** The refusing half, made. `section` is where the rule stands, such as `RFC 3264 §6`. */
export function refuse(code: SdpRefusalCode, message: string, section: string): SdpRefused {
  return { ok: false, reason: { code, message, section } };
}
