import type { AnswererOptions, AnswererOutcome } from '../speech/index.ts';
import type {
  EndpointRtp,
  MediaEndpoint,
  MediaIntent,
  MediaStats,
} from '../engine/media-backend.ts';
import type {
  AudioSource,
  Cleared,
  DigitOptions,
  MarkOutcome,
  PcmFrame,
  Playback,
  PlayOptions,
  Recording,
  RecordOptions,
  RecordTarget,
} from '../engine/media-capabilities.ts';
import type { MediaConfig, Sdp } from '../sdp/index.ts';
import type { MediaSessionId } from './media-event.ts';
import { infoOf, type RtpStreamInfo } from './media-session.ts';

/** What a managed endpoint is made of. */
export interface ManagedEndpointOptions {
  readonly id: MediaSessionId;
  /** The application's name of the session that it is for. */
  readonly sessionId: string;
  readonly endpoint: MediaEndpoint;
  /** Told when offer and answer are complete for the first time. */
  onAgreed(config: MediaConfig): void;
  /** Closes it, as a media session of its manager. */
  close(): Promise<MediaStats>;
}

/** An endpoint that is a media session of a manager: the same thing under the same name. */
export class ManagedEndpoint implements MediaEndpoint {
  readonly mediaSessionId: MediaSessionId;
  readonly sessionId: string;
  /** What it stands for. */
  readonly endpoint: MediaEndpoint;
  private readonly options: ManagedEndpointOptions;
  private isAgreed = false;
  private closing: Promise<MediaStats> | undefined;

  constructor(options: ManagedEndpointOptions) {
    this.options = options;
    this.mediaSessionId = options.id;
    this.sessionId = options.sessionId;
    this.endpoint = options.endpoint;
  }

  get rtp(): EndpointRtp {
    return this.endpoint.rtp;
  }

  /** As a manager tells it of every media session. */
  get info(): RtpStreamInfo {
    const state = this.rtp.agreed === undefined ? 'reserved' : 'active';
    return infoOf(this.mediaSessionId, state, this.rtp);
  }

  createOffer(intent?: MediaIntent): Promise<Sdp> {
    return this.endpoint.createOffer(intent);
  }

  async acceptOffer(offer: Sdp, intent?: MediaIntent): Promise<Sdp> {
    const answer = await this.endpoint.acceptOffer(offer, intent);
    this.agreed();
    return answer;
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    await this.endpoint.acceptAnswer(answer);
    this.agreed();
  }

  rollback(): Promise<void> {
    return this.endpoint.rollback();
  }

  addCandidates(fragment: string): Promise<void> {
    return this.endpoint.addCandidates(fragment);
  }

  stats(): Promise<MediaStats> {
    return this.closing ?? this.endpoint.stats();
  }

  close(): Promise<MediaStats> {
    this.closing ??= this.options.close();
    return this.closing;
  }

  play(source: AudioSource, options?: PlayOptions): Playback {
    return this.endpoint.play(source, options);
  }

  mark(name: string): Promise<MarkOutcome> {
    return this.endpoint.mark(name);
  }

  clear(): Promise<Cleared> {
    return this.endpoint.clear();
  }

  record(target: RecordTarget, options?: RecordOptions): Promise<Recording> {
    return this.endpoint.record(target, options);
  }

  sendDigits(digits: string, options?: DigitOptions): Promise<void> {
    return this.endpoint.sendDigits(digits, options);
  }

  echo(enabled: boolean): void {
    this.endpoint.echo(enabled);
  }

  mute(muted: boolean): Promise<void> {
    return this.endpoint.mute(muted);
  }

  detectAnsweringMachine(options?: AnswererOptions): Promise<AnswererOutcome> {
    return this.endpoint.detectAnsweringMachine(options);
  }

  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame> {
    return this.endpoint.audioIn(options);
  }

  audioOut(): WritableStream<PcmFrame> {
    return this.endpoint.audioOut();
  }

  private agreed(): void {
    const { local, agreed } = this.rtp;
    if (this.isAgreed || local === undefined || agreed === undefined) return;
    this.isAgreed = true;
    const { address, port } = local;
    const rtcp = { address, port: agreed.rtcpMux ? port : port + 1 };
    this.options.onAgreed({ ...agreed, local: { address, port, rtcp } });
  }
}
