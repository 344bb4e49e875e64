import { type RtpHeader, read16, RTP_HEADER_LENGTH } from '../rtp/rtp.ts';
import { DIGITS, EVENT_LENGTH, writeEvent } from '../rtp/telephone-event.ts';
import type { RtpSession } from './rtp-session.ts';

/** An event whose packets stop for this long is not waited for. */
const LOST_END_MS = 100;

/**
 * Telephone events of one stream as events of another one that counts time otherwise: packet by
 * packet, under its number and in its clock rate, at the time where they came (RFC 4733 §2.2.1).
 */
export class EventPath {
  private readonly to: RtpSession;
  /** The event under way, by the timestamp that it came with. */
  private source: number | undefined;
  private timestamp = 0;
  private isOver = true;
  private heardAt = Number.NEGATIVE_INFINITY;

  constructor(to: RtpSession) {
    this.to = to;
  }

  /** Whether an event is under way, which takes the place of audio. */
  get isSounding(): boolean {
    return !this.isOver && this.to.runtime.clock.now() - this.heardAt < LOST_END_MS;
  }

  /** Sends an event on whose durations count in `clockRate` Hz: `false` where it is no digit, or nobody takes it. */
  forward(packet: Uint8Array, header: RtpHeader, clockRate: number): boolean {
    const { to } = this;
    const events = to.agreed?.media.telephoneEvent;
    const event = packet.subarray(header.payloadStart, header.payloadEnd);
    const [code = DIGITS.length, flags = 0] = event;
    if (!events || !to.sends || event.length < EVENT_LENGTH || code >= DIGITS.length) {
      return false;
    }
    const marker = header.timestamp !== this.source;
    if (marker) this.timestamp = to.sender.timestampNow();
    this.source = header.timestamp;
    this.isOver = flags >= 0x80;
    this.heardAt = to.runtime.clock.now();
    const duration = Math.round((read16(event, 2) * events.clockRate) / clockRate);
    const own = new Uint8Array(RTP_HEADER_LENGTH + EVENT_LENGTH); // a socket may keep it for a while
    writeEvent(own.subarray(RTP_HEADER_LENGTH), { code, end: this.isOver, duration });
    const { timestamp } = this;
    to.sender.send(own, { marker, payloadType: events.sendPayloadType, timestamp });
    return true;
  }

  /** Another source, with other timestamps. */
  reset(): void {
    this.source = undefined;
    this.isOver = true;
  }
}
