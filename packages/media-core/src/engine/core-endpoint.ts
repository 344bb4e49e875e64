import { StrowgerError } from '@strowger/runtime';
import type { CoreApi, CoreError, CoreEvent, CoreStats, Recorded } from '../core/core-api.ts';
import type { MediaDirection, NegotiatedMedia, SrtpSuite } from '../sdp/index.ts';
import type { HostedEndpoint } from './core-host.ts';
import type {
  EndpointRtp,
  EndpointSecurity,
  MediaEndpointEvent,
  MediaStats,
} from './media-backend.ts';

/** Events that concern what is played and heard. */
export type AudioEvent = Extract<CoreEvent, { type: 'playEnded' | 'heard' | 'recorded' }>;

/** What a handle is made of. */
export interface CoreEndpointOptions {
  readonly id: number;
  readonly api: CoreApi;
  /** Binds a pair of free ports at the core. */
  bind(): Promise<Place>;
  /** There are ports now. */
  onBound(local: Place): void;
  onEvent(event: MediaEndpointEvent): void;
  /** Told once, when the ports that it had are free or were lost. */
  onGone(bound: Place | undefined): void;
}

/** Where an endpoint is reached: the port of RTP. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

const NOTHING: CoreStats = {
  packetsSent: 0,
  bytesSent: 0,
  packetsReceived: 0,
  bytesReceived: 0,
  packetsLost: 0,
  packetsDiscarded: 0,
  jitterMs: 0,
  strangers: 0,
  unwanted: 0,
  unauthentic: 0,
};

/** This thread's hold on an endpoint of a core: whether it lives, and what is agreed. */
export class CoreEndpoint implements HostedEndpoint {
  readonly id: number;
  /** Undefined until the first description needs it. */
  local: Place | undefined;
  /** What the last completed round of offer and answer gave. */
  agreed: NegotiatedMedia | undefined;
  /** What `close` made of a recording that was under way. */
  recorded: Recorded | CoreError | undefined;
  onAudio: (event: AudioEvent) => void = () => {};
  /** Told when it ends, whichever way, before `close` resolves. */
  onEnd: (error: StrowgerError) => void = () => {};
  /** Told when it was closed and nothing more will come. */
  onClosed: () => void = () => {};
  private readonly options: CoreEndpointOptions;
  private binding: Promise<Place> | undefined;
  private last: CoreStats = NOTHING;
  private ended: StrowgerError | undefined;
  private closed: Promise<MediaStats> | undefined;

  constructor(options: CoreEndpointOptions) {
    this.options = options;
    this.id = options.id;
  }

  get direction(): MediaDirection {
    return this.agreed?.direction ?? 'inactive';
  }

  /** Where its RTP is, and how it runs. */
  get rtp(): Pick<EndpointRtp, 'local' | 'agreed'> {
    const { local, agreed } = this;
    return { ...(local && { local }), ...(agreed && { agreed }) };
  }

  /** @throws StrowgerError `MEDIA_CLOSED`, `MEDIA_FAILED` after the end. */
  assertAlive(): void {
    if (this.ended !== undefined) throw this.ended;
  }

  /** The core. @throws StrowgerError as `assertAlive`. */
  get api(): CoreApi {
    this.assertAlive();
    return this.options.api;
  }

  /** Whether it was closed or failed. */
  get hasEnded(): boolean {
    return this.ended !== undefined;
  }

  /**
   * Sees to it that there are ports, and tells where. Rejects with `MEDIA_PORTS_EXHAUSTED`,
   * `MEDIA_ADDRESS_UNAVAILABLE`, and as `assertAlive` throws; may then be tried again.
   */
  async bind(): Promise<Place> {
    this.assertAlive();
    this.binding ??= this.bindPorts();
    const place = await this.binding;
    this.assertAlive();
    return place;
  }

  async configure(media: NegotiatedMedia): Promise<void> {
    this.agreed = media;
    await this.api.configure({ id: this.id, media });
  }

  async stats(): Promise<MediaStats> {
    if (this.ended === undefined) this.last = await this.api.stats({ id: this.id });
    return this.told();
  }

  close(): Promise<MediaStats> {
    this.closed ??= this.end();
    return this.closed;
  }

  onCoreEvent(event: CoreEvent): void {
    const { type } = event;
    if (type === 'playEnded' || type === 'heard' || type === 'recorded') this.onAudio(event);
    else if (this.ended === undefined) this.options.onEvent(event);
  }

  /** The worker died. */
  fail(cause: StrowgerError): void {
    if (this.ended !== undefined) return;
    this.ended = new StrowgerError('MEDIA_FAILED', cause.message, { cause });
    this.onEnd(this.ended);
    this.options.onGone(this.local);
    this.options.onEvent({ type: 'failed', code: cause.code, message: cause.message });
  }

  private async end(): Promise<MediaStats> {
    if (this.ended !== undefined) return this.told();
    this.ended = new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
    this.onEnd(this.ended);
    await Promise.allSettled([this.binding]);
    try {
      const closed = await this.options.api.close({ id: this.id });
      this.last = closed.stats;
      this.recorded = closed.recorded;
    } catch {
      // the worker died meanwhile: its sockets are closed, its last word is what was known
    }
    this.options.onGone(this.local);
    this.onClosed();
    return this.told();
  }

  private async bindPorts(): Promise<Place> {
    try {
      this.local = await this.options.bind();
      this.options.onBound(this.local);
      return this.local;
    } catch (error) {
      this.binding = undefined;
      throw error;
    }
  }

  private told(): MediaStats {
    const { last, direction, local, agreed } = this;
    return {
      ...last,
      direction,
      ...(local && { local }),
      ...(agreed && { security: securityOf(agreed.security, last.srtp) }),
    };
  }
}

/** @param suite of the keys that are there. */
function securityOf(
  agreed: NegotiatedMedia['security'],
  suite: SrtpSuite | undefined,
): EndpointSecurity {
  const keys = suite && { suite };
  if (agreed.kind === 'none') return { kind: 'plain' };
  if (agreed.kind === 'sdes') return { kind: 'sdes', ...keys };
  return { kind: 'dtls-srtp', ...keys, isVerified: suite !== undefined };
}
