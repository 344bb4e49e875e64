import { StrowgerError } from '@strowger/runtime';
import type { Recorded } from '../core/core-api.ts';
import type { CodecDescription, Sdp } from '../sdp/index.ts';
import { AudioInput, AudioOutput } from './audio-streams.ts';
import type { AudioEvent, CoreEndpoint } from './core-endpoint.ts';
import type { LocalDescription } from './local-description.ts';
import type {
  AudioSource,
  MediaEndpoint,
  MediaIntent,
  MediaStats,
  PcmFrame,
  Playback,
  Recording,
} from './media-backend.ts';

/** What an endpoint is made of. */
export interface LocalEndpointOptions {
  core: CoreEndpoint;
  description: LocalDescription;
  codecs: readonly CodecDescription[];
}

interface PlayWaiter {
  resolve(outcome: { playedMs: number; stopped: boolean }): void;
  reject(error: StrowgerError): void;
}

/** An endpoint whose audio begins and ends in this process. */
export class LocalEndpoint implements MediaEndpoint {
  private readonly core: CoreEndpoint;
  private readonly description: LocalDescription;
  private readonly codecs: readonly CodecDescription[];
  private plays = 0;
  private readonly playing = new Map<number, PlayWaiter>();
  private readonly input: AudioInput;
  private readonly output: AudioOutput;

  constructor({ core, description, codecs }: LocalEndpointOptions) {
    this.core = core;
    this.description = description;
    this.codecs = codecs;
    this.input = new AudioInput(core);
    this.output = new AudioOutput(core);
    core.onAudio = (event) => this.onAudio(event);
    core.onEnd = (error) => this.onEnd(error);
    core.onClosed = () => this.onClosed();
  }

  async createOffer({ direction = 'sendrecv', iceRestart }: MediaIntent = {}): Promise<Sdp> {
    this.core.assertAlive();
    if (iceRestart) this.description.restartIce();
    return this.description.offer({ codecs: this.codecs, direction });
  }

  async acceptOffer(offer: Sdp, { direction = 'sendrecv' }: MediaIntent = {}): Promise<Sdp> {
    this.core.assertAlive();
    const { answer, media } = this.description.answer(offer, { codecs: this.codecs, direction });
    await this.core.configure(media);
    return answer;
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    this.core.assertAlive();
    await this.core.configure(this.description.agree(answer));
  }

  async rollback(): Promise<void> {
    this.description.context.rollback();
  }

  async addCandidates(fragment: string): Promise<void> {
    const { core, description } = this;
    const candidates = description.laterCandidates(fragment);
    await core.api.addCandidates({ id: core.id, candidates });
  }

  stats(): Promise<MediaStats> {
    return this.core.stats();
  }

  close(): Promise<MediaStats> {
    return this.core.close();
  }

  play(source: AudioSource): Playback {
    const { id, api } = this.core;
    const play = ++this.plays;
    const finished = new Promise<{ playedMs: number; stopped: boolean }>((resolve, reject) => {
      this.playing.set(play, { resolve, reject });
    });
    finished.catch(() => {}); // whoever does not ask for the outcome need not handle it
    api.play({ id, play, source }).catch((error: StrowgerError) => {
      this.playing.get(play)?.reject(error);
      this.playing.delete(play);
    });
    const stop = (): void => {
      if (this.playing.has(play)) api.stopPlay({ id, play }).catch(() => {});
    };
    return { finished, stop };
  }

  async record(path: string): Promise<Recording> {
    const { id, api } = this.core;
    await api.record({ id, path });
    let stopped: Promise<Recorded> | undefined;
    return { stop: () => (stopped ??= this.stopRecord()) };
  }

  async sendDigits(
    digits: string,
    { durationMs = 100, gapMs = 100 }: { durationMs?: number; gapMs?: number } = {},
  ): Promise<void> {
    const isFit = /^[0-9*#A-D]{1,64}$/i.test(digits);
    if (!isFit || !(durationMs >= 40 && durationMs <= 8000) || !(gapMs >= 40 && gapMs <= 8000)) {
      const message = 'Digits are 1 to 64 of 0-9*#A-D; durations and gaps are 40 to 8000 ms';
      throw new StrowgerError('MEDIA_BAD_DIGITS', message);
    }
    const { id, api } = this.core;
    await api.sendDigits({ id, digits: digits.toUpperCase(), durationMs, gapMs });
  }

  echo(enabled: boolean): void {
    const { id, api } = this.core;
    api.echo({ id, enabled }).catch(() => {}); // it fails only with the endpoint
  }

  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame> {
    return this.input.open(options);
  }

  audioOut(): WritableStream<PcmFrame> {
    return this.output.open();
  }

  /** Who hangs up first has completed the file: then this tells what it holds. */
  private async stopRecord(): Promise<Recorded> {
    const { core } = this;
    if (!core.hasEnded) return core.api.stopRecord({ id: core.id });
    await core.close();
    const { recorded } = core;
    if (recorded === undefined) throw new StrowgerError('MEDIA_FAILED', 'The recording was lost');
    if ('code' in recorded) throw new StrowgerError(recorded.code, recorded.message);
    return recorded;
  }

  private onAudio(event: AudioEvent): void {
    if (event.type === 'heard') return this.input.take(event);
    const { play, playedMs, stopped, error } = event;
    const waiter = this.playing.get(play);
    this.playing.delete(play);
    if (error) waiter?.reject(new StrowgerError(error.code, error.message));
    else waiter?.resolve({ playedMs, stopped });
  }

  private onEnd(error: StrowgerError): void {
    this.input.end(error);
    this.output.end(error);
    if (error.code === 'MEDIA_CLOSED') return;
    for (const waiter of this.playing.values()) waiter.reject(error);
    this.playing.clear();
  }

  /** The core has told how far what played had come; what never began has nothing to tell. */
  private onClosed(): void {
    for (const waiter of this.playing.values()) waiter.resolve({ playedMs: 0, stopped: true });
    this.playing.clear();
  }
}
