import { type Clock, StrowgerError } from '@strowger/runtime';
import type {
  AnswererOutcome,
  AudioSource,
  Cleared,
  DigitOptions,
  EndpointRequest,
  MarkOutcome,
  MediaEndpoint,
  MediaIntent,
  MediaStats,
  PcmFrame,
  Playback,
  PlayOptions,
  Recording,
  Sdp,
} from '@strowger/session-core';
import type { CallAudio } from './call-audio.ts';
import { CallWatch } from './call-watch.ts';
import { closed, unsupported } from './media-errors.ts';
import { Negotiation } from './negotiation.ts';
import { sendEvents } from './digit-events.ts';

/** What an endpoint is made of. */
export interface BrowserEndpointOptions {
  readonly request: EndpointRequest;
  readonly connection: RTCPeerConnection;
  readonly audio: CallAudio;
  readonly clock: Clock;
  readonly gatherMs: number;
  readonly timeoutMs: number;
  /** Told once, when it is closed. */
  onGone(): void;
}

/** One call's `RTCPeerConnection` and its audio as a media endpoint. */
export class BrowserEndpoint implements MediaEndpoint {
  /** What is said and heard, as streams of the browser's; mute, volume. */
  readonly audio: CallAudio;
  private readonly options: BrowserEndpointOptions;
  private readonly negotiation: Negotiation;
  private readonly watch: CallWatch;
  private closing: Promise<MediaStats> | undefined;
  private readonly ending = new AbortController();
  /** Digits are sent behind those that still wait. */
  private lastDigits: Promise<void> = Promise.resolve();
  private hasPorts = false;
  /** What our open offer wants. */
  private wanted: MediaIntent['direction'];

  /** @internal Made by `browserMedia`. */
  constructor(options: BrowserEndpointOptions) {
    const { request, connection, audio, clock, gatherMs, timeoutMs } = options;
    this.options = options;
    this.audio = audio;
    const { codecs } = request;
    const sending = { track: audio.track, stream: audio.said };
    this.negotiation = new Negotiation({ connection, ...sending, codecs, clock, gatherMs });
    const { negotiation } = this;
    this.watch = new CallWatch({ connection, negotiation, clock, request, timeoutMs });
    connection.addEventListener('track', ({ track }) => audio.hear(track));
  }

  /** Ports that it holds: one, for everything, once there was a description. */
  get ports(): number {
    return this.hasPorts && this.closing === undefined ? 1 : 0;
  }

  async createOffer(intent: MediaIntent = {}): Promise<Sdp> {
    this.assertOpen();
    this.hasPorts = true;
    const offer = await this.negotiation.createOffer(intent);
    this.wanted = intent.direction;
    return offer;
  }

  async acceptOffer(offer: Sdp, intent: MediaIntent = {}): Promise<Sdp> {
    this.assertOpen();
    const answer = await this.negotiation.acceptOffer(offer, intent);
    this.hasPorts = true;
    this.audio.hold(isHold(intent.direction));
    this.watch.start();
    return answer;
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    this.assertOpen();
    await this.negotiation.acceptAnswer(answer);
    this.audio.hold(isHold(this.wanted));
    this.watch.start();
  }

  async rollback(): Promise<void> {
    this.assertOpen();
    await this.negotiation.rollback();
  }

  play(source: AudioSource, options?: PlayOptions): Playback {
    return this.audio.voice.play(source, options);
  }

  mark(name: string): Promise<MarkOutcome> {
    return this.audio.voice.mark(name);
  }

  clear(): Promise<Cleared> {
    return this.audio.voice.clear();
  }

  record(): Promise<Recording> {
    return Promise.reject(unsupported('record into a file of its machine'));
  }

  /**
   * As events (RFC 4733), or as tones in the audio. Rejects with `MEDIA_BAD_DIGITS`,
   * `MEDIA_NO_TELEPHONE_EVENT` where the other side takes no events, `MEDIA_WRONG_STATE` where they
   * are held up, such as by a call on hold, and `MEDIA_CLOSED`.
   */
  async sendDigits(digits: string, options: DigitOptions = {}): Promise<void> {
    this.assertOpen();
    const { durationMs = 100, gapMs = 100 } = options;
    const isFit = [durationMs, gapMs].every((ms) => ms >= 40 && ms <= 8000);
    if (!/^[0-9*#A-D]{1,64}$/i.test(digits) || !isFit) {
      const message = 'Digits are 1 to 64 of 0-9*#A-D; durations and gaps are 40 to 8000 ms';
      throw new StrowgerError('MEDIA_BAD_DIGITS', message);
    }
    const work = this.lastDigits.then(() => this.sendNow(digits, options));
    this.lastDigits = work.catch(() => {});
    await work;
  }

  echo(enabled: boolean): void {
    this.assertOpen();
    this.audio.echo(enabled);
  }

  async mute(muted: boolean): Promise<void> {
    this.assertOpen();
    this.audio.hush(muted);
  }

  detectAnsweringMachine(): Promise<AnswererOutcome> {
    return Promise.reject(unsupported('tell humans from machines'));
  }

  audioIn(options: { sampleRate?: number } = {}): ReadableStream<PcmFrame> {
    this.assertOpen();
    return this.audio.listen(options.sampleRate);
  }

  audioOut(): WritableStream<PcmFrame> {
    this.assertOpen();
    return this.audio.voice.writable();
  }

  stats(): Promise<MediaStats> {
    return this.closing ?? this.watch.stats();
  }

  close(): Promise<MediaStats> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async sendNow(digits: string, options: DigitOptions): Promise<void> {
    this.assertOpen();
    const { durationMs = 100, gapMs = 100, via = 'auto' } = options;
    const limits = { durationMs, gapMs, clock: this.options.clock, ending: this.ending.signal };
    const dtmf = this.negotiation.sender?.dtmf ?? undefined;
    const takesEvents = dtmf?.canInsertDTMF === true;
    if (via === 'inband' || (via === 'auto' && !takesEvents)) {
      return this.audio.dial(digits, limits);
    }
    if (dtmf === undefined || !takesEvents) {
      throw new StrowgerError('MEDIA_NO_TELEPHONE_EVENT', 'the other side takes no events');
    }
    await sendEvents(dtmf, digits, limits);
  }

  private async end(): Promise<MediaStats> {
    const { connection, onGone } = this.options;
    this.ending.abort();
    try {
      return await this.watch.stop();
    } finally {
      connection.close();
      this.audio.close();
      onGone();
    }
  }

  private assertOpen(): void {
    if (this.closing !== undefined) throw closed();
  }
}

/** Whether it is us who do not want to hear: who only listens has not been put on hold. */
function isHold(wanted: MediaIntent['direction']): boolean {
  return wanted === 'sendonly' || wanted === 'inactive';
}
