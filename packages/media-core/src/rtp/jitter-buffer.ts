import { lengthen, shorten } from '../audio/time-scale.ts';
import { DelayEstimator } from './delay-estimator.ts';
import type { JitterBufferOptions, JitterBufferStats } from './jitter-buffer-settings.ts';
import type { PacketDecoder, PushedPacket } from './packet-decoder.ts';
import { PacketQueue, type WaitingPacket } from './packet-queue.ts';
import { type RtpHeader, timestampDistance } from './rtp.ts';

/** So many packets that are too late show that the delay of the network has changed. */
const LATE_IN_ROW = 5;
/** No packet that is played is longer. */
const LONGEST_PACKET_MS = 240;
/** Nor are most longer; those that are get more room. */
const USUAL_PACKET_MS = 40;
/** The longest period that is said twice. */
const STRETCH_MS = 15;
/** The delay is left alone where it is so near to what is aimed at. */
const TOO_LONG_MS = 10;
const TOO_SHORT_MS = 5;
/** From here on it is mended at any price. */
const FAR_TOO_LONG_MS = 80;
/** A measurement of the delay counts so much against those before. */
const SMOOTHING = 1 / 16;

/**
 * Puts packets back into the order and the time in which they were sent. It plays by timestamp, so
 * packets of any length and pauses fall into place; time counts in samples, whatever RTP's clock does.
 * The delay follows what the network needs: a late packet lengthens it at once, and where it is longer
 * or shorter than needed, periods of the voice are left out or said twice. That makes up for clocks
 * that differ, too.
 */
export class JitterBuffer {
  private readonly options: JitterBufferOptions;
  private readonly sampleRate: number;
  private readonly queue = new PacketQueue();
  private decoded: Int16Array;
  private readonly estimator = new DelayEstimator();
  private playing = false;
  /** Nothing is missing before the next packet: it is the first, or silence was told before it. */
  private pausing = false;
  /** A timestamp, and where it lies in time: others are counted from there. */
  private anchorTimestamp = 0;
  private anchorAt = 0;
  /** What is played next. */
  private cursor = 0;
  private decodedStart = 0;
  private decodedEnd = 0;
  /** What the delay of the fastest packets is, in samples. */
  private delay = 0;
  private readMs = 0;
  /** When the next read is due. */
  private nextReadAt = 0;
  private silentSamples = 0;
  private lateInRow = 0;
  private late = 0;
  private duplicates = 0;
  private overflowed = 0;
  private underruns = 0;
  private concealed = 0;
  private recovered = 0;

  constructor(options: JitterBufferOptions) {
    this.options = options;
    this.sampleRate = options.sampleRate ?? options.clockRate;
    this.decoded = new Int16Array(this.samples(USUAL_PACKET_MS + STRETCH_MS));
  }

  get stats(): JitterBufferStats {
    const { late, duplicates, overflowed, underruns, recovered } = this;
    return {
      targetMs: this.targetMs,
      delayMs: this.ms(this.delay),
      clockSkewPpm: this.estimator.skewPpm,
      late,
      duplicates,
      overflowed,
      underruns,
      concealedMs: this.ms(this.concealed),
      recovered,
    };
  }

  /** Packets received that were or will not be played. */
  get discarded(): number {
    return this.late + this.duplicates + this.overflowed;
  }

  /** Puts a packet in, which must not change afterwards; one out of order never moves the rest. */
  push(packet: Uint8Array, header: RtpHeader, pushed: PushedPacket): void {
    const { samples, isMisordered, beginsPause = false } = pushed;
    if (samples <= 0 || samples > this.samples(LONGEST_PACKET_MS)) return;
    const at = this.timeOf(header.timestamp);
    if (isMisordered !== true) {
      const hasJumped = this.playing && this.hasJumped(header, at);
      if (hasJumped) this.estimator.reset();
      if (hasJumped || !this.playing || this.isOver) this.resume(at);
      this.measure(at);
    }
    const lateBy = this.cursor - (at + samples - 1);
    if (lateBy > 0 && isMisordered === true) this.late++;
    else if (lateBy <= 0 || this.catchUp(lateBy, at)) {
      this.store(packet, header, { at, samples, beginsPause });
    }
  }

  /** Fills `out` with the next samples; `false` where nothing was there and all stands in for it. */
  read(out: Int16Array, decoder: PacketDecoder): boolean {
    this.readMs += this.ms(out.length);
    this.nextReadAt = this.now() + (this.options.now ? this.ms(out.length) : 0);
    let filled = 0;
    let heard = false;
    while (this.playing && filled < out.length) {
      if (this.decodedStart === this.decodedEnd) this.prepare(decoder);
      const room = out.length - filled;
      const gap = Math.min(this.gap(decoder), room);
      if (gap > 0) {
        const isPause = this.isPausing || this.queue.isWhole;
        decoder.fill(out, filled, filled + gap, isPause);
        if (!isPause) this.concealed += gap;
        this.cursor += gap;
        filled += gap;
        continue;
      }
      const count = Math.min(this.decodedEnd - this.decodedStart, room);
      out.set(this.decoded.subarray(this.decodedStart, this.decodedStart + count), filled);
      decoder.heard?.(out, filled, filled + count);
      this.decodedStart += count;
      this.cursor += count;
      filled += count;
      heard = true;
    }
    if (filled < out.length) decoder.fill(out, filled, out.length, true);
    this.silentSamples = heard ? 0 : this.silentSamples + out.length;
    if (this.playing && !heard && !this.isPausing) this.underruns++;
    return heard;
  }

  /** Forgets what waits, because the source changed. The counters stay. */
  reset(): void {
    this.drop();
    this.playing = false;
    this.pausing = false;
    this.estimator.reset();
  }

  private get targetMs(): number {
    const { minimumMs, maximumMs } = this.options;
    return Math.max(minimumMs, Math.min(maximumMs, this.estimator.neededMs));
  }

  /** Where a timestamp lies in time, in samples. */
  private timeOf(timestamp: number): number {
    const ticks = timestampDistance(timestamp, this.anchorTimestamp);
    this.anchorAt += Math.round((ticks * this.sampleRate) / this.options.clockRate);
    this.anchorTimestamp = timestamp;
    return this.anchorAt;
  }

  /** A timestamp or a sequence number that the stream so far does not lead to: another timeline. */
  private hasJumped(header: RtpHeader, at: number): boolean {
    const ahead = at - this.cursor;
    if (ahead > this.sampleRate + this.delay) return true;
    return ahead < -this.sampleRate || this.queue.isBeyond(header.sequence);
  }

  /** Nothing waits, and nothing was played for longer than any delay: nobody sends, none is lost. */
  private get isOver(): boolean {
    const { waiting } = this.queue;
    return waiting === 0 && this.silentSamples > this.samples(this.options.maximumMs);
  }

  /** Nothing is missing: the other side is silent and said so, or has stopped. */
  private get isPausing(): boolean {
    return this.pausing || this.isOver;
  }

  /** What lies there plays after the delay that is aimed at. */
  private resume(at: number): void {
    this.overflowed += this.queue.waiting;
    this.drop();
    this.playing = true;
    this.pausing = true;
    this.delay = this.samples(this.targetMs);
    this.cursor = at - this.delay;
    this.silentSamples = 0;
  }

  /** What a packet that came now tells of the network, and of our delay. */
  private measure(at: number): void {
    const now = this.now();
    const laterMs = this.estimator.take(now, now - this.ms(at));
    const spareMs = this.ms(at - this.cursor) + Math.max(0, this.nextReadAt - now);
    this.delay += (this.samples(spareMs + laterMs) - this.delay) * SMOOTHING;
  }

  /**
   * A packet came late: the next ones shall wait by so much longer, where that is allowed. When
   * several in a row are too late for that, the way here has changed: the delay starts anew, and
   * this one is the first (`true`).
   */
  private catchUp(lateBy: number, at: number): boolean {
    this.lateInRow++;
    if (lateBy <= this.samples(this.options.maximumMs) - this.delay) {
      this.cursor -= lateBy;
      this.delay += lateBy;
    } else if (this.lateInRow >= LATE_IN_ROW) {
      this.estimator.reset();
      this.resume(at);
      return true;
    }
    this.late++;
    return false;
  }

  private store(
    packet: Uint8Array,
    header: RtpHeader,
    place: { at: number; samples: number; beginsPause: boolean },
  ): void {
    this.lateInRow = 0;
    if (!this.queue.put(packet, header, place)) this.duplicates++;
  }

  /** Samples before the decoded packet that are missing; more than any where there is none. */
  private gap(decoder: PacketDecoder): number {
    if (this.decodedStart < this.decodedEnd) return 0;
    const slot = this.queue.first;
    if (slot === undefined) return Number.POSITIVE_INFINITY;
    const ahead = Math.max(0, slot.at - this.cursor);
    // the packet before it may yet be found in it
    return this.mayRecover(slot, decoder) && ahead > slot.samples ? ahead - slot.samples : ahead;
  }

  /** Decodes the first packet that waits once it is due; what is over by then is late. */
  private prepare(decoder: PacketDecoder): void {
    for (let slot = this.queue.first; slot !== undefined; slot = this.queue.first) {
      const { packet, at, samples, payloadType, start, end, beginsPause } = slot;
      const ahead = at - this.cursor;
      if (packet === undefined) return;
      if (ahead > 0) return this.recover(slot, ahead, decoder);
      this.queue.leave();
      this.pausing = beginsPause;
      if (ahead + samples > 0) {
        this.makeRoom(samples);
        this.decodedEnd = decoder.decode(packet.subarray(start, end), payloadType, this.decoded);
        this.decodedStart = Math.min(-ahead, this.decodedEnd);
        return this.stretch();
      }
      this.late++;
    }
  }

  /** For what is decoded next, and a period of it; nothing waits that was decoded before. */
  private makeRoom(samples: number): void {
    const wanted = samples + this.samples(STRETCH_MS);
    if (wanted > this.decoded.length) this.decoded = new Int16Array(wanted);
  }

  /** Only of the one packet before it does a packet have a copy. */
  private mayRecover(slot: WaitingPacket, decoder: PacketDecoder): boolean {
    return decoder.recover !== undefined && !slot.isTried && !this.queue.isWhole;
  }

  private recover(slot: WaitingPacket, ahead: number, decoder: PacketDecoder): void {
    const { packet, payloadType, start, end } = slot;
    if (packet === undefined || ahead > slot.samples || !this.mayRecover(slot, decoder)) return;
    slot.isTried = true;
    this.makeRoom(ahead);
    const lost = this.decoded.subarray(0, ahead);
    const count = decoder.recover?.(packet.subarray(start, end), payloadType, lost) ?? 0;
    if (count === 0) return;
    this.recovered++;
    this.decodedStart = 0;
    this.decodedEnd = Math.min(count, ahead);
  }

  /** Brings the delay nearer to what is aimed at, by a period of what was just decoded. */
  private stretch(): void {
    const excessMs = this.ms(this.delay) - this.targetMs;
    const { decoded, sampleRate } = this;
    const forced = excessMs > FAR_TOO_LONG_MS;
    const part = { from: this.decodedStart, to: this.decodedEnd, sampleRate, forced };
    if (excessMs > TOO_LONG_MS) {
      const gone = shorten(decoded, part);
      this.decodedEnd -= gone;
      this.cursor += gone;
      this.delay -= gone;
    } else if (excessMs < -TOO_SHORT_MS) {
      const more = lengthen(decoded, part);
      this.decodedEnd += more;
      this.cursor -= more;
      this.delay += more;
    }
  }

  private drop(): void {
    this.queue.clear();
    this.decodedStart = 0;
    this.decodedEnd = 0;
  }

  private now(): number {
    return this.options.now?.() ?? this.readMs;
  }

  private ms(samples: number): number {
    return (samples * 1000) / this.sampleRate;
  }

  private samples(ms: number): number {
    return Math.round((ms * this.sampleRate) / 1000);
  }
}
