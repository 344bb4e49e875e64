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
  /** The codec of each, that of events among them. */
  readonly codecs: ReadonlyMap<number, CodecDescription>;
}

/** Prepares what was negotiated. */
export function agreedMedia(media: NegotiatedMedia): AgreedMedia {
  const kinds = new Uint8Array(128);
  const codecs = new Map<number, CodecDescription>();
  for (const { codec, payloadType } of media.receive) {
    kinds[payloadType] = AUDIO;
    codecs.set(payloadType, codec);
  }
  for (const { codec, payloadType } of media.telephoneEvent?.receive ?? []) {
    kinds[payloadType] = EVENTS;
    codecs.set(payloadType, codec);
  }
  return {
    media,
    remote: socketEndpoint(media.remote),
    control: socketEndpoint(media.remote.rtcp),
    maySend: sends(media.direction),
    mayReceive: receives(media.direction),
    kinds,
    codecs,
  };
}

/** As the sockets write addresses, so that they can be compared as text. */
export function socketEndpoint({ address, port }: Endpoint): Endpoint {
  if (isIP(address) !== 6) return { address, port };
  return { address: new SocketAddress({ address, port, family: 'ipv6' }).address, port };
}
