import type { Runtime } from '@strowger/runtime';
import type { ThreadCodec } from '../codec/codec-library.ts';
import { MediaCore } from '../core/media-core.ts';
import type { CoreHost, HostedEndpoint } from './core-host.ts';

/** The core in this thread. */
export function threadHost(runtime: Runtime, codecs: readonly ThreadCodec[]): CoreHost {
  const endpoints = new Map<number, HostedEndpoint>();
  const onEvent: ConstructorParameters<typeof MediaCore>[0]['onEvent'] = (id, event) =>
    endpoints.get(id)?.onCoreEvent(event);
  return {
    api: new MediaCore({ runtime, codecs, onEvent }),
    endpoints,
    isAlive: true,
    close: async () => {},
  };
}
