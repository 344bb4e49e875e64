import { type Runtime, StrowgerError } from '@strowger/runtime';
import { CodecLibrary, type ThreadCodec } from '../codec/codec-library.ts';
import { AudioEndpoint } from './audio-endpoint.ts';
import type {
  Closed,
  CoreApi,
  CoreEvent,
  CoreStats,
  DigitsCommand,
  OpenPassageRequest,
  OpenRequest,
  PassageStats,
  PlaySource,
  Recorded,
  RelayedPayload,
} from './core-api.ts';
import { Passage } from './passage.ts';
import { RelayEnd } from './relay-end.ts';
import type { LineDestination, NegotiatedMedia } from '../sdp/index.ts';
import { hmacSha1 } from '../srtp/index.ts';
import { type LatenessHistogram, Ticker } from './ticker.ts';

/** What the core needs: it runs the same in this thread and in a worker. */
export interface MediaCoreOptions {
  runtime: Runtime;
  /** Codecs beside the built-in ones. */
  codecs: readonly ThreadCodec[];
  onEvent(id: number, event: CoreEvent): void;
}

/** All streams of one thread: their sockets, and one ticker for those that make audio. */
export class MediaCore implements CoreApi {
  private readonly options: MediaCoreOptions;
  private readonly ticker: Ticker;
  private readonly hmac = hmacSha1();
  private readonly codecs: CodecLibrary;
  private readonly endpoints = new Map<number, AudioEndpoint | RelayEnd>();
  private readonly passages = new Map<number, Passage>();

  constructor(options: MediaCoreOptions) {
    this.options = options;
    this.codecs = new CodecLibrary(options.codecs);
    this.ticker = new Ticker(options.runtime.clock);
  }

  async open(request: OpenRequest): Promise<void> {
    const { hmac, ticker, codecs } = this;
    const { runtime } = this.options;
    const tell = (event: CoreEvent): void => this.options.onEvent(request.id, event);
    const endpoint = request.relayed
      ? new RelayEnd({ runtime, request, tell, hmac })
      : new AudioEndpoint({ runtime, request, tell, ticker, hmac, codecs });
    if (!request.relayed) await codecs.ready();
    await endpoint.session.open();
    this.endpoints.set(request.id, endpoint);
  }

  gather({ id, servers }: Parameters<CoreApi['gather']>[0]): ReturnType<CoreApi['gather']> {
    return this.endpoint(id).session.transport.ice.gather(servers);
  }

  async addCandidates({ id, candidates }: Parameters<CoreApi['addCandidates']>[0]): Promise<void> {
    this.endpoint(id).session.transport.ice.addRemotes(candidates);
  }

  async configure({ id, media }: { id: number; media: NegotiatedMedia }): Promise<void> {
    await this.endpoint(id).configure(media);
  }

  async relay(request: { from: number; to: number; payloads: RelayedPayload[] }): Promise<void> {
    const [from, to] = [this.endpoint(request.from), this.endpoint(request.to)];
    if (from instanceof RelayEnd && to instanceof RelayEnd) from.relayTo(to, request.payloads);
    else if (from instanceof AudioEndpoint && to instanceof AudioEndpoint) {
      from.relayTo(to, request.payloads);
    } else {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'An end of a relay is relayed to the other one');
    }
  }

  async endRelay({ from }: { from: number }): Promise<void> {
    this.audio(from).endRelay();
  }

  async openPassage(request: OpenPassageRequest): Promise<void> {
    const passage = new Passage(this.options.runtime, request);
    await passage.open();
    this.passages.set(request.id, passage);
  }

  async setPassage(request: { id: number; a: LineDestination; b: LineDestination }): Promise<void> {
    this.passages.get(request.id)?.set(request);
  }

  async closePassage({ id }: { id: number }): Promise<PassageStats> {
    const passage = this.passages.get(id);
    this.passages.delete(id);
    await passage?.close();
    return passage?.stats ?? { packets: 0, strangers: 0 };
  }

  async play(request: { id: number; play: number; source: PlaySource }): Promise<void> {
    await this.audio(request.id).play(request.play, request.source);
  }

  async stopPlay({ id, play }: { id: number; play: number }): Promise<void> {
    this.audio(id).stopPlay(play);
  }

  async record({ id, path }: { id: number; path: string }): Promise<void> {
    await this.audio(id).record(path);
  }

  async stopRecord({ id }: { id: number }): Promise<Recorded> {
    return this.audio(id).stopRecord();
  }

  async sendDigits(request: DigitsCommand): Promise<void> {
    await this.audio(request.id).sendDigits(request);
  }

  async echo({ id, enabled }: { id: number; enabled: boolean }): Promise<void> {
    this.audio(id).echo(enabled);
  }

  async listen(request: { id: number; frames: number; sampleRate: number }): Promise<void> {
    this.audio(request.id).listen(request.frames, request.sampleRate);
  }

  async say(request: { id: number; samples: Int16Array; sampleRate: number }): Promise<void> {
    await this.audio(request.id).speak(request.samples, request.sampleRate);
  }

  async finishSaying({ id, discard }: { id: number; discard: boolean }): Promise<void> {
    await this.audio(id).finishSaying(discard);
  }

  async stats({ id }: { id: number }): Promise<CoreStats> {
    return statsOf(this.endpoint(id));
  }

  async close({ id }: { id: number }): Promise<Closed> {
    const endpoint = this.endpoint(id);
    this.endpoints.delete(id);
    const recorded = await endpoint.close();
    return { stats: statsOf(endpoint), ...(recorded && { recorded }) };
  }

  async lateness(): Promise<LatenessHistogram> {
    return this.ticker.lateness;
  }

  private endpoint(id: number): AudioEndpoint | RelayEnd {
    const endpoint = this.endpoints.get(id);
    if (endpoint === undefined) {
      throw new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
    }
    return endpoint;
  }

  private audio(id: number): AudioEndpoint {
    const endpoint = this.endpoint(id);
    if (endpoint instanceof AudioEndpoint) return endpoint;
    throw new StrowgerError('MEDIA_UNSUPPORTED', 'The end of a relay has no audio of its own');
  }
}

function statsOf(endpoint: AudioEndpoint | RelayEnd): CoreStats {
  const { session } = endpoint;
  const remote = session.transport.target;
  const { roundTripMs, peerMetrics } = session.rtcp;
  const { whole: quality } = session.quality;
  return {
    ...(session.agreed && { codec: session.agreed.media.send.codec.name }),
    ...(remote && { remote: { address: remote.address, port: remote.port } }),
    packetsSent: session.sender.packetsSent,
    bytesSent: session.sender.octetsSent,
    packetsReceived: session.packetsReceived,
    bytesReceived: session.octetsReceived,
    packetsLost: session.packetsLost,
    packetsDiscarded: 0,
    jitterMs: session.reception?.jitterMs ?? 0,
    ...(roundTripMs !== undefined && { roundTripMs }),
    strangers: session.lock.strangers,
    unwanted: session.unwanted,
    ...(session.protection.suite && { srtp: session.protection.suite }),
    unauthentic: session.protection.unauthentic,
    ...(quality && { quality }),
    ...(peerMetrics && { peerQuality: peerMetrics }),
    ...(endpoint instanceof AudioEndpoint && endpoint.stats()),
  };
}
