import type { Clock } from '@strowger/runtime';
import type { CodecLibrary } from '../codec/codec-library.ts';
import { CodecBench } from '../codec/stream-codecs.ts';
import { isVoice } from '../sdp/codec.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import { packetTimeOf } from '../sdp/negotiated-media.ts';
import { AudioOutlet } from './audio-outlet.ts';
import type { CoreEvent, PlayCommand } from './core-api.ts';
import type { RtpSession } from './rtp-session.ts';
import { Speaker } from './speaker.ts';
import type { Ticked, Ticker } from './ticker.ts';

/** What a voice is made of. */
export interface RelayVoiceOptions {
  readonly session: RtpSession;
  readonly ticker: Ticker;
  readonly codecs: CodecLibrary;
  readonly clock: Clock;
  /** Whether something else is sent now in place of audio. */
  isHeldBack(): boolean;
  tell(event: CoreEvent): void;
}

/** Nothing is echoed at the end of a relay. */
const NOTHING = new Int16Array(0);

/**
 * What is played to the peer of one end of a relay in the place of what comes from the other end, such
 * as music on hold: one stream with what passes before and after it (RFC 3550 §5.1).
 */
export class RelayVoice implements Ticked {
  periodMs = 20;
  readonly outlet: AudioOutlet;
  private readonly options: RelayVoiceOptions;
  private readonly bench: CodecBench;
  private readonly speaker: Speaker;
  private isOn = false;

  constructor(options: RelayVoiceOptions) {
    const { session, codecs, clock, tell } = options;
    this.options = options;
    this.bench = new CodecBench(codecs);
    const timestamp = session.runtime.random.uint32();
    this.speaker = new Speaker({ sender: session.sender, timestamp, tell });
    this.outlet = new AudioOutlet(this.speaker, clock);
  }

  /** Whether this end's peer hears what is played, and nothing else. */
  get isSounding(): boolean {
    return this.isOn;
  }

  /** Takes the place of what comes. Rejects where nothing of what was agreed is a codec of ours. */
  async play(command: PlayCommand): Promise<void> {
    const { agreed } = this.options.session;
    if (agreed) await this.configure(agreed.media);
    await this.outlet.play(command);
    this.begin();
  }

  /** Takes over what was negotiated. */
  async configure(media: NegotiatedMedia): Promise<void> {
    const send = await this.encodable(media);
    const { comfortNoise, ...rest } = media;
    const isFit = comfortNoise?.clockRate === send.codec.clockRate;
    const ptimeMs = packetTimeOf(send.codec, media.ptimeMs);
    const spoken = { ...rest, send, receive: [], ptimeMs, ...(isFit && { comfortNoise }) };
    const codecs = await this.bench.open(spoken);
    if (codecs === undefined) return; // another round came before this one was ready
    this.speaker.configure(spoken, codecs);
    if (ptimeMs === this.periodMs) return;
    this.periodMs = ptimeMs;
    if (!this.isOn) return;
    this.options.ticker.remove(this);
    this.options.ticker.add(this);
  }

  tick(skipped: number): void {
    const { speaker, options } = this;
    if (speaker.player.last === undefined) return this.rest();
    if (skipped > 0) speaker.pass(skipped);
    if (options.session.sends && !options.isHeldBack()) speaker.say(NOTHING);
    else speaker.pass(1);
  }

  /** What is played ends, and its peer hears the other end's again. */
  failed(): void {
    this.rest();
    this.outlet.clear();
  }

  /** Ends what is played and frees the codecs. Idempotent. */
  async close(): Promise<void> {
    this.rest();
    this.bench.close();
    await this.speaker.close();
  }

  /** What comes first there, of what we can make. */
  private async encodable({ send, sendable }: NegotiatedMedia): Promise<NegotiatedMedia['send']> {
    const { codecs } = this.options;
    for (const format of [send, ...sendable.filter(({ codec }) => isVoice(codec))]) {
      const isKnown = await codecs.load(format.codec).then(
        () => true,
        () => false,
      );
      if (isKnown) return format;
    }
    await codecs.load(send.codec); // rejects, and says why
    return send;
  }

  private begin(): void {
    if (this.isOn || this.speaker.player.last === undefined) return;
    const { session, ticker } = this.options;
    if (session.sender.packetsSent > 0) this.speaker.follow(session.sender.timestampNow());
    this.speaker.pass(0); // sound begins with a marker
    this.isOn = true;
    ticker.add(this);
  }

  private rest(): void {
    this.isOn = false;
    this.options.ticker.remove(this);
  }
}
