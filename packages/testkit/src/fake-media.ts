import type {
  ConferenceMemberRequest,
  ConferenceRequest,
  EndpointRequest,
  MediaBackend,
  MediaConference,
  MediaEndpoint,
  RecordingFeedRequest,
  RelayRequest,
} from '@strowger/session-core';
import { type Clock, StrowgerError } from '@strowger/runtime';
import { FakeConference } from './fake-conference.ts';
import { FakeFeed } from './fake-feed.ts';
import { FakeMediaEndpoint, type FakeMediaHost } from './fake-media-endpoint.ts';

/** What a fake backend can be told to delay or to refuse. */
export type FakeMediaOperation =
  | 'openEndpoint'
  | 'openRelay'
  | 'openConference'
  | 'openRecordingFeed'
  | 'createOffer'
  | 'acceptOffer'
  | 'acceptAnswer'
  | 'rollback'
  | 'mute';

/** Options of a `FakeMediaBackend`. */
export interface FakeMediaOptions {
  /** Default `192.0.2.1`. Backends that share a `wire` need different ones. */
  readonly address?: string;
  /** Encoding names in order of preference; default `pcmu`, `pcma`. */
  readonly codecs?: readonly string[];
  /** Counts packets (one in 20 ms) by this clock; without it the counters stay 0. */
  readonly clock?: Clock;
  /** How long every operation takes by `clock`, in milliseconds; default 0: one promise turn. */
  readonly delayMs?: number;
  /**
   * Whether endpoints negotiate keys (RFC 4568, RFC 8643) as their `srtp` says, and tell so; nothing is
   * really encrypted. Default not: then `required` is refused with `MEDIA_UNSUPPORTED`.
   */
  readonly encrypts?: boolean;
  /** Where media meets: give the same map to two backends and their endpoints hear each other. */
  readonly wire?: FakeMediaWire;
}

const nothing = (): void => {};

/** Open endpoints by `address port`. */
export type FakeMediaWire = Map<string, FakeMediaEndpoint>;

/**
 * A media backend without a network: it makes and takes session descriptions, keeps the states of
 * offer and answer (RFC 3264), lets digits and audio frames pass between endpoints on one `wire`,
 * and does on command what real media does by accident: being slow, refusing, dying. The same
 * calls give the same descriptions, byte for byte.
 */
export class FakeMediaBackend implements MediaBackend, FakeMediaHost {
  readonly address: string;
  readonly wire: FakeMediaWire;
  readonly clock: Clock | undefined;
  readonly codecs: readonly string[];
  private readonly delayMs: number;
  private readonly encrypts: boolean;
  private readonly open = new Set<FakeMediaEndpoint>();
  private readonly fed = new Set<FakeFeed>();
  private readonly failures = new Map<FakeMediaOperation, StrowgerError[]>();
  private readonly gates = new Map<FakeMediaOperation, Promise<void>>();
  private readonly rooms: FakeConference[] = [];
  private opened = 0;
  private closed = false;

  constructor(options: FakeMediaOptions = {}) {
    this.address = options.address ?? '192.0.2.1';
    this.codecs = options.codecs ?? ['pcmu', 'pcma'];
    this.clock = options.clock;
    this.delayMs = options.delayMs ?? 0;
    this.encrypts = options.encrypts ?? false;
    this.wire = options.wire ?? new Map();
  }

  /** The open endpoints, oldest first. */
  get endpoints(): readonly FakeMediaEndpoint[] {
    return [...this.open];
  }

  async openEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    await this.pass('openEndpoint');
    this.checkPolicy(request.srtp);
    return this.add(request);
  }

  /** Frames are passed on one by one, not added up; `hears` and `loudest` make no difference. */
  async openConference(request: ConferenceRequest): Promise<MediaConference> {
    await this.pass('openConference');
    const { maximum = 200 } = request;
    const endpointOf = async (member: ConferenceMemberRequest): Promise<FakeMediaEndpoint> => {
      await this.pass('openEndpoint');
      this.checkPolicy(member.srtp);
      return this.add(member);
    };
    const conference = new FakeConference(maximum, endpointOf);
    this.rooms.push(conference);
    return conference;
  }

  /** The conferences that were opened, oldest first, and how each does. */
  get conferences(): readonly FakeConference[] {
    return this.rooms;
  }

  async openRelay(request: RelayRequest): Promise<{ a: MediaEndpoint; b: MediaEndpoint }> {
    await this.pass('openRelay');
    const { srtp } = request;
    const policies = typeof srtp === 'object' ? srtp : { a: srtp, b: srtp };
    for (const policy of [policies.a, policies.b]) this.checkPolicy(policy);
    const end = (name: 'a' | 'b'): FakeMediaEndpoint =>
      this.add({
        label: request.label,
        ...(policies[name] && { srtp: policies[name] }),
        ...(request.codecs && { codecs: request.codecs }),
        onEvent: (event) => request.onEvent(name, event),
      });
    const a = end('a');
    const b = end('b');
    a.joinRelay(b);
    return { a, b };
  }

  async openRecordingFeed(request: RecordingFeedRequest): Promise<MediaEndpoint> {
    await this.pass('openRecordingFeed');
    const ours: readonly unknown[] = this.endpoints;
    if (!request.streams.every(({ of }) => ours.includes(of))) {
      throw new StrowgerError('MEDIA_UNSUPPORTED', 'what is recorded is of another backend');
    }
    const { address } = this;
    const feed = new FakeFeed(
      {
        address,
        port: 50_000 + 2 * this.opened++,
        pass: (operation) => this.pass(operation),
        remove: (closed) => this.fed.delete(closed),
      },
      request,
    );
    this.fed.add(feed);
    return feed;
  }

  /** What is sent to recording servers, oldest first. */
  get feeds(): readonly FakeFeed[] {
    return [...this.fed];
  }

  usage(): { endpoints: number; ports: number } {
    const live = this.open.size + this.fed.size;
    return { endpoints: live, ports: live };
  }

  async close(): Promise<void> {
    this.closed = true;
    const live = [...this.endpoints, ...this.feeds];
    await Promise.all(live.map((endpoint) => endpoint.close()));
  }

  /** The next such operation rejects with `error`; several calls queue up. */
  failNext(
    operation: FakeMediaOperation,
    error = new StrowgerError('MEDIA_NOT_ACCEPTABLE', 'refused on command'),
  ): void {
    this.failures.set(operation, [...(this.failures.get(operation) ?? []), error]);
  }

  /** Such operations wait until the function that this returns is called. */
  pause(operation: FakeMediaOperation): () => void {
    let release = nothing;
    this.gates.set(operation, new Promise((resolve) => (release = resolve)));
    return () => {
      this.gates.delete(operation);
      release();
    };
  }

  /** @internal What every operation goes through first. */
  async pass(operation: FakeMediaOperation): Promise<void> {
    if (this.closed) throw new StrowgerError('MEDIA_CLOSED', 'the backend is closed');
    await this.gates.get(operation);
    const { clock, delayMs } = this;
    if (clock !== undefined && delayMs > 0) {
      await new Promise<void>((resolve) => clock.arm(delayMs, resolve));
    }
    const error = this.failures.get(operation)?.shift();
    if (error !== undefined) throw error;
  }

  /** @internal */
  remove(endpoint: FakeMediaEndpoint): void {
    this.open.delete(endpoint);
  }

  private checkPolicy(srtp: EndpointRequest['srtp']): void {
    if (srtp !== 'required' || this.encrypts) return;
    throw new StrowgerError('MEDIA_UNSUPPORTED', 'The fake backend was not told to encrypt');
  }

  private add(request: EndpointRequest): FakeMediaEndpoint {
    if (this.closed) throw new StrowgerError('MEDIA_CLOSED', 'the backend is closed');
    this.opened++;
    const local = { address: this.address, port: 10000 + 2 * (this.opened % 20000) };
    const codecs = request.codecs ?? this.codecs;
    const { srtp = 'optional' } = request;
    const setup = { ...request, codecs, local, id: this.opened };
    const endpoint = new FakeMediaEndpoint(this, { ...setup, srtp: this.encrypts ? srtp : 'off' });
    this.open.add(endpoint);
    return endpoint;
  }
}
