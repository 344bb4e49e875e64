import { isIP, SocketAddress } from 'node:net';
import type { Endpoint } from '@strowger/runtime';
import { type CodecDescription, type NegotiatedMedia, receives, sends } from '../sdp/index.ts';

/** A payload type that was not agreed; audio; telephone events. */
export const UNKNOWN = 0;
export const AUDIO = 1;
export const EVENTS = 2;

/** What was negotiated, laid out for a look at every packet. */
export interface AgreedMedia {
  readonly media: NegotiatedMedia;
  readonly remote: Endpoint;
  readonly control: Endpoint;
  readonly maySend: boolean;
  readonly mayReceive: boolean;
  /** What each of the 128 payload types that may come in is. */
  readonly kinds: Uint8Array;
  /** The codec of each that is audio. */
  readonly codecs: readonly (CodecDescription | undefined)[];
  /** What the timestamps of each that is audio count in, in Hz. */
  readonly clockRates: Uint32Array;
  /** What the durations of each that is an event count in, in Hz. */
  readonly eventRates: Uint32Array;
}

/** Prepares what was negotiated. */
export function agreedMedia(media: NegotiatedMedia): AgreedMedia {
  const kinds = new Uint8Array(128);
  const codecs: (CodecDescription | undefined)[] = Array.from({ length: 128 });
  const clockRates = new Uint32Array(128);
  for (const { codec, payloadType } of media.receive) {
    kinds[payloadType] = AUDIO;
    codecs[payloadType] = codec;
    clockRates[payloadType] = codec.clockRate;
  }
  const eventRates = new Uint32Array(128);
  for (const { codec, payloadType } of media.telephoneEvent?.receive ?? []) {
    kinds[payloadType] = EVENTS;
    eventRates[payloadType] = codec.clockRate;
  }
  return {
    media,
    remote: socketEndpoint(media.remote),
    control: socketEndpoint(media.remote.rtcp),
    maySend: sends(media.direction),
    mayReceive: receives(media.direction),
    kinds,
    codecs,
    clockRates,
    eventRates,
  };
}

/** As the sockets write addresses, so that they can be compared as text. */
export function socketEndpoint({ address, port }: Endpoint): Endpoint {
  if (isIP(address) !== 6) return { address, port };
  return { address: new SocketAddress({ address, port, family: 'ipv6' }).address, port };
}
