import { type Runtime, StrowgerError } from '@strowger/runtime';
import { WavWriter } from '../audio/index.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import { JitterBuffer, type PayloadDecoder } from '../rtp/jitter-buffer.ts';
import type { Arrival } from '../rtp/reception.ts';
import { type RtpHeader, RTP_HEADER_LENGTH } from '../rtp/rtp.ts';
import { EVENT_LENGTH, EventSender } from '../rtp/telephone-event.ts';
import { openSource, SpokenQueue } from './audio-sources.ts';
import type {
  CoreError,
  CoreEvent,
  CoreStats,
  DigitsCommand,
  OpenRequest,
  PlaySource,
  Recorded,
} from './core-api.ts';
import { DigitListener } from './digit-listener.ts';
import { BYTE_CODECS, type ByteCodec } from './g711-codec.ts';
import { Player } from './player.ts';
import { RtpSession, type RtpSessionUser } from './rtp-session.ts';
import type { Ticked, Ticker } from './ticker.ts';

/** All audio that is made here is sampled at this rate. */
const SAMPLE_RATE = 8000;
/** A socket may hold on to a packet until the kernel takes it: so many are in flight at most. */
const PACKETS = 8;

/** What an endpoint is made of. */
export interface AudioEndpointOptions {
  runtime: Runtime;
  ticker: Ticker;
  request: OpenRequest;
  tell(event: CoreEvent): void;
}

interface OwnPacket {
  readonly packet: Uint8Array;
  /** Behind the header of `packet`. */
  readonly payload: Uint8Array;
}

/** An RTP session whose audio begins and ends here: sources, sinks, digits, in frames. */
export class AudioEndpoint implements RtpSessionUser, Ticked {
  readonly session: RtpSession;
  periodMs = 20;
  private readonly options: AudioEndpointOptions;
  private readonly jitter: JitterBuffer;
  private readonly digits: DigitListener;
  private readonly events = new EventSender();
  private readonly spoken = new SpokenQueue();
  private readonly player: Player;
  private recorder: WavWriter | undefined;
  private listenFrames = 0;
  private isEchoing = false;
  private frame = 160;
  private heard = new Int16Array(160);
  private said = new Int16Array(160);
  private packets: OwnPacket[] = [];
  private packetAt = 0;
  private readonly eventPackets: OwnPacket[];
  private timestamp: number;
  private heardSamples = 0;
  private marker = true;
  private codec: ByteCodec | undefined;
  private decoders: (ByteCodec | undefined)[] = [];
  private readonly decode: PayloadDecoder = (payload, payloadType, out) => {
    this.decoders[payloadType]?.decode(payload, out);
  };

  constructor(options: AudioEndpointOptions) {
    this.options = options;
    const { clock, random } = options.runtime;
    const { jitterMinimumMs, jitterMaximumMs } = options.request.settings;
    this.session = new RtpSession(options.runtime, options.request, this);
    this.jitter = new JitterBuffer({
      clockRate: SAMPLE_RATE,
      minimumMs: jitterMinimumMs,
      maximumMs: jitterMaximumMs,
    });
    const tellDigit = (digit: string, durationMs: number): void =>
      options.tell({ type: 'digit', digit, durationMs });
    this.digits = new DigitListener(clock, tellDigit, () => SAMPLE_RATE);
    this.player = new Player((event) => options.tell(event));
    this.timestamp = random.uint32();
    this.eventPackets = ownPackets(EVENT_LENGTH);
  }

  /** Takes over what was negotiated; the stream runs from the first time on. */
  configure(media: NegotiatedMedia): void {
    this.codec = BYTE_CODECS[media.send.codec.name];
    this.decoders = [];
    for (const { codec, payloadType } of media.receive) {
      this.decoders[payloadType] = BYTE_CODECS[codec.name];
    }
    this.session.configure(media);
    if (media.telephoneEvent === undefined) this.events.clear();
    this.setPeriod(media.ptimeMs);
    this.options.ticker.add(this);
  }

  onAudio(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    this.jitter.push(packet, header, arrival === 'misordered');
  }

  onTelephoneEvent(packet: Uint8Array, header: RtpHeader): void {
    this.digits.receive(packet, header);
  }

  onSourceChanged(): void {
    this.jitter.reset();
    this.digits.reset();
  }

  onEvent(event: CoreEvent): void {
    this.options.tell(event);
  }

  /** A slot: what was heard in it goes to its sinks, then one packet leaves. */
  tick(skipped: number): void {
    for (let frames = skipped; frames > 0; frames--) this.hear();
    if (skipped > 0) this.marker = true;
    this.timestamp = (this.timestamp + skipped * this.frame) >>> 0;
    this.hear();
    if (this.session.sends) this.say();
    else this.marker = true;
    this.timestamp = (this.timestamp + this.frame) >>> 0;
  }

  async play(play: number, source: PlaySource): Promise<void> {
    await this.player.start(play, () => openSource(source));
  }

  stopPlay(play: number): void {
    this.player.stop(play);
  }

  /** Records from the next frame on; before anything is negotiated, silence. */
  async record(path: string): Promise<void> {
    if (this.recorder !== undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is being recorded already');
    }
    this.recorder = await WavWriter.create(path, { sampleRate: SAMPLE_RATE });
    this.options.ticker.add(this);
  }

  async stopRecord(): Promise<Recorded> {
    const { recorder } = this;
    if (recorder === undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is not being recorded');
    }
    this.recorder = undefined;
    return recorder.close();
  }

  sendDigits({ digits, durationMs, gapMs }: DigitsCommand): Promise<void> {
    const perMs = SAMPLE_RATE / 1000;
    if (this.session.agreed?.media.telephoneEvent === undefined) {
      throw new StrowgerError('MEDIA_NO_TELEPHONE_EVENT', 'The other side takes no events');
    }
    return new Promise((resolve, reject) => {
      const done = (sent: boolean): void => {
        if (sent) resolve();
        else
          reject(new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed or lost its events'));
      };
      const request = { digits, duration: durationMs * perMs, gap: gapMs * perMs, done };
      if (this.events.send(request)) return;
      reject(new StrowgerError('MEDIA_TOO_MANY_DIGITS', 'Too many requests to send digits wait'));
    });
  }

  echo(enabled: boolean): void {
    this.isEchoing = enabled;
  }

  listen(frames: number): void {
    this.listenFrames = frames === 0 ? 0 : this.listenFrames + frames;
  }

  speak(samples: Int16Array): Promise<void> {
    return this.spoken.push(samples);
  }

  async finishSaying(discard: boolean): Promise<void> {
    if (discard) this.spoken.clear();
    else await this.spoken.drained();
  }

  stats(): Pick<CoreStats, 'jitterBuffer' | 'packetsDiscarded'> {
    return { jitterBuffer: this.jitter.stats, packetsDiscarded: this.jitter.discarded };
  }

  /** Ends everything; resolves with what a recording under way has become. */
  async close(): Promise<Recorded | CoreError | undefined> {
    this.options.ticker.remove(this);
    this.digits.close();
    this.events.clear();
    this.spoken.clear();
    const { recorder } = this;
    this.recorder = undefined;
    const recorded = recorder?.close().catch((error: StrowgerError) => {
      return { code: error.code, message: error.message };
    });
    await Promise.all([this.player.close(), this.session.close()]);
    return recorded;
  }

  private setPeriod(ptimeMs: number): void {
    const frame = (SAMPLE_RATE * ptimeMs) / 1000;
    if (frame === this.frame && this.packets.length > 0) return;
    this.options.ticker.remove(this);
    this.periodMs = ptimeMs;
    this.frame = frame;
    this.heard = new Int16Array(frame);
    this.said = new Int16Array(frame);
    this.packets = ownPackets(frame);
  }

  private hear(): void {
    this.jitter.read(this.heard, this.decode);
    this.recorder?.write(this.heard);
    if (this.listenFrames > 0) {
      this.listenFrames--;
      const samples = this.heard.slice();
      this.options.tell({ type: 'heard', samples, timestamp: this.heardSamples });
    }
    this.heardSamples += this.frame;
  }

  private say(): void {
    const { session, codec, marker, timestamp } = this;
    const media = session.agreed?.media;
    if (media === undefined || this.sayEvent(media) || codec === undefined) return;
    const { packet, payload } = this.nextOf(this.packets);
    if (this.fillSaid()) codec.encode(this.said, payload);
    else payload.fill(codec.silence);
    this.marker = false;
    session.sender.send(packet, { marker, payloadType: media.send.payloadType, timestamp });
  }

  /** Sends an event's packet where one is due: it takes the place of audio (RFC 4733 §2.1). */
  private sayEvent({ telephoneEvent }: NegotiatedMedia): boolean {
    if (telephoneEvent === undefined || this.events.isIdle) return false;
    const { packet, payload } = this.nextOf(this.eventPackets);
    const step = this.events.next(this.timestamp, this.frame, payload);
    if (step.kind !== 'packet') return false;
    const { first: marker, timestamp } = step;
    const payloadType = telephoneEvent.sendPayloadType;
    this.session.sender.send(packet, { marker, payloadType, timestamp });
    return true;
  }

  private nextOf(packets: readonly OwnPacket[]): OwnPacket {
    this.packetAt = (this.packetAt + 1) % PACKETS;
    return packets[this.packetAt] as OwnPacket; // in range: PACKETS were made
  }

  /** What is played goes before what a program says, that before the echo; else silence. */
  private fillSaid(): boolean {
    if (this.player.read(this.said)) return true;
    if (!this.spoken.isEmpty) this.spoken.read(this.said);
    else if (this.isEchoing) this.said.set(this.heard);
    else return false;
    return true;
  }
}

/** Packets that are used again and again, so that sending makes no garbage. */
function ownPackets(payloadLength: number): OwnPacket[] {
  return Array.from({ length: PACKETS }, () => {
    const packet = new Uint8Array(RTP_HEADER_LENGTH + payloadLength);
    return { packet, payload: packet.subarray(RTP_HEADER_LENGTH) };
  });
}
