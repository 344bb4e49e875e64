import type { RelayedPayload } from '../core/core-api.ts';
import { sameCodec } from '../sdp/codec.ts';
import type { CodecDescription, NegotiatedMedia, PayloadFormat } from '../sdp/index.ts';

/** Everything that may come in. */
export function receivable(media: NegotiatedMedia): readonly PayloadFormat[] {
  const { receive, telephoneEvent } = media;
  return telephoneEvent ? [...receive, ...telephoneEvent.receive] : receive;
}

/** Each codec once, under the number that it has first. */
export function codecsOf(formats: readonly PayloadFormat[]): CodecDescription[] {
  const codecs: CodecDescription[] = [];
  for (const { codec } of formats) {
    if (!codecs.some((one) => sameCodec(one, codec))) codecs.push(codec);
  }
  return codecs;
}

/** Under which number each format that comes in goes on where `taken` is taken. */
export function relayedPayloads(
  comes: readonly PayloadFormat[],
  taken: readonly PayloadFormat[],
): RelayedPayload[] {
  const payloads: RelayedPayload[] = [];
  for (const { codec, payloadType } of comes) {
    const match = taken.find((one) => sameCodec(one.codec, codec));
    if (match) payloads.push({ from: payloadType, to: match.payloadType });
  }
  return payloads;
}
