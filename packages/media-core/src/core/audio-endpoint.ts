import type { Runtime } from '@strowger/runtime';
import type { Arrival } from '../rtp/reception.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { ReportedBuffer } from '../quality/voip-report.ts';
import type { CodecLibrary } from '../codec/codec-library.ts';
import { CodecBench } from '../codec/stream-codecs.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import { SpeechDetector, type SpeechOptions, type VoiceLibrary } from '../speech/index.ts';
import type { PacketSigner } from '../srtp/index.ts';
import { AudioOutlet } from './audio-outlet.ts';
import type {
  CoreError,
  CoreEvent,
  CoreStats,
  DigitsCommand,
  OpenRequest,
  RecordCommand,
  Recorded,
  RelayedPayload,
} from './core-api.ts';
import { Bypass } from './bypass.ts';
import { DigitListener } from './digit-listener.ts';
import { LineListener } from './line-listener.ts';
import { Listener } from './listener.ts';
import { Recorder } from './recorder.ts';
import { RtpSession, type RtpSessionUser } from './rtp-session.ts';
import { Speaker } from './speaker.ts';
import { streamFailure } from './stream-failure.ts';
import type { Ticked, Ticker } from './ticker.ts';

/** What an endpoint is made of. */
export interface AudioEndpointOptions {
  runtime: Runtime;
  ticker: Ticker;
  request: OpenRequest;
  signer: PacketSigner;
  codecs: CodecLibrary;
  voices: VoiceLibrary;
  tell(event: CoreEvent): void;
}

/** Where an endpoint's audio comes from and goes to instead, as long as it is in a conference. */
export interface MixedAudio {
  /** Takes what was heard. */
  take(frame: Int16Array, sampleRate: number): void;
  /** Fills what is to be said; `false` where that is nothing. */
  read(out: Int16Array, sampleRate: number): boolean;
}

/** An RTP session whose audio begins and ends here, in frames of its packet time. */
export class AudioEndpoint implements RtpSessionUser, Ticked {
  readonly session: RtpSession;
  periodMs = 20;
  private readonly options: AudioEndpointOptions;
  private readonly codecs: CodecBench;
  private readonly listener: Listener;
  private readonly speaker: Speaker;
  /** What shall be heard at the other end. */
  readonly output: AudioOutlet;
  readonly recorder: Recorder;
  private readonly digits: DigitListener;
  private readonly speech: SpeechDetector | undefined;
  /** Tones of the network, and who answers. */
  readonly line: LineListener;
  private mixed: MixedAudio | undefined;
  private readonly bypass: Bypass;
  private wasFed = false;

  constructor(options: AudioEndpointOptions) {
    const { runtime, request, tell } = options;
    this.options = options;
    this.codecs = new CodecBench(options.codecs);
    this.recorder = new Recorder(runtime, (recording, bytes) =>
      tell({ type: 'recorded', recording, bytes }),
    );
    this.session = new RtpSession(options, this);
    this.bypass = new Bypass(this.session);
    this.listener = new Listener(request.settings, runtime.clock, tell);
    const timestamp = runtime.random.uint32();
    this.speaker = new Speaker({ sender: this.session.sender, timestamp, tell });
    this.speech = request.speech && speechDetector(request.speech, options);
    this.line = new LineListener(request.tones, tell);
    this.output = new AudioOutlet(this.speaker, runtime.clock);
    this.digits = new DigitListener({
      clock: runtime.clock,
      sources: request.digits,
      tell,
      eventRate: () => this.session.eventRate,
    });
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
    const { targetMs } = this.listener.playout.stats;
    const { jitterMinimumMs: minimumMs, jitterMaximumMs: maximumMs } =
      this.options.request.settings;
    return { targetMs, minimumMs, maximumMs };
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

  failed(error: unknown): void {
    this.options.tell(streamFailure(error));
  }

  /** Of its PCM. */
  get sampleRate(): number {
    return this.listener.sampleRate;
  }

  /** Hears and is heard in a conference from now on; on its own again with `undefined`. */
  join(mixed: MixedAudio | undefined): void {
    this.mixed = mixed;
    this.speaker.mixed = mixed;
  }

  /** A slot: what was heard in it goes where it is wanted, then one packet leaves. */
  tick(skipped: number): void {
    const { listener, speaker } = this;
    for (let frames = skipped; frames > 0; frames--) this.miss();
    if (skipped > 0) speaker.pass(skipped);
    this.hear();
    this.comeBack();
    if (this.session.sends && !this.bypass.isFed) speaker.say(listener.heard);
    else speaker.pass(1);
    this.speech?.say(speaker.said, speaker.player.sampleRate);
    this.recorder.take(listener.heard, speaker.said, listener.sampleRate);
  }

  /** What a relay has sent in our place had its own time: one stream has one (RFC 3550 §5.1). */
  private comeBack(): void {
    const { isFed } = this.bypass;
    if (this.wasFed && !isFed) this.speaker.follow(this.session.sender.timestampNow());
    this.wasFed = isFed;
  }

  /** A slot that was missed: nothing is said in it. */
  private miss(): void {
    const { listener } = this;
    this.hear();
    this.recorder.take(listener.heard, undefined, listener.sampleRate);
  }

  private hear(): void {
    const { listener } = this;
    listener.hear();
    this.digits.hear(listener.heard, listener.sampleRate);
    this.speech?.hear(listener.heard, listener.sampleRate);
    this.line.hear(listener.heard, listener.sampleRate);
    this.mixed?.take(listener.heard, listener.sampleRate);
  }

  /** Records from the next frame on; before anything is negotiated, silence. */
  async record(request: RecordCommand): Promise<void> {
    await this.recorder.start({ ...request, sampleRate: this.listener.sampleRate });
    this.options.ticker.add(this);
  }

  async sendDigits(command: DigitsCommand): Promise<void> {
    await this.speaker.sendDigits(command);
  }

  echo(enabled: boolean): void {
    this.speaker.isEchoing = enabled;
  }

  mute(muted: boolean): void {
    this.speaker.isMuted = muted;
    this.bypass.isMuted = muted;
  }

  listen(frames: number, sampleRate: number): void {
    this.listener.grant(frames, sampleRate);
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
    this.line.close();
    this.speech?.close();
    this.listener.close();
    const recorded = this.recorder.close();
    await Promise.all([this.speaker.close(), this.session.close()]);
    return recorded;
  }
}

function speechDetector(
  options: SpeechOptions,
  { voices, tell }: Pick<AudioEndpointOptions, 'voices' | 'tell'>,
): SpeechDetector {
  return new SpeechDetector(options, tell, options.judge === 'level' ? undefined : voices.judge());
}
