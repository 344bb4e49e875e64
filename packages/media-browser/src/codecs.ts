import { StrowgerError } from '@strowger/runtime';

/** What is no codec of its own, and goes with every other. */
const ALWAYS = ['audio/telephone-event', 'audio/cn'];

/** The browser's codecs of these names, in this order. Throws `MEDIA_UNKNOWN_CODEC`. */
export function preferred(names: readonly string[]): RTCRtpCodec[] {
  const known = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [];
  const wanted = names.flatMap((name) =>
    known.filter(({ mimeType }) => mimeType.toLowerCase() === `audio/${name.toLowerCase()}`),
  );
  if (wanted.length === 0) {
    throw new StrowgerError('MEDIA_UNKNOWN_CODEC', `this browser has none of ${names.join(', ')}`);
  }
  const others = known.filter(({ mimeType }) => ALWAYS.includes(mimeType.toLowerCase()));
  return [...wanted, ...others];
}
