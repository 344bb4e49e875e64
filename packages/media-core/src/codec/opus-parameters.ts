import { readParameters } from '../sdp/format-parameters.ts';

/** What we say of Opus: how loss can be made up for. Mono is what RFC 7587 §6.1 takes for granted. */
export const OPUS_FMTP = 'minptime=10;useinbandfec=1';

/** How to encode for someone who likes to receive so. */
export interface OpusParameters {
  /** Bits per second: 6000 to 510 000. */
  readonly bitrate: number;
  /** Highest sample rate that the other side plays. */
  readonly playbackRate: number;
  readonly fec: boolean;
  readonly dtx: boolean;
  readonly constant: boolean;
}

/** Enough for speech in full band with a copy of it for loss (RFC 7587 §3.1.1). */
const SPEECH_BITRATE = 32_000;

/** What the other side's `a=fmtp` asks for (RFC 7587 §6.1). */
export function opusParameters(fmtp: string | undefined): OpusParameters {
  const given = readParameters(fmtp);
  const numberOf = (name: string, otherwise: number): number => {
    const text = given.get(name);
    return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
  };
  const isOn = (name: string): boolean => given.get(name) === '1';
  const most = Math.max(6000, Math.min(510_000, numberOf('maxaveragebitrate', 510_000)));
  return {
    bitrate: Math.min(SPEECH_BITRATE, most),
    playbackRate: numberOf('maxplaybackrate', 48_000),
    fec: isOn('useinbandfec'),
    dtx: isOn('usedtx'),
    constant: isOn('cbr'),
  };
}
