import { type CodecDescription, sameCodec } from './codec.ts';
import { answeredParameters } from './format-parameters.ts';
import type { LocalMedia } from './local-media.ts';

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

/** The codecs of an answer: what both have, in the wanted order, under the offer's numbers. */
export function answeredCodecs(
  offered: readonly CodecDescription[],
  { codecs, codecOrder = 'theirs' }: Pick<LocalMedia, 'codecs' | 'codecOrder'>,
): CodecPair[] {
  const pairs =
    codecOrder === 'theirs'
      ? pairCodecs(offered, codecs).map(({ first, second }) => ({ theirs: first, ours: second }))
      : pairCodecs(codecs, offered).map(({ first, second }) => ({ theirs: second, ours: first }));
  return pairs.map(({ theirs, ours: codec }) => {
    const { name, clockRate, channels } = codec;
    const parameters = answeredParameters(theirs, codec);
    const ours = {
      name,
      payloadType: theirs.payloadType,
      clockRate,
      ...(channels !== undefined && { channels }),
      ...(parameters !== undefined && { fmtp: parameters }),
    };
    return { theirs, ours };
  });
}

/** A number may not come to mean another codec within a session (RFC 3264 §8.3.2). */
export function withNumbersKept(
  codecs: readonly CodecDescription[],
  previous: readonly CodecDescription[],
): readonly CodecDescription[] {
  const used = new Set(previous.map((codec) => codec.payloadType));
  return codecs.map((codec) => {
    const known = previous.find((other) => sameCodec(other, codec));
    if (known) return { ...codec, payloadType: known.payloadType };
    const payloadType = used.has(codec.payloadType) ? freeNumber(used) : codec.payloadType;
    used.add(payloadType);
    return { ...codec, payloadType };
  });
}

/** Dynamic payload types are 96–127 (RFC 3551 §3). */
function freeNumber(used: ReadonlySet<number>): number {
  for (let number = 96; number < 127; number++) if (!used.has(number)) return number;
  return 127;
}
