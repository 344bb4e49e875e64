import { StrowgerError } from '@strowger/runtime';
import type { StreamCodecs } from '../codec/stream-codecs.ts';
import { DtmfSender } from '../digits/index.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import { SilenceGate } from '../noise/index.ts';
import { RTP_HEADER_LENGTH } from '../rtp/rtp.ts';
import { EVENT_LENGTH, EventSender } from '../rtp/telephone-event.ts';
import type { Cleared, CoreEvent, DigitsCommand } from './core-api.ts';
import { Marks } from './marks.ts';
import { Player } from './player.ts';
import type { RtpSender } from './rtp-sender.ts';
import { SpokenQueue } from './spoken-queue.ts';

/** No payload is longer: that of L16 at 48 kHz is, in a tenth of a second. */
const BYTES_PER_SAMPLE = 2;
/** An Opus packet may be longer than its PCM, if only for a few bytes; so may those of others. */
const SHORTEST_ROOM = 1500;
/** Of these none is. */
const WAVEFORMS: readonly string[] = ['pcmu', 'pcma', 'g722', 'l16'];
/** A socket may hold on to a packet until the kernel takes it: so many are in flight at most. */
const PACKETS = 8;

interface OwnPacket {
  readonly packet: Uint8Array;
  /** Behind the header of `packet`. */
  readonly payload: Uint8Array;
}

/** What a speaker is made of. */
export interface SpeakerOptions {
  sender: RtpSender;
  /** The first timestamp: random (RFC 3550 §5.1). */
  timestamp: number;
  tell(event: CoreEvent): void;
}

/** Makes the packets that an endpoint sends: digits, what is played, said or echoed, silence. */
export class Speaker {
  readonly player: Player;
  readonly spoken = new SpokenQueue();
  readonly marks: Marks;
  isEchoing = false;
  /** Time goes on, for what is played and said as for RTP; digits are heard. */
  isMuted = false;
  /** The conference that it speaks for, if any. */
  mixed: { read(out: Int16Array, sampleRate: number): boolean } | undefined;
  private readonly sender: RtpSender;
  private readonly events = new EventSender();
  private readonly tones = new DtmfSender();
  /** Made with the first digit. */
  private eventPackets: OwnPacket[] | undefined;
  private packets: OwnPacket[] = [];
  /** Bytes of payload that each of them has. */
  private room = 0;
  private packetAt = 0;
  /** What the last slot sent; silence where it sent nothing. */
  said = new Int16Array(0);
  private timestamp: number;
  private marker = true;
  private media: NegotiatedMedia | undefined;
  private codecs: StreamCodecs | undefined;
  /** Where silence is sent as comfort noise. */
  private gate: SilenceGate | undefined;
  /** How far RTP's clock and that of events go in a packet's time. */
  private ticks = 0;
  private eventTicks = 0;
  /** Events may have another clock: their time, and where the present one began in RTP's. */
  private eventTime = 0;
  private eventStart = 0;

  constructor({ sender, timestamp, tell }: SpeakerOptions) {
    this.sender = sender;
    this.timestamp = timestamp;
    this.player = new Player(tell);
    this.marks = new Marks(this.player, this.spoken);
  }

  /** Speaks as it was negotiated from now on; digits under way end where they are not taken. */
  configure(media: NegotiatedMedia, codecs: StreamCodecs): void {
    const { ptimeMs, telephoneEvent, comfortNoise } = media;
    this.media = media;
    this.codecs = codecs;
    this.ticks = (ptimeMs * codecs.clockRate) / 1000;
    this.eventTicks = (ptimeMs * (telephoneEvent?.clockRate ?? 8000)) / 1000;
    this.player.sampleRate = codecs.sampleRate;
    this.spoken.sampleRate = codecs.sampleRate;
    this.tones.sampleRate = codecs.sampleRate;
    if (comfortNoise === undefined) this.gate = undefined;
    else this.gate ??= new SilenceGate();
    if (telephoneEvent === undefined) this.events.clear();
    const frame = (ptimeMs * codecs.sampleRate) / 1000;
    const least = WAVEFORMS.includes(media.send.codec.name) ? 0 : SHORTEST_ROOM;
    const room = Math.max(least, BYTES_PER_SAMPLE * frame);
    if (frame !== this.said.length) this.said = new Int16Array(frame);
    if (room === this.room) return;
    this.room = room;
    this.packets = ownPackets(room);
  }

  /** Lets the time of so many packets pass in which nothing is sent. */
  pass(packets: number): void {
    this.said.fill(0);
    this.marker = true;
    this.gate?.reset();
    this.advance(packets);
  }

  /** Another has sent in our place, under its own time: we go on from there. */
  follow(timestamp: number): void {
    this.timestamp = timestamp;
  }

  /** Sends the packet of a slot; `heard` is what may be echoed. */
  say(heard: Int16Array): void {
    const { media, codecs } = this;
    if (media === undefined || codecs === undefined) return;
    if (!this.sayEvent(media)) {
      this.sayAudio(heard, media, codecs);
      this.marks.check();
    }
    this.advance(1);
  }

  /** Resolves when all digits are sent. */
  sendDigits(command: DigitsCommand): Promise<void> {
    const { media } = this;
    if (media === undefined) throw new StrowgerError('MEDIA_WRONG_STATE', 'Nothing was agreed yet');
    const { clockRate } = media.telephoneEvent ?? {};
    if (command.via === 'rtp' && clockRate === undefined) {
      throw new StrowgerError('MEDIA_NO_TELEPHONE_EVENT', 'The other side takes no events');
    }
    return new Promise((resolve, reject) => {
      const done = (sent: boolean): void => {
        if (sent) resolve();
        else reject(new StrowgerError('MEDIA_CLOSED', 'The stream that took digits has ended'));
      };
      const isTaken =
        command.via === 'inband' || clockRate === undefined
          ? this.tones.send({ ...command, done })
          : this.events.send({ ...inTicks(command, clockRate), done });
      if (isTaken) return;
      reject(new StrowgerError('MEDIA_TOO_MANY_DIGITS', 'Too many requests to send digits wait'));
    });
  }

  /** Silence from the next packet on, of what is played and said alike. */
  clear(): Cleared {
    const cleared = this.marks.clear();
    this.player.clear();
    this.spoken.clear();
    return cleared;
  }

  /** Forgets what a program has said and what has not left. */
  forgetSaid(): void {
    this.marks.forgetSaid();
    this.spoken.clear();
  }

  /** Nobody is left waiting. */
  async close(): Promise<void> {
    this.events.clear();
    this.tones.clear();
    this.clear();
    await this.player.close();
  }

  private sayAudio(heard: Int16Array, media: NegotiatedMedia, { encoder }: StreamCodecs): void {
    const { marker, timestamp } = this;
    if (!this.fillSaid(heard)) this.said.fill(0);
    if (this.saySilence(media)) return;
    const { packet, payload } = this.nextOf(this.packets);
    const length = encoder.encode(this.said, payload);
    this.marker = length === 0;
    if (length === 0) return;
    const whole = packet.subarray(0, RTP_HEADER_LENGTH + length);
    this.sender.send(whole, { marker, payloadType: media.send.payloadType, timestamp });
  }

  /** Where silence was agreed to be told instead of sent (RFC 3389): whether this slot is such. */
  private saySilence({ comfortNoise }: NegotiatedMedia): boolean {
    const { gate, timestamp } = this;
    if (gate === undefined || comfortNoise === undefined) return false;
    const slot = gate.judge(this.said, this.player.sampleRate);
    if (slot === 'sound') return false;
    this.marker = true; // of the first packet of sound that follows (RFC 3551 §4.1)
    if (slot === 'nothing') return true;
    const { packet, payload } = this.nextOf(this.packets);
    payload[0] = gate.level;
    const payloadType = comfortNoise.sendPayloadType;
    const whole = packet.subarray(0, RTP_HEADER_LENGTH + 1);
    this.sender.send(whole, { marker: false, payloadType, timestamp });
    return true;
  }

  /** Sends an event's packet where one is due: it takes the place of audio (RFC 4733 §2.1). */
  private sayEvent({ telephoneEvent }: NegotiatedMedia): boolean {
    if (telephoneEvent === undefined || this.events.isIdle) return false;
    this.eventPackets ??= ownPackets(EVENT_LENGTH);
    const { packet, payload } = this.nextOf(this.eventPackets);
    const step = this.events.next(this.eventTime, this.eventTicks, payload);
    if (step.kind !== 'packet') return false;
    const { first: marker } = step;
    if (marker) this.eventStart = this.timestamp;
    const timestamp = this.eventStart;
    const payloadType = telephoneEvent.sendPayloadType;
    this.sender.send(packet, { marker, payloadType, timestamp });
    return true;
  }

  private advance(packets: number): void {
    this.timestamp = (this.timestamp + packets * this.ticks) >>> 0;
    this.eventTime = (this.eventTime + packets * this.eventTicks) >>> 0;
  }

  /**
   * Digits go before what is played, that before what a program says, then comes the conference, then
   * the echo; else silence. While muted all but the digits is taken, and not heard.
   */
  private fillSaid(heard: Int16Array): boolean {
    if (!this.tones.isIdle) {
      this.tones.read(this.said);
      return true;
    }
    return this.fillAudible(heard) && !this.isMuted;
  }

  private fillAudible(heard: Int16Array): boolean {
    if (this.player.read(this.said) > 0) return true;
    if (!this.spoken.isEmpty) this.spoken.read(this.said);
    else if (this.mixed) return this.mixed.read(this.said, this.codecs?.sampleRate ?? 8000);
    else if (this.isEchoing) this.said.set(heard);
    else return false;
    return true;
  }

  private nextOf(packets: readonly OwnPacket[]): OwnPacket {
    this.packetAt = (this.packetAt + 1) % PACKETS;
    return packets[this.packetAt] as OwnPacket; // in range: PACKETS were made
  }
}

/** Durations as events count them. */
function inTicks({ digits, durationMs, gapMs }: DigitsCommand, clockRate: number) {
  const perMs = clockRate / 1000;
  return { digits, duration: durationMs * perMs, gap: gapMs * perMs };
}

/** Packets in one block that are used again and again, so that sending makes no garbage. */
function ownPackets(payloadLength: number): OwnPacket[] {
  const length = RTP_HEADER_LENGTH + payloadLength;
  const block = new Uint8Array(PACKETS * length);
  return Array.from({ length: PACKETS }, (_, index) => {
    const packet = block.subarray(index * length, (index + 1) * length);
    return { packet, payload: packet.subarray(RTP_HEADER_LENGTH) };
  });
}
