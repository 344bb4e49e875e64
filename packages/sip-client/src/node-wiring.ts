import { createMediaEngine } from '@strowger/media-core';
import { nodeRuntime } from '@strowger/runtime';
import type { MediaBackend } from '@strowger/session-core';
import type { SipUri } from '@strowger/sip-message';
import { type ListenPoint, TransportLayer } from '@strowger/sip-transport';
import { clientListeners } from './client-listeners.ts';
import type { ClientWiring, WiredClient } from './client-wiring.ts';
import type { ClientTransport, SipClientOptions, TransportHooks } from './sip-client-options.ts';

/** Sockets, and the media engine in this process. */
export const nodeWiring: ClientWiring = {
  runtime: () => nodeRuntime(),
  connect: (hooks, client) => new NodeTransport(hooks, client),
  openMedia,
};

/** A transport layer that listens where accounts need it. */
class NodeTransport extends TransportLayer implements ClientTransport {
  private readonly settings: SipClientOptions;
  /** What leads somewhere, or is about to, by transport and address. */
  private readonly ways = new Map<string, Promise<void>>();

  constructor(hooks: TransportHooks, { settings, account, runtime }: WiredClient) {
    const listeners = clientListeners(settings, account.server);
    super({ runtime, ...listeners, ...hooks });
    this.settings = settings;
    for (const point of listeners.listen) this.ways.set(wayOf(point), Promise.resolve());
  }

  reach(server: SipUri): Promise<void> {
    if (this.settings.listen !== undefined) return Promise.resolve(); // that is what it can reach
    const [point] = clientListeners(this.settings, server).listen;
    if (point === undefined) return Promise.resolve();
    const key = wayOf(point);
    const way = this.ways.get(key) ?? this.listen(point);
    this.ways.set(key, way);
    way.catch(() => this.ways.delete(key)); // the next one tries it again
    return way;
  }
}

function wayOf({ transport, address }: ListenPoint): string {
  return `${transport} ${address}`;
}

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
