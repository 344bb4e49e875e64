import { DEFAULT_CODECS } from '../codec/built-in-codecs.ts';
import { nodeRuntime, type Runtime, StrowgerError } from '@strowger/runtime';
import type { DigitSource, StreamSettings } from '../core/core-api.ts';
import { markedDatagrams } from '../core/marked-datagrams.ts';
import type { LatenessHistogram } from '../core/ticker.ts';
import { createDtlsIdentity, type DtlsIdentity, fingerprintOf } from '../dtls/index.ts';
import { bindPorts } from './bind-ports.ts';
import { CoreEndpoint } from './core-endpoint.ts';
import type { CoreHost } from './core-host.ts';
import { closedError } from './engine-errors.ts';
import {
  dscpOf,
  qualitySettings,
  streamSettings,
  wakeUpMsOf,
  workerTimeoutMsOf,
} from './engine-settings.ts';
import { KnownCodecs } from './known-codecs.ts';
import { LocalDescription } from './local-description.ts';
import { assertServers, type IceMode, LocalIce } from './local-ice.ts';
import { localSecurity } from './local-security.ts';
import {
  type CodecDescription,
  type Keying,
  type LocalSecurity,
  type NegotiatedMedia,
  type SrtpPolicy,
  TELEPHONE_EVENT,
} from '../sdp/index.ts';
import type { SpeechOptions } from '../speech/index.ts';
import { progressPatterns, type ToneOptions } from '../tones/index.ts';
import { LocalEndpoint } from './local-endpoint.ts';
import { LocalConference } from './local-conference.ts';
import type {
  EndpointRequest,
  MediaEndpoint,
  MediaEndpointEvent,
  MediaEngine,
  PerEnd,
  FeedEndpoint,
  RecordingFeedRequest,
  RelayRequest,
  StreamRequest,
} from './media-backend.ts';
import type { ConferenceRequest, MediaConference } from './media-conference.ts';
import type { MediaEngineOptions } from './media-engine-options.ts';
import { RtpStream } from './rtp-stream.ts';
import { Passages } from './passages.ts';
import { PortAllocator } from './port-allocator.ts';
import { RemotePolicy } from './remote-policy.ts';
import { type FeedSource, openFeed } from './open-feed.ts';
import { RelaySide } from './relay.ts';
import { RelayLines } from './relay-lines.ts';
import { RelayTranscoding } from './relay-transcoding.ts';
import { TranscoderPlaces } from './transcoder-places.ts';
import { Trickle } from './trickle.ts';
import { threadHost } from './thread-host.ts';
import { defaultWorkerEntry, workerHost } from './worker-host.ts';

/** What kind of endpoint is opened, and who hears of it. */
interface Opening {
  label: string;
  relayed: boolean;
  security: LocalSecurity | undefined;
  /** What it shows in a DTLS handshake. */
  identity?: DtlsIdentity;
  /** Absent: the engine's, which is not offered. */
  ice?: IceMode | undefined;
  ptimeMs?: number | undefined;
  digits?: readonly DigitSource[] | undefined;
  speech?: SpeechOptions | undefined;
  tones?: ToneOptions | undefined;
  quality?: EndpointRequest['quality'];
  /** It only sends, and goes on though nothing comes back: not every recorder has RTCP. */
  isOneWay?: boolean;
  onEvent(event: MediaEndpointEvent): void;
}

/**
 * Starts the media engine: sockets are opened with endpoints, workers at once.
 *
 * @throws StrowgerError `MEDIA_BAD_PORTS`, `MEDIA_BAD_NETWORK`, `MEDIA_UNKNOWN_CODEC`,
 * `MEDIA_BAD_ICE_SERVER`, `MEDIA_BAD_WAKE_UP`, `MEDIA_BAD_TIMEOUT`, `MEDIA_BAD_DSCP`,
 * `MEDIA_WORKER_MISSING`.
 */
export function createMediaEngine(options: MediaEngineOptions): MediaEngine {
  return new LocalMediaEngine(options);
}

class LocalMediaEngine implements MediaEngine {
  private readonly options: MediaEngineOptions;
  private readonly runtime: Runtime;
  private readonly settings: StreamSettings;
  private readonly ports: PortAllocator;
  private readonly passages: Passages;
  private readonly codecs: KnownCodecs;
  private readonly remotes: RemotePolicy;
  private readonly identity: DtlsIdentity;
  private hosts: CoreHost[] = [];
  private readonly endpoints = new Set<CoreEndpoint>();
  private readonly transcoders = new WeakMap<CoreHost, TranscoderPlaces>();
  private readonly opening = new Set<Promise<unknown>>();
  /** What can be copied for a recording server. */
  private readonly sources = new WeakMap<MediaEndpoint, FeedSource>();
  private ids = 0;
  private closed: Promise<void> | undefined;

  constructor(options: MediaEngineOptions) {
    const { ports, portRestMs = 5000, runtime = nodeRuntime() } = options;
    this.options = options;
    this.runtime = runtime;
    this.codecs = new KnownCodecs(options.codecs ?? DEFAULT_CODECS);
    this.remotes = new RemotePolicy(options.remotes);
    assertServers(options);
    wakeUpMsOf(options);
    workerTimeoutMsOf(options);
    dscpOf(options);
    const { clock, random } = runtime;
    this.identity = createDtlsIdentity(runtime);
    this.ports = new PortAllocator({ ...ports, restMs: portRestMs, clock, random });
    this.settings = streamSettings(options);
    const { address } = options;
    this.passages = new Passages({ address, ports: this.ports, settings: this.settings });
    for (let made = 0; made < (options.workers ?? 0); made++) this.hosts.push(this.worker());
    if (this.hosts.length === 0) {
      const datagrams = markedDatagrams(runtime.datagrams, dscpOf(options));
      this.hosts.push(threadHost({ ...runtime, datagrams }, this.codecs.own));
    }
  }

  async openEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    const { endpoint } = await this.openLocal(this.leastLoaded(), request);
    return endpoint;
  }

  async openConference(request: ConferenceRequest): Promise<MediaConference> {
    const host = this.leastLoaded();
    const open = (member: EndpointRequest) => this.openLocal(host, member);
    return LocalConference.open(request, { id: ++this.ids, api: host.api, open });
  }

  private async openLocal(host: CoreHost, request: EndpointRequest) {
    const { comfortNoise = this.options.comfortNoise ?? false } = request;
    const codecs = this.codecs.descriptions(request.codecs, { comfortNoise });
    const { label } = request;
    const onEvent = (event: MediaEndpointEvent): void => request.onEvent(event);
    const secured = this.secured(request);
    const ptimeMs = request.ptimeMs ?? this.options.ptimeMs;
    const { ice, quality, digits = this.options.digits, speech = this.options.speech } = request;
    const { tones = this.options.tones } = request;
    if (tones) progressPatterns(tones.country); // refuses what it does not know
    const hearing = { quality, digits, speech, tones };
    const opening = { label, relayed: false, ...secured, ice, ptimeMs, ...hearing, onEvent };
    const { core, description, trickle, identity } = await this.open(host, opening);
    const describeCodecs = (names: readonly string[]): CodecDescription[] =>
      this.codecs.descriptions(names, { comfortNoise });
    const parts = { core, description, trickle, codecs, identity, describeCodecs };
    const endpoint = new LocalEndpoint(parts);
    this.sources.set(endpoint, { core, host });
    return { core, endpoint };
  }

  async openStream({ label, quality, onEvent }: StreamRequest): Promise<RtpStream> {
    const host = this.leastLoaded();
    const opening = {
      label,
      relayed: false,
      security: undefined,
      ice: 'off',
      quality,
      onEvent,
    } as const;
    const { core, description, trickle, identity } = await this.open(host, opening);
    const codecs = this.codecs.descriptions();
    const describeCodecs = (names: readonly string[]): CodecDescription[] =>
      this.codecs.descriptions(names);
    const parts = { core, description, trickle, codecs, identity, describeCodecs };
    const endpoint = new LocalEndpoint(parts);
    const assertPermitted = ({ remote }: NegotiatedMedia): void =>
      description.assertAddresses(remote);
    const sampleRateOf = (codec: CodecDescription): number => this.codecs.sampleRateOf(codec);
    const checked = { assertPermitted, sampleRateOf };
    try {
      const local = await core.bind(); // what is negotiated elsewhere has to know it
      return new RtpStream({ endpoint, core, description, local, identity, host, ...checked });
    } catch (error) {
      await core.close();
      throw error;
    }
  }

  async openRelay(request: RelayRequest): Promise<{ a: MediaEndpoint; b: MediaEndpoint }> {
    const host = this.leastLoaded();
    const allowed = request.codecs?.map((name) => ({ name }));
    const codecs = this.codecs.descriptions();
    const transcoding = this.transcoding(host, request);
    const events = request.convertDigits
      ? codecs.filter(({ name }) => name === TELEPHONE_EVENT)
      : [];
    const hears = (name: 'a' | 'b'): boolean => isAtEnd(request.inbandDigits, name);
    const end = (name: 'a' | 'b'): Opening => ({
      label: `${request.label}/${name}`,
      relayed: true,
      quality: request.quality,
      ...this.secured({
        srtp: atEnd(request.srtp, name),
        keying: keyingAt(request.keying, name),
      }),
      ice: atEnd(request.ice, name),
      digits: hears(name) ? ['rtp', 'inband'] : ['rtp'],
      onEvent: (event) => request.onEvent(name, event),
    });
    const a = await this.open(host, end('a'));
    try {
      const b = await this.open(host, end('b'));
      const { logger } = this.runtime;
      const lines = new RelayLines({ open: () => this.passages.openOn(host), logger });
      const { holdMusic } = this.options.relay ?? {};
      const both = { codecs, allowed, lines, transcoding, events, holdMusic, logger };
      const ends = {
        a: new RelaySide({ ...a, ...both, end: 'a', hearsInband: hears('a') }),
        b: new RelaySide({ ...b, ...both, end: 'b', hearsInband: hears('b') }),
      };
      RelaySide.join(ends.a, ends.b);
      this.sources.set(ends.a, { core: a.core, host });
      this.sources.set(ends.b, { core: b.core, host });
      return ends;
    } catch (error) {
      await a.core.close();
      throw error;
    }
  }

  async openRecordingFeed(request: RecordingFeedRequest): Promise<FeedEndpoint> {
    const { address } = this.options;
    const { random } = this.runtime;
    return openFeed(request, {
      address,
      random,
      sourceOf: (endpoint) => this.sources.get(endpoint),
      secured: (wish) => this.secured(wish),
      open: (host, line) =>
        this.open(host, { ...line, relayed: true, isOneWay: true, ice: 'off', digits: [] }),
    });
  }

  usage(): { endpoints: number; ports: number } {
    return { endpoints: this.endpoints.size, ports: 2 * this.ports.pairsInUse };
  }

  lateness(): Promise<LatenessHistogram[]> {
    const alive = this.hosts.filter((host) => host.isAlive);
    return Promise.all(alive.map((host) => host.api.lateness({})));
  }

  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    await Promise.allSettled(this.opening);
    await Promise.all([...this.endpoints].map((endpoint) => endpoint.close()));
    await this.passages.close();
    await Promise.all(this.hosts.map((host) => host.close()));
  }

  private async open(host: CoreHost, opening: Opening) {
    const opened = this.openOn(host, opening);
    this.opening.add(opened);
    try {
      return await opened;
    } finally {
      this.opening.delete(opened);
    }
  }

  private async openOn(host: CoreHost, opening: Opening) {
    const { address } = this.options;
    const { remotes } = this;
    const { random } = this.runtime;
    const { relayed, security, ptimeMs, digits = ['rtp'], speech, tones } = opening;
    const id = ++this.ids;
    const identity = { ssrc: random.uint32(), cname: random.token() };
    const quality = qualitySettings(this.options, opening.quality);
    const hearing = { digits, speech, tones, quality };
    const dtls = security?.fingerprints && opening.identity && { identity: opening.identity };
    const settings = opening.isOneWay ? { ...this.settings, timeoutMs: Infinity } : this.settings;
    const request = { id, ...identity, relayed, settings, ...hearing, ...dtls };
    await host.api.open(request);
    const ice = this.ice(opening);
    const core = this.register(host, { id, opening, ice });
    const port = (): number | undefined => core.local?.port;
    const offersIce = opening.ice !== undefined;
    const fixed = {
      address,
      port,
      ...identity,
      random,
      remotes,
      security,
      ice,
      offersIce,
      ptimeMs,
    };
    const trickle = new Trickle({
      ice,
      hasEnded: () => core.hasEnded,
      tell: (fragment) => this.tell(opening, { type: 'candidate', fragment }),
    });
    const description = new LocalDescription(fixed);
    return { core, description, trickle, identity: { id, ...identity } };
  }

  private transcoding(
    host: CoreHost,
    { transcode: asked, codecs }: Pick<RelayRequest, 'transcode' | 'codecs'>,
  ): RelayTranscoding {
    const { relay: { transcode = 'whenNeeded', maxTranscoded = 50 } = {}, comfortNoise = false } =
      this.options;
    let places = this.transcoders.get(host);
    if (places === undefined) {
      places = new TranscoderPlaces(maxTranscoded);
      this.transcoders.set(host, places);
    }
    const isAllowed = (asked ?? transcode) === 'whenNeeded';
    // what may not pass is not made of something else either
    const ours = this.codecs
      .descriptions(undefined, { comfortNoise })
      .filter(({ name }) => name === TELEPHONE_EVENT || (codecs?.includes(name) ?? true));
    return new RelayTranscoding(places, isAllowed ? ours : undefined);
  }

  private ice(opening: Opening): LocalIce | undefined {
    const mode = opening.ice ?? this.options.ice ?? 'off';
    const { random } = this.runtime;
    return mode === 'off' ? undefined : new LocalIce({ mode, random, servers: this.options });
  }

  /**
   * Each end has keys of its own. Who is keyed by DTLS alone shows a certificate of its own, too: a peer
   * whose media moves there from another end takes the same one for the same association, and begins no
   * handshake (RFC 8842 §4). @throws StrowgerError `MEDIA_UNSUPPORTED`.
   */
  private secured(request: {
    srtp?: SrtpPolicy | undefined;
    keying?: readonly Keying[] | undefined;
  }): Pick<Opening, 'security' | 'identity'> {
    const policy = request.srtp ?? this.options.srtp ?? 'optional';
    const keying = request.keying ?? this.options.keying ?? ['sdes', 'dtls'];
    const isAlone = policy !== 'off' && keying.every((one) => one === 'dtls');
    const identity = isAlone ? createDtlsIdentity(this.runtime) : this.identity;
    const fingerprints = [fingerprintOf(identity.certificate)];
    const { random } = this.runtime;
    return { identity, security: localSecurity({ policy, keying, random, fingerprints }) };
  }

  private register(
    host: CoreHost,
    { id, opening, ice }: { id: number; opening: Opening; ice: LocalIce | undefined },
  ): CoreEndpoint {
    const { label } = opening;
    const { api } = host;
    const { address } = this.options;
    const endpoint: CoreEndpoint = new CoreEndpoint({
      id,
      api,
      bind: () => bindPorts({ api, id }, { address, ports: this.ports }),
      onBound: (local) => ice?.begin({ api, id }, local),
      onEvent: (event) => this.tell(opening, event),
      onGone: (bound) => {
        host.endpoints.delete(id);
        this.endpoints.delete(endpoint);
        if (bound !== undefined) this.ports.release(bound.port);
        this.runtime.logger.debug({ label, ...bound }, 'a media endpoint has ended');
      },
    });
    this.runtime.logger.debug({ label }, 'a media endpoint was opened');
    host.endpoints.set(id, endpoint);
    this.endpoints.add(endpoint);
    return endpoint;
  }

  /** A listener that throws is reported and harms nobody. */
  private tell({ label, onEvent }: Opening, event: MediaEndpointEvent): void {
    try {
      onEvent(event);
    } catch (error) {
      this.runtime.logger.error({ error, event, label }, 'a listener to media events threw');
    }
  }

  /** A worker that died is replaced when it is needed: one that dies at its start, not forever. */
  private leastLoaded(): CoreHost {
    if (this.closed !== undefined) throw closedError();
    this.hosts = this.hosts.map((host) => (host.isAlive ? host : this.worker()));
    const [first, ...others] = this.hosts;
    if (first === undefined) throw closedError();
    return others.reduce((a, b) => (b.endpoints.size < a.endpoints.size ? b : a), first);
  }

  private worker(): CoreHost {
    return workerHost({
      entry: this.options.workerEntry ?? defaultWorkerEntry(),
      codecs: this.codecs.own,
      wakeUpMs: wakeUpMsOf(this.options),
      datagrams: this.options.workerDatagrams?.toString(),
      dscp: dscpOf(this.options),
      timeoutMs: workerTimeoutMsOf(this.options),
      onDied: (host, error) => this.bury(host, error),
    });
  }

  private bury(dead: CoreHost, error: StrowgerError): void {
    this.runtime.logger.error({ error }, 'a media worker died');
    for (const endpoint of dead.endpoints.values()) endpoint.fail(error);
  }
}

function atEnd<T extends string>(both: PerEnd<T> | undefined, end: 'a' | 'b'): T | undefined {
  return typeof both === 'object' ? both[end] : both;
}

function isAtEnd(both: RelayRequest['inbandDigits'], end: 'a' | 'b'): boolean {
  return (typeof both === 'object' ? both[end] : both) ?? false;
}

function keyingAt(keying: RelayRequest['keying'], end: 'a' | 'b'): readonly Keying[] | undefined {
  return keying && !('map' in keying) ? keying[end] : keying;
}
