import type { Clock, Random } from '@strowger/runtime';
import { write16, write32, writeRtpHeader } from '../rtp/rtp.ts';
import type { CountedPacket } from './fast-path.ts';
import { type RtpHeader, RTP_HEADER_LENGTH, sequenceDistance } from '../rtp/rtp.ts';

/** What a sender needs. */
export interface RtpSenderOptions {
  ssrc: number;
  clock: Clock;
  random: Random;
  /** Of the codec that is sent first where nothing was sent. */
  clockRate(): number;
  /** Of the voice with this number, in Hz; absent where it is none: events have the time of a voice. */
  rateOf(payloadType: number): number | undefined;
  /** Counts what has gone by itself. */
  catchUp(): void;
  /** A packet of ours is about to go: none may go by itself any more. */
  interrupt(): void;
  /** Sends a finished packet; `false` where there is nowhere to send to. */
  transmit(packet: Uint8Array): boolean;
}

/** Our side's synchronisation source: its numbers and its counters (RFC 3550 §5.1, §6.4.1). */
export class RtpSender {
  /** Changes where another source turns out to have the same (RFC 3550 §8.2). */
  ssrc: number;
  packetsSent = 0;
  octetsSent = 0;
  private readonly options: RtpSenderOptions;
  private sequence: number;
  private lastTimestamp = 0;
  private lastSentAt = 0;
  private lastPayloadType = -1;
  /** Of the voice that was sent last. */
  private sentRate: number | undefined;

  constructor(options: RtpSenderOptions) {
    this.options = options;
    this.ssrc = options.ssrc;
    this.sequence = options.random.uint32() & 0xffff;
  }

  /** What the next packet's number will be. */
  get nextSequence(): number {
    return this.sequence;
  }

  /** Sends a packet of ours whose payload stands behind the header. */
  send(
    packet: Uint8Array,
    head: { marker: boolean; payloadType: number; timestamp: number },
  ): void {
    this.options.interrupt();
    const { marker, payloadType, timestamp } = head;
    const { ssrc, sequence } = this;
    writeRtpHeader(packet, { marker, payloadType, timestamp, ssrc, sequence });
    this.sequence = (sequence + 1) & 0xffff;
    if (!this.options.transmit(packet)) return;
    const octets = packet.length - RTP_HEADER_LENGTH;
    this.count({ timestamp, payloadType, octets, at: this.options.clock.now() });
  }

  /** Sends another's packet as one of ours, under these numbers; it is changed in place. */
  forward(
    packet: Uint8Array,
    as: { header: RtpHeader; payloadType: number; sequence: number; timestamp: number },
  ): void {
    const { header, payloadType, sequence, timestamp } = as;
    packet[1] = (header.marker ? 0x80 : 0) | payloadType;
    write16(packet, 2, sequence);
    write32(packet, 4, timestamp);
    write32(packet, 8, this.ssrc);
    if (sequenceDistance(sequence, this.sequence) >= 0) this.sequence = (sequence + 1) & 0xffff;
    if (!this.options.transmit(packet)) return;
    const octets = header.payloadEnd - header.payloadStart;
    this.count({ timestamp, payloadType, octets, at: this.options.clock.now() });
  }

  /** Another's packet has gone as one of ours, by itself. */
  countForwarded(packet: CountedPacket): void {
    const { sequence } = packet;
    if (sequenceDistance(sequence, this.sequence) >= 0) this.sequence = (sequence + 1) & 0xffff;
    this.count(packet);
  }

  /** The timestamp of ours that belongs to this moment (for reports, and where a stream resumes). */
  timestampNow(): number {
    this.options.catchUp();
    const passed = this.options.clock.now() - this.lastSentAt;
    const rate = this.sentRate ?? this.options.clockRate();
    return (this.lastTimestamp + Math.round((passed * rate) / 1000)) >>> 0;
  }

  /** Other codecs may have been agreed under the same numbers. */
  renegotiate(): void {
    this.lastPayloadType = -1;
  }

  private count({ timestamp, payloadType, octets, at }: Omit<CountedPacket, 'sequence'>): void {
    this.packetsSent++;
    this.octetsSent += octets;
    if (payloadType !== this.lastPayloadType) {
      this.lastPayloadType = payloadType;
      this.sentRate = this.options.rateOf(payloadType) ?? this.sentRate;
    }
    // the packets of an event all have the timestamp of its start (RFC 4733 §2.2.1)
    if (timestamp === this.lastTimestamp && this.packetsSent > 1) return;
    this.lastTimestamp = timestamp;
    this.lastSentAt = at;
  }
}
