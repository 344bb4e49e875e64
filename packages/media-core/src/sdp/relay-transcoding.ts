import { answeredCodecs, type CodecPair } from './codec-pairs.ts';
import { type CodecDescription, isVoice, sameCodec, TELEPHONE_EVENT } from './codec.ts';

/**
 * What one end has, and behind it what else we can make of that: nothing where we decode none of its
 * voices. Numbers may collide: whoever writes the offer gives each codec its own.
 */
export function withOurs(
  theirs: readonly CodecDescription[],
  ours: readonly CodecDescription[],
): readonly CodecDescription[] {
  const isDecoded = theirs.some((codec) => isVoice(codec) && isAmong(codec, ours));
  if (!isDecoded) return theirs;
  const hasEvents = theirs.some(isEvents);
  const missing = ours.filter(
    (codec) => !isAmong(codec, theirs) && (hasEvents || !isEvents(codec)),
  );
  return [...theirs, ...missing];
}

/**
 * What an offerer is answered with whose voice we decode: all of it that is ours, in its order, and
 * its events at every clock rate, as they are converted, too.
 */
export function transcodedPairs(
  offered: readonly CodecDescription[],
  ours: readonly CodecDescription[],
): CodecPair[] {
  const decoded = offered.filter((codec) => !isEvents(codec));
  const events = offered.filter(isEvents).map((theirs) => ({ theirs, ours: theirs }));
  const codecs = ours.filter((codec) => !isEvents(codec));
  return [...answeredCodecs(decoded, { codecs }), ...events];
}

function isAmong(codec: CodecDescription, codecs: readonly CodecDescription[]): boolean {
  return codecs.some((other) => sameCodec(codec, other));
}

function isEvents({ name }: CodecDescription): boolean {
  return name === TELEPHONE_EVENT;
}
