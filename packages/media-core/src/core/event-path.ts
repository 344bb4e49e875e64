import { type RtpHeader, read16, RTP_HEADER_LENGTH, timestampDistance } from '../rtp/rtp.ts';
import { DIGITS, EVENT_LENGTH, MAX_DURATION, writeEvent } from '../rtp/telephone-event.ts';
import type { RtpSession } from './rtp-session.ts';

/** An event whose packets stop for this long is not waited for. */
const LOST_END_MS = 100;

/**
 * Telephone events of one stream as events of another one that counts time otherwise: packet by packet,
 * under its number and in its clock rate, at the time where they came (RFC 4733 §2.2.1). What comes late
 * of an event that another one has followed, or that is over, is no new one.
 */
export class EventPath {
  private readonly to: RtpSession;
  /** The event under way, by the timestamp that it came with. */
  private source: number | undefined;
  private code = -1;
  private timestamp = 0;
  /** What earlier segments lasted, as they came and as they were sent, each in its own clock (§2.5.1.3). */
  private came = 0;
  private sent = 0;
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
    const isEnd = flags >= 0x80;
    const step = this.stepOf(header.timestamp, code, isEnd);
    if (step === 'late') return false;
    const marker = step === 'begins';
    if (marker) this.begin(code);
    if (step === 'continues') this.came += MAX_DURATION;
    this.source = header.timestamp;
    this.isOver = isEnd;
    this.heardAt = to.runtime.clock.now();
    const lasts = ((this.came + read16(event, 2)) * events.clockRate) / clockRate;
    const duration = this.withinSegment(Math.round(lasts));
    const own = new Uint8Array(RTP_HEADER_LENGTH + EVENT_LENGTH); // a socket may keep it for a while
    writeEvent(own.subarray(RTP_HEADER_LENGTH), { code, end: isEnd, duration });
    const { timestamp } = this;
    to.sender.send(own, { marker, payloadType: events.sendPayloadType, timestamp });
    return true;
  }

  /** What a packet is to the event that came last. */
  private stepOf(
    timestamp: number,
    code: number,
    isEnd: boolean,
  ): 'begins' | 'goesOn' | 'continues' | 'late' {
    if (this.source === undefined) return 'begins';
    const passed = timestampDistance(timestamp, this.source);
    if (passed < 0) return 'late';
    if (passed === 0) return code === this.code && (isEnd || !this.isOver) ? 'goesOn' : 'late';
    const isSegment = passed === MAX_DURATION && code === this.code && !this.isOver;
    return isSegment ? 'continues' : 'begins';
  }

  private begin(code: number): void {
    this.code = code;
    this.timestamp = this.to.sender.timestampNow();
    this.came = 0;
    this.sent = 0;
  }

  /** Where an event lasts longer than one can say, another segment of it begins (§2.5.1.3). */
  private withinSegment(duration: number): number {
    while (duration - this.sent > MAX_DURATION) {
      this.sent += MAX_DURATION;
      this.timestamp = (this.timestamp + MAX_DURATION) >>> 0;
    }
    return Math.max(0, duration - this.sent);
  }

  /** Another source, with other timestamps. */
  reset(): void {
    this.source = undefined;
    this.isOver = true;
  }
}
