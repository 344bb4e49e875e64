import { isIP, SocketAddress } from 'node:net';
import type { Endpoint } from '@strowger/runtime';
import { isVoice } from '../sdp/codec.ts';
import { type CodecDescription, type NegotiatedMedia, receives, sends } from '../sdp/index.ts';

/** What a payload type stands for. */
export interface PayloadFormat {
  readonly codec: CodecDescription;
  readonly isVoice: boolean;
  readonly isEvent: boolean;
}

/** What was negotiated, laid out for a look at every packet. */
export interface AgreedMedia {
  readonly media: NegotiatedMedia;
  readonly remote: Endpoint;
  readonly control: Endpoint;
  readonly maySend: boolean;
  readonly mayReceive: boolean;
  /** By payload type: those that may come in. */
  readonly formats: readonly (PayloadFormat | undefined)[];
}

/** Prepares what was negotiated. */
export function agreedMedia(media: NegotiatedMedia): AgreedMedia {
  const formats: (PayloadFormat | undefined)[] = Array.from({ length: 128 });
  for (const { codec, payloadType } of media.receive) {
    formats[payloadType] = { codec, isVoice: isVoice(codec), isEvent: false };
  }
  for (const { codec, payloadType } of media.telephoneEvent?.receive ?? []) {
    formats[payloadType] = { codec, isVoice: false, isEvent: true };
  }
  return {
    media,
    remote: socketEndpoint(media.remote),
    control: socketEndpoint(media.remote.rtcp),
    maySend: sends(media.direction),
    mayReceive: receives(media.direction),
    formats,
  };
}

/** As the sockets write addresses, so that they can be compared as text. */
export function socketEndpoint({ address, port }: Endpoint): Endpoint {
  if (isIP(address) !== 6) return { address, port };
  return { address: new SocketAddress({ address, port, family: 'ipv6' }).address, port };
}
