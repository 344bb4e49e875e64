import { type Runtime, StrowgerError } from '@strowger/runtime';
import { CodecLibrary, type ThreadCodec } from '../codec/codec-library.ts';
import { AudioEndpoint } from './audio-endpoint.ts';
import type { AudioOutlet } from './audio-outlet.ts';
import type {
  BindRequest,
  Cleared,
  Closed,
  ConferenceSettings,
  ConferenceStats,
  CoreApi,
  CoreError,
  CoreEvent,
  CoreStats,
  DigitsCommand,
  MarkOutcome,
  MemberSettings,
  OpenPassageRequest,
  OpenRequest,
  PassageStats,
  PlayCommand,
  Recorded,
  RelayOrder,
  TapRequest,
} from './core-api.ts';
import { Conference } from './conference.ts';
import { PacketTaps } from './packet-taps.ts';
import { Passage } from './passage.ts';
import type { Recorder } from './recorder.ts';
import { RelayEnd } from './relay-end.ts';
import type { LineDestination, NegotiatedMedia } from '../sdp/index.ts';
import { VoiceLibrary } from '../speech/index.ts';
import { packetSigner } from '../srtp/index.ts';
import type { ThreadPause } from './thread-pause.ts';
import { type LatenessHistogram, Ticker } from './ticker.ts';

/** What the core needs: it runs the same in this thread and in a worker. */
export interface MediaCoreOptions {
  runtime: Runtime;
  /** Codecs beside the built-in ones. */
  codecs: readonly ThreadCodec[];
  /** In a thread of its own. */
  pause?: ThreadPause;
  onEvent(id: number, event: CoreEvent): void;
}

interface MemberRequest {
  conference: number;
  id: number;
  settings: MemberSettings;
}

/** All streams of one thread: their sockets, and one ticker for those that make audio. */
export class MediaCore implements CoreApi {
  private readonly options: MediaCoreOptions;
  private readonly ticker: Ticker;
  private readonly signer = packetSigner();
  private readonly codecs: CodecLibrary;
  private readonly voices: VoiceLibrary;
  private readonly endpoints = new Map<number, AudioEndpoint | RelayEnd>();
  private readonly taps = new PacketTaps();
  private readonly passages = new Map<number, Passage>();
  private readonly conferences = new Map<number, Conference>();

  constructor(options: MediaCoreOptions) {
    this.options = options;
    this.codecs = new CodecLibrary(options.codecs);
    const { clock, logger } = options.runtime;
    this.voices = new VoiceLibrary(logger);
    this.ticker = new Ticker(clock, {
      pause: options.pause,
      onFailed: (error) =>
        logger.error({ error }, 'a stream of media has failed and is no longer served'),
    });
  }

  async open(request: OpenRequest): Promise<void> {
    const { signer, ticker, codecs, voices } = this;
    const { runtime } = this.options;
    const tell = (event: CoreEvent): void => this.options.onEvent(request.id, event);
    if (request.speech !== undefined && request.speech.judge !== 'level') await voices.ready();
    const endpoint = request.relayed
      ? new RelayEnd({ runtime, request, tell, ticker, signer, codecs })
      : new AudioEndpoint({ runtime, request, tell, ticker, signer, codecs, voices });
    if (!request.relayed) await codecs.ready();
    this.endpoints.set(request.id, endpoint);
  }

  async bind({ id, ...place }: BindRequest): Promise<void> {
    await this.endpoint(id).session.bind(place);
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

  async relay(request: RelayOrder): Promise<void> {
    const [from, to] = [this.endpoint(request.from), this.endpoint(request.to)];
    if (from instanceof RelayEnd && to instanceof RelayEnd) await from.relayTo(to, request);
    else if (from instanceof AudioEndpoint && to instanceof AudioEndpoint) {
      from.relayTo(to, request.payloads);
    } else {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'An end of a relay is relayed to the other one');
    }
  }

  async tap(request: TapRequest): Promise<void> {
    const [from, to] = [this.endpoint(request.from), this.endpoint(request.to)];
    this.taps.begin(request, from.session, to.session);
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

  async play(request: PlayCommand): Promise<void> {
    const endpoint = this.endpoint(request.id);
    await (endpoint instanceof RelayEnd ? endpoint : endpoint.output).play(request);
  }

  async stopPlay({ id, play }: { id: number; play: number }): Promise<void> {
    this.outlet(id).stop(play);
  }

  async pausePlay(request: { id: number; play: number; paused: boolean }): Promise<void> {
    this.outlet(request.id).pause(request.play, request.paused);
  }

  async feed({ id, play, samples, sampleRate }: Parameters<CoreApi['feed']>[0]): Promise<boolean> {
    return this.outlet(id).feed(play, samples, sampleRate);
  }

  async finishFeeding(request: { id: number; play: number; error?: CoreError }): Promise<void> {
    this.outlet(request.id).finishFeeding(request.play, request.error);
  }

  async mark({ id, name }: { id: number; name: string }): Promise<MarkOutcome> {
    return this.audio(id).output.mark(name);
  }

  async clear({ id }: { id: number }): Promise<Cleared> {
    return this.audio(id).output.clear();
  }

  async record(request: Parameters<CoreApi['record']>[0]): Promise<void> {
    await this.endpoint(request.id).record(request);
  }

  async recordTaken(request: Parameters<CoreApi['recordTaken']>[0]): Promise<void> {
    this.recorder(request.id).taken(request.recording, request.bytes);
  }

  async recordFailed(request: Parameters<CoreApi['recordFailed']>[0]): Promise<void> {
    this.recorder(request.id).fail(request.recording, request.message);
  }

  async pauseRecord({ id, paused }: { id: number; paused: boolean }): Promise<void> {
    this.recorder(id).pause(paused);
  }

  async stopRecord({ id }: { id: number }): Promise<Recorded> {
    const endpoint = this.endpoint(id);
    return endpoint instanceof RelayEnd ? endpoint.recording.stop() : endpoint.recorder.stop();
  }

  async sendDigits(request: DigitsCommand): Promise<void> {
    await this.endpoint(request.id).sendDigits(request);
  }

  async echo({ id, enabled }: { id: number; enabled: boolean }): Promise<void> {
    this.audio(id).echo(enabled);
  }

  async mute({ id, muted }: { id: number; muted: boolean }): Promise<void> {
    this.endpoint(id).mute(muted);
  }

  async detectAnswerer({
    id,
    options,
  }: Parameters<CoreApi['detectAnswerer']>[0]): ReturnType<CoreApi['detectAnswerer']> {
    return this.audio(id).line.detectAnswerer(options);
  }

  async listen(request: { id: number; frames: number; sampleRate: number }): Promise<void> {
    this.audio(request.id).listen(request.frames, request.sampleRate);
  }

  async say(request: { id: number; samples: Int16Array; sampleRate: number }): Promise<void> {
    await this.audio(request.id).output.say(request.samples, request.sampleRate);
  }

  async finishSaying({ id, discard }: { id: number; discard: boolean }): Promise<void> {
    await this.audio(id).output.finishSaying(discard);
  }

  async openConference(request: { id: number; settings: ConferenceSettings }): Promise<void> {
    const { runtime } = this.options;
    this.conferences.set(request.id, new Conference(request.settings, this.ticker, runtime));
  }

  async joinConference({ conference, id, settings }: MemberRequest): Promise<void> {
    this.conference(conference).join(id, this.audio(id), settings);
  }

  async changeMember({ conference, id, settings }: MemberRequest): Promise<void> {
    this.conference(conference).change(id, settings);
  }

  async leaveConference(request: { conference: number; id: number }): Promise<void> {
    this.conferences.get(request.conference)?.leave(request.id);
  }

  async recordConference(request: Parameters<CoreApi['recordConference']>[0]): Promise<void> {
    await this.conference(request.id).record(request);
  }

  async stopRecordConference({ id }: { id: number }): Promise<Recorded> {
    return this.conference(id).stopRecord();
  }

  async conferenceStats({ id }: { id: number }): Promise<ConferenceStats> {
    return this.conference(id).stats;
  }

  async closeConference({ id }: { id: number }): Promise<void> {
    const conference = this.conferences.get(id);
    this.conferences.delete(id);
    await conference?.close();
  }

  async stats({ id }: { id: number }): Promise<CoreStats> {
    return statsOf(this.endpoint(id));
  }

  async close({ id }: { id: number }): Promise<Closed> {
    const endpoint = this.endpoint(id);
    this.endpoints.delete(id);
    this.taps.end(id);
    for (const conference of this.conferences.values()) conference.leave(id);
    const recorded = await endpoint.close();
    return { stats: statsOf(endpoint), ...(recorded && { recorded }) };
  }

  async lateness(): Promise<LatenessHistogram> {
    return this.ticker.lateness;
  }

  private conference(id: number): Conference {
    const conference = this.conferences.get(id);
    if (conference === undefined) {
      throw new StrowgerError('MEDIA_CLOSED', 'The conference was closed');
    }
    return conference;
  }

  private endpoint(id: number): AudioEndpoint | RelayEnd {
    const endpoint = this.endpoints.get(id);
    if (endpoint === undefined) {
      throw new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
    }
    return endpoint;
  }

  private recorder(id: number): Recorder {
    const endpoint = this.endpoint(id);
    return endpoint instanceof RelayEnd ? endpoint.recording.recorder : endpoint.recorder;
  }

  private outlet(id: number): AudioOutlet {
    const endpoint = this.endpoint(id);
    return endpoint instanceof RelayEnd ? endpoint.outlet : endpoint.output;
  }

  private audio(id: number): AudioEndpoint {
    const endpoint = this.endpoint(id);
    if (endpoint instanceof AudioEndpoint) return endpoint;
    throw new StrowgerError('MEDIA_UNSUPPORTED', 'The end of a relay has no audio of its own');
  }
}

function statsOf(endpoint: AudioEndpoint | RelayEnd): CoreStats {
  const { session } = endpoint;
  session.catchUp();
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
    ...endpoint.stats(),
  };
}
