import { StrowgerError } from '@strowger/runtime';
import type {
  ConferenceRequest,
  EndpointRequest,
  MediaBackend,
  MediaConference,
  MediaEndpoint,
  RecordingFeedRequest,
  RelayRequest,
} from '@strowger/session-core';

/** What a `LocalMedia` is made of. */
export interface LocalMediaOptions {
  /** The local address that media is to have now, for what is labelled so. */
  readonly address: (label?: string) => string;
  readonly open: (address: string) => MediaBackend;
  /** How calls take part in ICE that do not say it themselves; default: the backend's. */
  readonly ice?: EndpointRequest['ice'] | undefined;
}

/**
 * Media on the address that reaches the other side: a backend for each, opened with the first call
 * and closed when the machine's address has become another one and no call is left on it.
 */
export class LocalMedia implements MediaBackend {
  private readonly options: LocalMediaOptions;
  private readonly byAddress = new Map<string, MediaBackend>();
  /** Who has what was opened: only that one can record it. */
  private readonly openedBy = new WeakMap<MediaEndpoint, MediaBackend>();
  private readonly closing = new Set<Promise<void>>();
  private closed = false;

  constructor(options: LocalMediaOptions) {
    this.options = options;
  }

  async openEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    const { ice } = this.options;
    const backend = this.backend(request.label);
    const wanted = ice === undefined ? request : { ice, ...request };
    return this.note(backend, await backend.openEndpoint(wanted));
  }

  async openRelay(request: RelayRequest): Promise<{ a: MediaEndpoint; b: MediaEndpoint }> {
    const backend = this.backend();
    const relay = await backend.openRelay(request);
    this.note(backend, relay.a);
    this.note(backend, relay.b);
    return relay;
  }

  async openConference(request: ConferenceRequest): Promise<MediaConference> {
    return this.backend().openConference(request);
  }

  async openRecordingFeed(request: RecordingFeedRequest): Promise<MediaEndpoint> {
    const [backend] = request.streams.flatMap(({ of }) => this.openedBy.get(of) ?? []);
    return (backend ?? this.backend()).openRecordingFeed(request);
  }

  usage(): { endpoints: number; ports: number } {
    const sum = { endpoints: 0, ports: 0 };
    for (const backend of this.byAddress.values()) {
      const { endpoints, ports } = backend.usage();
      sum.endpoints += endpoints;
      sum.ports += ports;
    }
    return sum;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const address of this.byAddress.keys()) this.drop(address);
    await Promise.all(this.closing);
  }

  private note(backend: MediaBackend, endpoint: MediaEndpoint): MediaEndpoint {
    this.openedBy.set(endpoint, backend);
    return endpoint;
  }

  private backend(label?: string): MediaBackend {
    if (this.closed) throw new StrowgerError('MEDIA_CLOSED', 'this client is closed');
    const address = this.options.address(label);
    const known = this.byAddress.get(address);
    if (known !== undefined) return known;
    for (const [old, one] of this.byAddress) if (one.usage().endpoints === 0) this.drop(old);
    const opened = this.options.open(address);
    this.byAddress.set(address, opened);
    return opened;
  }

  private drop(address: string): void {
    const closing = this.byAddress.get(address)?.close();
    this.byAddress.delete(address);
    if (closing === undefined) return;
    this.closing.add(closing);
    const forget = (): void => void this.closing.delete(closing);
    closing.then(forget, forget);
  }
}
