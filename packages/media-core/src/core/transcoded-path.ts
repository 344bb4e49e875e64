import { CodecBench } from '../codec/stream-codecs.ts';
import type { CodecLibrary } from '../codec/codec-library.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import { packetTimeOf } from '../sdp/negotiated-media.ts';
import type { JitterBufferStats } from '../rtp/jitter-buffer-settings.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { StreamSettings, Transcoded, TranscodingOrder } from './core-api.ts';
import { Playout } from './playout.ts';
import type { RtpSession } from './rtp-session.ts';
import { Speaker } from './speaker.ts';
import type { Ticked, Ticker } from './ticker.ts';

/** What a path is made of. */
export interface TranscodedPathOptions {
  readonly to: RtpSession;
  readonly settings: StreamSettings;
  readonly ticker: Ticker;
  readonly codecs: CodecLibrary;
  /** Whether something else is sent now in place of audio. */
  isHeldBack(): boolean;
  /** What was decoded, before it is encoded: it may be changed. */
  onFrame(frame: Int16Array, sampleRate: number): void;
  /** Nothing passes any more: what a codec threw. */
  onFailed(error: unknown): void;
}

/**
 * One direction of a relay whose two ends share no codec: what comes is put in order, concealed where
 * it is lost, and decoded, as at an endpoint; in every packet's time of the other side so much of it
 * is taken at the rate of its codec, encoded and sent.
 */
export class TranscodedPath implements Ticked {
  periodMs = 20;
  /** What was decoded last; absent before anything was. */
  transcoded: Transcoded | undefined;
  private readonly options: TranscodedPathOptions;
  private readonly bench: CodecBench;
  private readonly playout: Playout;
  private readonly speaker: Speaker;
  private order: TranscodingOrder | undefined;
  private frame = new Int16Array(160);
  private media: NegotiatedMedia | undefined;
  /** Whether the codecs of the present order are there, or will be. */
  private isOpened = false;
  private isReady = false;
  private isRunning = false;
  /** Of what is encoded. */
  private sampleRate = 8000;

  constructor(options: TranscodedPathOptions) {
    const { to, settings, codecs } = options;
    const { clock, random } = to.runtime;
    this.options = options;
    this.bench = new CodecBench(codecs);
    this.playout = new Playout(settings, clock);
    const tell = (): void => {}; // nothing is played here that could end
    this.speaker = new Speaker({ sender: to.sender, timestamp: random.uint32(), tell });
    this.speaker.isEchoing = true; // it says what it is handed
  }

  /** How what comes is buffered; absent where nothing is decoded now. */
  get stats(): JitterBufferStats | undefined {
    return this.isRunning ? this.playout.stats : undefined;
  }

  /** Packets received that were or will not be heard. */
  get discarded(): number {
    return this.playout.discarded;
  }

  /**
   * From now on as ordered, towards what was agreed at the other end; `undefined`: not at all. Codecs for
   * what will hardly come are made when it does.
   */
  async configure(order: TranscodingOrder | undefined, media: NegotiatedMedia): Promise<void> {
    if (order === undefined) return this.end();
    this.order = order;
    this.media = media;
    this.isOpened = false;
    if (order.reason === 'unsharedCodec' && !this.isRunning) {
      this.isReady = false;
      return this.bench.close();
    }
    await this.open(order, media);
  }

  private async open(order: TranscodingOrder, media: NegotiatedMedia): Promise<void> {
    this.isOpened = true;
    const { send, receive } = order;
    const { comfortNoise, ...rest } = media;
    const isFit = comfortNoise?.clockRate === send.codec.clockRate;
    // what was agreed is the packet time of the codec that stands first there
    const ptimeMs = packetTimeOf(send.codec, media.ptimeMs);
    const both = { ...rest, send, receive, ptimeMs, ...(isFit && { comfortNoise }) };
    const codecs = await this.bench.open(both);
    if (codecs === undefined) return; // another order came before this one was ready
    this.isReady = true;
    this.playout.configure(codecs);
    this.speaker.configure(both, codecs);
    this.sampleRate = codecs.sampleRate;
    this.frame = new Int16Array((ptimeMs * codecs.sampleRate) / 1000);
    if (ptimeMs === this.periodMs) return;
    this.periodMs = ptimeMs;
    if (!this.isRunning) return;
    this.options.ticker.remove(this);
    this.options.ticker.add(this);
  }

  /** Takes a packet, which must not change afterwards; `false` where it is none that is decoded. */
  push(packet: Uint8Array, header: RtpHeader, isMisordered: boolean): boolean {
    const { order } = this;
    const format = order?.receive.find((one) => one.payloadType === header.payloadType);
    if (order === undefined || format === undefined) return false;
    if (!this.isReady) return this.openLate(order);
    if (!this.isRunning) this.begin();
    if (format.codec.name !== 'cn') {
      const { send, reason } = order;
      this.transcoded = { from: format.codec.name, to: send.codec.name, reason };
    }
    this.playout.push(packet, header, isMisordered);
    return true;
  }

  /** Something has come that was not awaited: what comes until its codecs are there is lost. */
  private openLate(order: TranscodingOrder): boolean {
    const { media } = this;
    if (this.isOpened || media === undefined) return true;
    this.open(order, media).catch((error: unknown) => {
      this.options.to.runtime.logger.error({ error }, 'a codec of a relay could not be made');
    });
    return true;
  }

  /** Something passes as it is: nothing is made until a packet has to be decoded again. */
  rest(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.options.ticker.remove(this);
    this.playout.reset();
  }

  /** Another source speaks: what waits of the one before is forgotten. */
  reset(): void {
    this.playout.reset();
  }

  tick(skipped: number): void {
    const { speaker, frame, options } = this;
    for (let missed = skipped; missed > 0; missed--) this.read(frame);
    if (skipped > 0) speaker.pass(skipped);
    this.read(frame);
    const mayBeHeard = options.to.sends && !options.isHeldBack();
    // while the first packets wait in the jitter buffer there is nothing to send, and silence is no news
    if (mayBeHeard && this.playout.hasBegun) speaker.say(frame);
    else speaker.pass(1);
  }

  failed(error: unknown): void {
    this.options.onFailed(error);
  }

  /** Frees the codecs. Idempotent. */
  async close(): Promise<void> {
    this.end();
    await this.speaker.close();
  }

  private read(out: Int16Array): void {
    this.playout.read(out);
    this.options.onFrame(out, this.sampleRate);
  }

  private end(): void {
    this.rest();
    this.order = undefined;
    this.isOpened = false;
    this.isReady = false;
    this.bench.close();
  }

  /** The stream goes on where what passed before has ended: it has one time (RFC 3550 §5.1). */
  private begin(): void {
    const { to, ticker } = this.options;
    if (to.sender.packetsSent > 0) this.speaker.follow(to.sender.timestampNow());
    this.isRunning = true;
    ticker.add(this);
  }
}
