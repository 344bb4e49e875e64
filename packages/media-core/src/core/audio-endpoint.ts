import type { Runtime } from '@strowger/runtime';
import type { Arrival } from '../rtp/reception.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { ReportedBuffer } from '../quality/voip-report.ts';
import type { CodecLibrary } from '../codec/codec-library.ts';
import { CodecBench } from '../codec/stream-codecs.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import type { HmacSha1 } from '../srtp/index.ts';
import { openSource } from './audio-sources.ts';
import type {
  CoreError,
  CoreEvent,
  CoreStats,
  DigitsCommand,
  OpenRequest,
  PlaySource,
  Recorded,
  RelayedPayload,
} from './core-api.ts';
import { Bypass } from './bypass.ts';
import { DigitListener } from './digit-listener.ts';
import { Listener } from './listener.ts';
import { RtpSession, type RtpSessionUser } from './rtp-session.ts';
import { Speaker } from './speaker.ts';
import type { Ticked, Ticker } from './ticker.ts';

/** What an endpoint is made of. */
export interface AudioEndpointOptions {
  runtime: Runtime;
  ticker: Ticker;
  request: OpenRequest;
  hmac: HmacSha1;
  codecs: CodecLibrary;
  tell(event: CoreEvent): void;
}

/** An RTP session whose audio begins and ends here, in frames of its packet time. */
export class AudioEndpoint implements RtpSessionUser, Ticked {
  readonly session: RtpSession;
  periodMs = 20;
  private readonly options: AudioEndpointOptions;
  private readonly codecs: CodecBench;
  private readonly listener: Listener;
  private readonly speaker: Speaker;
  private readonly digits: DigitListener;
  private readonly bypass: Bypass;

  constructor(options: AudioEndpointOptions) {
    const { runtime, request, tell } = options;
    this.options = options;
    this.codecs = new CodecBench(options.codecs);
    this.session = new RtpSession(options, this);
    this.bypass = new Bypass(this.session);
    this.listener = new Listener(request.settings, tell);
    const timestamp = runtime.random.uint32();
    this.speaker = new Speaker({ sender: this.session.sender, timestamp, tell });
    this.digits = new DigitListener(
      runtime.clock,
      (digit, durationMs) => tell({ type: 'digit', digit, durationMs }),
      () => this.session.eventRate,
    );
  }

  /** Takes over what was negotiated; the stream runs from the first time on. */
  async configure(media: NegotiatedMedia): Promise<void> {
    const codecs = await this.codecs.open(media);
    if (codecs === undefined) return; // another round came before this one was ready
    this.session.configure(media);
    this.listener.configure(media, codecs);
    this.speaker.configure(media, codecs);
    const { ticker } = this.options;
    if (media.ptimeMs !== this.periodMs) ticker.remove(this);
    this.periodMs = media.ptimeMs;
    ticker.add(this);
  }

  get buffer(): ReportedBuffer {
    const { playout } = this.listener;
    return {
      targetMs: playout.stats.targetMs,
      maximumMs: this.options.request.settings.jitterMaximumMs,
    };
  }

  onAudio(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    if (this.bypass.forward(packet, header, arrival)) return;
    const { playout } = this.listener;
    const before = playout.discarded;
    playout.push(packet, header, arrival === 'misordered');
    if (playout.discarded > before) this.session.quality.discard(header.sequence);
  }

  onTelephoneEvent(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    this.digits.receive(packet, header, arrival);
    this.bypass.forward(packet, header, arrival);
  }

  /** Packets that come go out at `other` from now on, and are neither played nor recorded here. */
  relayTo(other: AudioEndpoint, payloads: readonly RelayedPayload[]): void {
    this.bypass.begin(other.bypass, payloads);
  }

  endRelay(): void {
    this.bypass.end();
  }

  onSourceChanged(): void {
    this.listener.playout.reset();
    this.bypass.realign();
    this.digits.reset();
  }

  onEvent(event: CoreEvent): void {
    this.options.tell(event);
  }

  /** A slot: what was heard in it goes where it is wanted, then one packet leaves. */
  tick(skipped: number): void {
    const { listener, speaker } = this;
    for (let frames = skipped; frames > 0; frames--) listener.hear();
    if (skipped > 0) speaker.pass(skipped);
    listener.hear();
    if (this.session.sends && !this.bypass.isFed) speaker.say(listener.heard);
    else speaker.pass(1);
  }

  async play(play: number, source: PlaySource): Promise<void> {
    await this.speaker.player.start(play, (sampleRate) => openSource(source, sampleRate));
  }

  stopPlay(play: number): void {
    this.speaker.player.stop(play);
  }

  /** Records from the next frame on; before anything is negotiated, silence. */
  async record(path: string): Promise<void> {
    await this.listener.record(path);
    this.options.ticker.add(this);
  }

  stopRecord(): Promise<Recorded> {
    return this.listener.stopRecord();
  }

  async sendDigits(command: DigitsCommand): Promise<void> {
    await this.speaker.sendDigits(command);
  }

  echo(enabled: boolean): void {
    this.speaker.isEchoing = enabled;
  }

  listen(frames: number, sampleRate: number): void {
    this.listener.grant(frames, sampleRate);
  }

  async speak(samples: Int16Array, sampleRate: number): Promise<void> {
    await this.speaker.spoken.push(samples, sampleRate);
  }

  async finishSaying(discard: boolean): Promise<void> {
    const { spoken } = this.speaker;
    if (discard) return spoken.clear();
    spoken.finish();
    await spoken.drained();
  }

  stats(): Pick<CoreStats, 'jitterBuffer' | 'packetsDiscarded'> {
    const { playout } = this.listener;
    return { jitterBuffer: playout.stats, packetsDiscarded: playout.discarded };
  }

  /** Ends everything; resolves with what a recording under way has become. */
  async close(): Promise<Recorded | CoreError | undefined> {
    this.options.ticker.remove(this);
    this.bypass.end();
    this.codecs.close();
    this.digits.close();
    const recorded = this.listener.close();
    await Promise.all([this.speaker.close(), this.session.close()]);
    return recorded;
  }
}
