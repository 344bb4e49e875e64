import type { RelayedPayload, TranscodingOrder } from '../core/core-api.ts';
import { isVoice, sameCodec } from '../sdp/codec.ts';
import type { CodecDescription, NegotiatedMedia, PayloadFormat } from '../sdp/index.ts';
import { receivable } from './relayed-payloads.ts';

/** What becomes of the packets that come in at one end of a relay. */
export interface RelayPlan {
  /** What passes, under which number. */
  readonly payloads: RelayedPayload[];
  /** What is decoded, and what it is encoded as; absent where nothing is. */
  readonly transcoding?: TranscodingOrder;
}

/** What a relay may do. */
export interface PlanSettings {
  /** What we decode and encode; absent where a relay may not. */
  readonly ours: readonly CodecDescription[] | undefined;
  /** Whether all is decoded that can be, though it could pass. */
  readonly decodesAll?: boolean;
}

/**
 * Under which number each format that may come in at `from` goes on at `to`, and what of the rest is
 * transcoded.
 */
export function relayPlan(
  from: NegotiatedMedia,
  to: NegotiatedMedia,
  { ours, decodesAll = false }: PlanSettings,
): RelayPlan {
  const passes = receivable(from).flatMap(({ codec, payloadType }) => {
    const match = to.sendable.find((one) => sameCodec(one.codec, codec));
    return match ? [{ codec, from: payloadType, to: match.payloadType }] : [];
  });
  const isOurs = ({ codec }: PayloadFormat): boolean =>
    ours?.some((own) => sameCodec(own, codec)) === true;
  const send = to.sendable.find((format) => isVoice(format.codec) && isOurs(format));
  const isHeard =
    decodesAll &&
    send !== undefined &&
    from.receive.some((one) => isVoice(one.codec) && isOurs(one));
  const isShared = passes.some(({ codec }) => isVoice(codec));
  // events and noise have their places in the time of the voice that they are of
  const isPassed = isShared && !isHeard;
  const payloads = passes
    .filter(({ codec, from: payloadType }) => {
      // what we cannot hear passes though all else is decoded
      return isPassed || (isHeard && isVoice(codec) && !isOurs({ codec, payloadType }));
    })
    .map((one) => ({ from: one.from, to: one.to }));
  const rest = from.receive.filter(
    ({ payloadType }) => !payloads.some((passing) => passing.from === payloadType),
  );
  const receive = rest.filter((format) => format.codec.name === 'cn' || isOurs(format));
  if (send === undefined || !receive.some(({ codec }) => isVoice(codec))) return { payloads };
  const reason = isPassed ? 'unsharedCodec' : isShared ? 'inbandDigits' : 'noCommonCodec';
  return { payloads, transcoding: { receive, send, reason } };
}
