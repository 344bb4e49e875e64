import { answeredCodecs, type CodecPair } from './codec-pairs.ts';
import { type CodecDescription, isVoice, sameCodec, TELEPHONE_EVENT } from './codec.ts';

/**
 * What one end has, and behind it what else we can make of that, of voices nothing where we decode
 * none of its own; and `events`, which we take ourselves. Numbers may collide: whoever writes the offer
 * gives each codec its own.
 */
export function withOurs(
  theirs: readonly CodecDescription[],
  ours: readonly CodecDescription[],
  events: readonly CodecDescription[] = [],
): readonly CodecDescription[] {
  const isDecoded = theirs.some((codec) => isVoice(codec) && isAmong(codec, ours));
  const voices = isDecoded ? ours.filter((codec) => !isEvents(codec)) : [];
  const known = isDecoded && theirs.some(isEvents) ? ours.filter(isEvents) : events;
  return [...theirs, ...[...voices, ...known].filter((codec) => !isAmong(codec, theirs))];
}

/** What passes, and the offerer's events beside it where we take these ourselves. */
export function withEventsOf(
  offered: readonly CodecDescription[],
  pairs: readonly CodecPair[],
  events: readonly CodecDescription[] = [],
): readonly CodecPair[] {
  if (events.length === 0 || !pairs.some(({ ours }) => isVoice(ours))) return pairs;
  const missing = offered.filter(
    (codec) => isEvents(codec) && !pairs.some(({ theirs }) => theirs === codec),
  );
  return [...pairs, ...missing.map((theirs) => ({ theirs, ours: theirs }))];
}

/**
 * What an offerer is answered with whose voice we decode: all of it that is ours, in its order, and
 * its events at every clock rate, as they are converted, too, where somebody takes them.
 */
export function transcodedPairs(
  offered: readonly CodecDescription[],
  ours: readonly CodecDescription[],
  takesEvents: boolean,
): CodecPair[] {
  const decoded = offered.filter((codec) => !isEvents(codec));
  const events = takesEvents ? offered.filter(isEvents) : [];
  const codecs = ours.filter((codec) => !isEvents(codec));
  return [
    ...answeredCodecs(decoded, { codecs }),
    ...events.map((theirs) => ({ theirs, ours: theirs })),
  ];
}

function isAmong(codec: CodecDescription, codecs: readonly CodecDescription[]): boolean {
  return codecs.some((other) => sameCodec(codec, other));
}

function isEvents({ name }: CodecDescription): boolean {
  return name === TELEPHONE_EVENT;
}
