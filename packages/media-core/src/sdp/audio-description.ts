import { StrowgerError } from '@strowger/runtime';
import { type CodecDescription, TELEPHONE_EVENT } from './codec.ts';
import type { LocalMedia } from './local-media.ts';
import type { MediaConfig } from './media-config.ts';
import type { Negotiated } from './negotiated.ts';
import { createOffer, type EarlierRounds, negotiateAnswer } from './offer-answer.ts';
import type { Sdp } from './session-description.ts';

/** Codecs by the names that everybody knows them by, under their usual numbers. */
const BY_NAME: { readonly [name: string]: CodecDescription } = {
  pcmu: { name: 'pcmu', payloadType: 0, clockRate: 8000 },
  gsm: { name: 'gsm', payloadType: 3, clockRate: 8000 },
  pcma: { name: 'pcma', payloadType: 8, clockRate: 8000 },
  g722: { name: 'g722', payloadType: 9, clockRate: 8000 },
  g729: { name: 'g729', payloadType: 18, clockRate: 8000 },
  opus: { name: 'opus', payloadType: 111, clockRate: 48_000, channels: 2, fmtp: 'useinbandfec=1' },
};

/** What an audio call says of itself; all else is as phones do it. */
export type AudioSettings = Omit<LocalMedia, 'codecs' | 'direction' | 'version'> & {
  /** In order of preference: names of `pcmu`, `pcma`, `g722`, `opus`, `gsm`, `g729`, or codecs. */
  readonly codecs?: readonly (string | CodecDescription)[];
  /** Default `sendrecv`. */
  readonly direction?: LocalMedia['direction'];
  /** Whether digits are offered as events (RFC 4733), at the clock rate of every codec; default. */
  readonly digits?: boolean;
  /** Default 1. */
  readonly version?: number;
};

/**
 * Writes the description of an outgoing call (RFC 3264 §5); with `earlier` rounds that of a
 * re-INVITE.
 *
 * @throws StrowgerError `MEDIA_UNKNOWN_CODEC`, `BAD_MEDIA_DESCRIPTION`.
 */
export function createAudioOffer(settings: AudioSettings, earlier: EarlierRounds = {}): Sdp {
  return createOffer(localMedia(settings), earlier);
}

/**
 * Answers the description of an incoming call (RFC 3264 §6) and says what RTP has to know then.
 *
 * @throws StrowgerError `MEDIA_UNKNOWN_CODEC`, `BAD_MEDIA_DESCRIPTION`.
 */
export function createAudioAnswer(
  offer: Sdp,
  settings: AudioSettings,
  { agreed }: EarlierRounds = {},
): Negotiated<{ answer: Sdp; config: MediaConfig }> {
  const local = localMedia(settings);
  const answered = negotiateAnswer({ offer, local, ...(agreed && { agreed }) });
  if (!answered.ok) return answered;
  const { answer, media } = answered;
  const { address, port } = local;
  const rtcp = { address, port: media.rtcpMux ? port : Math.min(port + 1, 65_535) };
  return { ok: true, answer, config: { ...media, local: { address, port, rtcp } } };
}

function localMedia({
  codecs = ['pcmu', 'pcma'],
  direction = 'sendrecv',
  digits = true,
  version = 1,
  ...rest
}: AudioSettings): LocalMedia {
  const voices = codecs.map((codec) => (typeof codec === 'string' ? codecNamed(codec) : codec));
  return {
    ...rest,
    codecs: digits ? [...voices, ...eventsFor(voices)] : voices,
    direction,
    version,
  };
}

function codecNamed(name: string): CodecDescription {
  const codec = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (codec) return codec;
  const message = `${name} is none of ${Object.keys(BY_NAME).join(', ')}`;
  throw new StrowgerError('MEDIA_UNKNOWN_CODEC', message);
}

/** One for every clock rate (RFC 4733 §2.5.1.1), from 101 on where it is free. */
function eventsFor(voices: readonly CodecDescription[]): CodecDescription[] {
  const used = new Set(voices.map(({ payloadType }) => payloadType));
  const rates = new Set(
    voices.filter(({ name }) => name !== TELEPHONE_EVENT).map((one) => one.clockRate),
  );
  const numbers = [101, 102, 103, 104, 105, 106].filter((number) => !used.has(number));
  return [...rates].flatMap((clockRate, at) => {
    const payloadType = numbers[at];
    if (payloadType === undefined) return [];
    return [{ name: TELEPHONE_EVENT, payloadType, clockRate, fmtp: '0-15' }];
  });
}
