import { StrowgerError } from '@strowger/runtime';
import type { NegotiatedMedia } from '../sdp/index.ts';
import { DtmfSender } from '../digits/index.ts';
import { RTP_HEADER_LENGTH } from '../rtp/rtp.ts';
import { EVENT_LENGTH, EventSender } from '../rtp/telephone-event.ts';
import type { Cleared, CoreEvent, DigitsCommand } from './core-api.ts';
import { BYTE_CODECS, type ByteCodec } from './g711-codec.ts';
import { Marks } from './marks.ts';
import { Player } from './player.ts';
import type { RtpSender } from './rtp-sender.ts';
import { SpokenQueue } from './spoken-queue.ts';

const SAMPLE_RATE = 8000;
const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
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
  /** Of what is played and said. */
  readonly sampleRate = SAMPLE_RATE;
  readonly player: Player;
  readonly spoken = new SpokenQueue(SAMPLE_RATE);
  readonly marks: Marks;
  isEchoing = false;
  private readonly sender: RtpSender;
  private readonly events = new EventSender();
  private readonly tones = new DtmfSender(SAMPLE_RATE);
  private readonly eventPackets = ownPackets(EVENT_LENGTH);
  private packets: OwnPacket[] = [];
  private packetAt = 0;
  private said = new Int16Array(0);
  private timestamp: number;
  private marker = true;
  private media: NegotiatedMedia | undefined;
  private codec: ByteCodec | undefined;

  constructor({ sender, timestamp, tell }: SpeakerOptions) {
    this.sender = sender;
    this.timestamp = timestamp;
    this.player = new Player(tell, SAMPLE_RATE);
    this.marks = new Marks(this.player, this.spoken);
  }

  /** Speaks as it was negotiated from now on; digits under way end where they are not taken. */
  configure(media: NegotiatedMedia): void {
    this.media = media;
    this.codec = BYTE_CODECS[media.send.codec.name];
    if (media.telephoneEvent === undefined) this.events.clear();
    const frame = media.ptimeMs * SAMPLES_PER_MS;
    if (frame === this.said.length) return;
    this.said = new Int16Array(frame);
    this.packets = ownPackets(frame);
  }

  /** Lets time pass in which nothing is sent. */
  pass(samples: number): void {
    this.marker = true;
    this.timestamp = (this.timestamp + samples) >>> 0;
  }

  /** Sends the packet of a slot; `heard` is what may be echoed. */
  say(heard: Int16Array): void {
    const { media, codec, marker, timestamp } = this;
    const frame = this.said.length;
    if (media === undefined || codec === undefined) return;
    if (!this.sayEvent(media)) {
      const { packet, payload } = this.nextOf(this.packets);
      if (this.fillSaid(heard)) codec.encode(this.said, payload);
      else payload.fill(codec.silence);
      this.marker = false;
      this.sender.send(packet, { marker, payloadType: media.send.payloadType, timestamp });
      this.marks.check();
    }
    this.timestamp = (timestamp + frame) >>> 0;
  }

  /** Resolves when all digits are sent. */
  sendDigits({ digits, durationMs, gapMs, via }: DigitsCommand): Promise<void> {
    const { media } = this;
    if (media === undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'Nothing was agreed yet');
    }
    const takesEvents = media.telephoneEvent !== undefined;
    if (via === 'rtp' && !takesEvents) {
      throw new StrowgerError('MEDIA_NO_TELEPHONE_EVENT', 'The other side takes no events');
    }
    return new Promise((resolve, reject) => {
      const done = (sent: boolean): void => {
        if (sent) resolve();
        else reject(new StrowgerError('MEDIA_CLOSED', 'The stream that took digits has ended'));
      };
      const duration = durationMs * SAMPLES_PER_MS;
      const gap = gapMs * SAMPLES_PER_MS;
      const isTaken =
        via === 'inband' || !takesEvents
          ? this.tones.send({ digits, durationMs, gapMs, done })
          : this.events.send({ digits, duration, gap, done });
      if (isTaken) return;
      reject(new StrowgerError('MEDIA_TOO_MANY_DIGITS', 'Too many requests to send digits wait'));
    });
  }

  /** Silence from the next packet on, of what is played and said alike. */
  clear(): Cleared {
    const cleared = this.marks.clear(SAMPLE_RATE);
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

  /** Sends an event's packet where one is due: it takes the place of audio (RFC 4733 §2.1). */
  private sayEvent({ telephoneEvent }: NegotiatedMedia): boolean {
    if (telephoneEvent === undefined || this.events.isIdle) return false;
    const { packet, payload } = this.nextOf(this.eventPackets);
    const step = this.events.next(this.timestamp, this.said.length, payload);
    if (step.kind !== 'packet') return false;
    const { first: marker, timestamp } = step;
    const payloadType = telephoneEvent.sendPayloadType;
    this.sender.send(packet, { marker, payloadType, timestamp });
    return true;
  }

  /**
   * Digits go before what is played, that before what a program says, that before the echo; else
   * silence.
   */
  private fillSaid(heard: Int16Array): boolean {
    if (!this.tones.isIdle) {
      this.tones.read(this.said);
      return true;
    }
    if (this.player.read(this.said) > 0) return true;
    if (!this.spoken.isEmpty) this.spoken.fill(this.said);
    else if (this.isEchoing) this.said.set(heard);
    else return false;
    return true;
  }

  private nextOf(packets: readonly OwnPacket[]): OwnPacket {
    this.packetAt = (this.packetAt + 1) % PACKETS;
    return packets[this.packetAt] as OwnPacket; // in range: PACKETS were made
  }
}

/** Packets that are used again and again, so that sending makes no garbage. */
function ownPackets(payloadLength: number): OwnPacket[] {
  return Array.from({ length: PACKETS }, () => {
    const packet = new Uint8Array(RTP_HEADER_LENGTH + payloadLength);
    return { packet, payload: packet.subarray(RTP_HEADER_LENGTH) };
  });
}
