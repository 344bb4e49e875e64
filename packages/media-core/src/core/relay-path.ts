import type { Arrival } from '../rtp/reception.ts';
import { type RtpHeader, timestampDistance, sequenceDistance } from '../rtp/rtp.ts';
import type { RelayedPayload } from './core-api.ts';
import type { FastPath } from './fast-path.ts';
import type { RtpSession } from './rtp-session.ts';

/**
 * One direction of a relay: packets of one session go out at another as its own. Bytes in, bytes
 * out: payload type, SSRC, sequence and timestamp are rewritten in place; losses stay losses, and a
 * new source continues where the one before ended (as a mixer or translator that terminates RTCP on
 * either side, RFC 3550 §7).
 */
export class RelayPath {
  private readonly to: RtpSession;
  private readonly fast: FastPath | undefined;
  private readonly map = new Int16Array(128).fill(-1);
  private isAligned = false;
  private sequenceOffset = 0;
  private timestampOffset = 0;

  /** @param fast the way for packets that nobody has to look at. */
  constructor(to: RtpSession, fast?: FastPath) {
    this.to = to;
    this.fast = fast;
  }

  /** Which payload type on one side is which on the other. */
  setPayloads(payloads: readonly RelayedPayload[]): void {
    this.fast?.end();
    this.map.fill(-1);
    for (const { from, to } of payloads) this.map[from] = to;
  }

  /** The numbers of the packets to come have nothing to do with those before. */
  realign(): void {
    this.fast?.end();
    this.isAligned = false;
  }

  /** Whether packets of this number go on as they are. */
  passes(payloadType: number): boolean {
    return (this.map[payloadType] ?? -1) >= 0;
  }

  /** Sends a packet on, changing it. */
  forward(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    const payloadType = this.map[header.payloadType] ?? -1;
    if (!this.to.sends) return this.realign(); // what nobody was meant to get was not lost
    if (payloadType < 0) return;
    if (!this.isAligned || arrival === 'restarted') this.align(header);
    const sequence = (header.sequence + this.sequenceOffset) & 0xffff;
    const timestamp = (header.timestamp + this.timestampOffset) >>> 0;
    this.to.sender.forward(packet, { header, payloadType, sequence, timestamp });
  }

  /** Those behind the packet that has just gone on need not be looked at. */
  letPass(header: RtpHeader): void {
    const { map: payloadTypes, sequenceOffset, timestampOffset } = this;
    if (this.isAligned) this.fast?.begin(header, { payloadTypes, sequenceOffset, timestampOffset });
  }

  /** The next number, and the timestamp that this moment has in the stream so far. */
  private align(header: RtpHeader): void {
    this.isAligned = true;
    const { sender, runtime } = this.to;
    this.sequenceOffset = sequenceDistance(sender.nextSequence, header.sequence);
    const start = sender.packetsSent > 0 ? sender.timestampNow() : runtime.random.uint32();
    this.timestampOffset = timestampDistance(start, header.timestamp);
  }
}
