import { createMediaEngine } from '@strowger/media-core';
import { nodeRuntime } from '@strowger/runtime';
import type { MediaBackend } from '@strowger/session-core';
import { TransportLayer } from '@strowger/sip-transport';
import { clientListeners } from './client-listeners.ts';
import type { ClientWiring, WiredClient } from './client-wiring.ts';

/** Sockets, and the media engine in this process. */
export const nodeWiring: ClientWiring = {
  runtime: () => nodeRuntime(),
  connect: (hooks, { settings, account, runtime }) =>
    new TransportLayer({ runtime, ...clientListeners(settings, account.server), ...hooks }),
  openMedia,
};

function openMedia(address: string, { settings, runtime }: WiredClient): MediaBackend {
  const {
    ports = { from: 10_000, to: 19_999 },
    codecs,
    srtp = 'optional',
    keying,
    stunServers,
    turnServers,
    digits = ['rtp'],
    speech,
    tones,
    comfortNoise = false,
  } = settings.media ?? {};
  return createMediaEngine({
    address,
    ports,
    srtp,
    digits,
    ...(codecs && { codecs }),
    ...(keying && { keying }),
    ...(stunServers && { stunServers }),
    ...(turnServers && { turnServers }),
    ...(speech && { speech }),
    ...(tones && { tones }),
    comfortNoise,
    runtime,
  });
}
