import { type RtpHeader, sequenceDistance, timestampDistance } from './rtp.ts';

/** Packets that may wait: more than a second at 20 ms. */
const SLOTS = 64;
/** A delay that was longer than needed for this long shrinks by a frame. */
const SHRINK_AFTER_MS = 4000;
/** So many packets that are too late show that the delay of the network has changed. */
const LATE_IN_ROW = 5;
/** No packet that is played is longer. */
const LONGEST_PACKET_MS = 240;

/** Settings of the buffer. */
export interface JitterBufferOptions {
  /** RTP's clock in Hz. */
  clockRate: number;
  /** Of the decoded samples; default: `clockRate`. */
  sampleRate?: number;
  /** Delay at the start, and the least ever, in milliseconds. */
  minimumMs: number;
  /** The delay in milliseconds never grows beyond this; at most 1000. */
  maximumMs: number;
}

/** What the buffer did so far. */
export interface JitterBufferStats {
  /** The delay that it aims at, in milliseconds. */
  readonly targetMs: number;
  /** Came after its time. */
  readonly late: number;
  readonly duplicates: number;
  /** Thrown away because too many waited. */
  readonly overflowed: number;
  /** Reads that found nothing to play. */
  readonly underruns: number;
}

interface Slot {
  packet: Uint8Array | undefined;
  payloadType: number;
  sequence: number;
  /** Where it lies in time, in samples. */
  at: number;
  samples: number;
  start: number;
  end: number;
}

/** Turns a payload into samples at the front of `out`; returns how many. */
export type PayloadDecoder = (payload: Uint8Array, payloadType: number, out: Int16Array) => number;

/** What is said of a packet beside its header. */
export interface PushedPacket {
  /** How many samples it decodes to. */
  samples: number;
  /** It came out of order. */
  isMisordered?: boolean;
}

/**
 * Puts packets back into the order and the time in which they were sent. It plays by timestamp, so
 * packets of any length and pauses fall into place. Time counts in samples, whatever RTP's clock does. The delay begins at the minimum, grows by what
 * comes late, and shrinks by one frame when it was longer than needed for seconds: that also makes
 * up for clocks that differ.
 */
export class JitterBuffer {
  private readonly options: JitterBufferOptions;
  private readonly sampleRate: number;
  private readonly slots: Slot[] = Array.from({ length: SLOTS }, emptySlot);
  private readonly decoded: Int16Array;
  private target: number;
  private waiting = 0;
  /** Sequence number of the first packet that waits. */
  private head = 0;
  private playing = false;
  /** A timestamp, and where it lies in time: others are counted from there. */
  private anchorTimestamp = 0;
  private anchorAt = 0;
  /** What is played next. */
  private cursor = 0;
  private decodedStart = 0;
  private decodedEnd = 0;
  private silentSamples = 0;
  private leastSpare = Number.POSITIVE_INFINITY;
  private watchedSamples = 0;
  private lateInRow = 0;
  private late = 0;
  private duplicates = 0;
  private overflowed = 0;
  private underruns = 0;

  constructor(options: JitterBufferOptions) {
    this.options = options;
    this.sampleRate = options.sampleRate ?? options.clockRate;
    this.target = this.samples(options.minimumMs);
    this.decoded = new Int16Array(this.samples(LONGEST_PACKET_MS));
  }

  get stats(): JitterBufferStats {
    const { late, duplicates, overflowed, underruns } = this;
    const targetMs = (this.target * 1000) / this.sampleRate;
    return { targetMs, late, duplicates, overflowed, underruns };
  }

  /** Packets received that were or will not be played. */
  get discarded(): number {
    return this.late + this.duplicates + this.overflowed;
  }

  /** Puts a packet in, which must not change afterwards; one out of order never moves the rest. */
  push(packet: Uint8Array, header: RtpHeader, { samples, isMisordered }: PushedPacket): void {
    if (samples <= 0 || samples > this.decoded.length) return;
    const at = this.timeOf(header.timestamp);
    if (isMisordered !== true && this.isOutOfTouch(header, at)) this.resume(at);
    const lateBy = this.cursor - (at + samples - 1);
    if (lateBy > 0 && isMisordered === true) this.late++;
    else if (lateBy <= 0 || this.catchUp(lateBy, at)) this.store(packet, header, { at, samples });
  }

  /** Fills `out` with the next samples; `false` where nothing was there and all is silence. */
  read(out: Int16Array, decode: PayloadDecoder): boolean {
    let filled = 0;
    let heard = false;
    while (this.playing && filled < out.length) {
      if (this.decodedStart === this.decodedEnd) this.decodeHead(decode);
      const behind = Math.max(0, this.gapToHead());
      const gap = Math.min(behind, out.length - filled);
      if (gap > 0) {
        out.fill(0, filled, filled + gap);
        this.cursor += gap;
        filled += gap;
        continue;
      }
      const count = Math.min(this.decodedEnd - this.decodedStart, out.length - filled);
      out.set(this.decoded.subarray(this.decodedStart, this.decodedStart + count), filled);
      this.decodedStart += count;
      this.cursor += count;
      filled += count;
      heard = true;
    }
    out.fill(0, filled);
    this.watch(heard, out.length);
    return heard;
  }

  /** Forgets what waits, because the source changed. The counters stay. */
  reset(): void {
    this.drop();
    this.playing = false;
    this.target = this.samples(this.options.minimumMs);
  }

  /** Where a timestamp lies in time, in samples. */
  private timeOf(timestamp: number): number {
    const ticks = timestampDistance(timestamp, this.anchorTimestamp);
    this.anchorAt += Math.round((ticks * this.sampleRate) / this.options.clockRate);
    this.anchorTimestamp = timestamp;
    return this.anchorAt;
  }

  /** At the start, after a pause of the sender, and where a timestamp or sequence jumps. */
  private isOutOfTouch(header: RtpHeader, at: number): boolean {
    if (!this.playing) return true;
    const ahead = at - this.cursor;
    if (ahead > this.sampleRate + this.target) return true;
    if (ahead < -this.sampleRate) return true;
    if (this.waiting === 0) return this.silentSamples > this.samples(this.options.maximumMs);
    return sequenceDistance(header.sequence, this.head) >= SLOTS;
  }

  /** What lies there plays after the target delay from now. */
  private resume(at: number): void {
    this.overflowed += this.waiting;
    this.drop();
    this.playing = true;
    this.cursor = at - this.target;
    this.silentSamples = 0;
  }

  /**
   * A packet came late: the next ones shall wait by so much longer, where that is allowed. When
   * several in a row are too late for that, the way here has changed: the delay starts anew, and
   * this one is the first (`true`).
   */
  private catchUp(lateBy: number, at: number): boolean {
    this.lateInRow++;
    if (lateBy <= this.samples(this.options.maximumMs) - this.target) {
      this.target += lateBy;
      this.cursor -= lateBy;
      this.forgetWatch();
    } else if (this.lateInRow >= LATE_IN_ROW) {
      this.resume(at);
      return true;
    }
    this.late++;
    return false;
  }

  private store(
    packet: Uint8Array,
    header: RtpHeader,
    { at, samples }: { at: number; samples: number },
  ): void {
    this.lateInRow = 0;
    const slot = this.slot(header.sequence);
    if (slot.packet !== undefined) {
      this.duplicates++;
      return;
    }
    slot.packet = packet;
    slot.payloadType = header.payloadType;
    slot.sequence = header.sequence;
    slot.at = at;
    slot.samples = samples;
    slot.start = header.payloadStart;
    slot.end = header.payloadEnd;
    if (this.waiting === 0 || sequenceDistance(header.sequence, this.head) < 0) {
      this.head = header.sequence;
    }
    this.waiting++;
  }

  /** Samples of silence before the decoded packet; all that are asked for where there is none. */
  private gapToHead(): number {
    if (this.decodedStart < this.decodedEnd) return 0;
    if (this.waiting === 0) return Number.POSITIVE_INFINITY;
    return this.slot(this.head).at - this.cursor;
  }

  /** Decodes the first packet that waits once it is due; what is over by then is late. */
  private decodeHead(decode: PayloadDecoder): void {
    while (this.waiting > 0) {
      const { packet, at, samples, payloadType, start, end } = this.slot(this.head);
      const ahead = at - this.cursor;
      if (packet === undefined || ahead > 0) return;
      this.leave();
      if (ahead + samples > 0) {
        this.decodedEnd = decode(packet.subarray(start, end), payloadType, this.decoded);
        this.decodedStart = Math.min(-ahead, this.decodedEnd);
        return;
      }
      this.late++;
    }
  }

  /** Takes the first packet out and finds the next. */
  private leave(): void {
    this.slot(this.head).packet = undefined;
    this.waiting--;
    if (this.waiting === 0) return;
    do this.head = (this.head + 1) & 0xffff;
    while (this.slot(this.head).packet === undefined);
  }

  /** Shortens the delay by a frame when every read for seconds left one to spare. */
  private watch(heard: boolean, frame: number): void {
    this.silentSamples = heard ? 0 : this.silentSamples + frame;
    if (!this.playing) return;
    if (!heard) this.underruns++;
    if (this.waiting === 0) return this.forgetWatch();
    const newest = this.slot(this.head).at - this.cursor;
    this.leastSpare = Math.min(this.leastSpare, newest + (this.waiting - 1) * frame);
    this.watchedSamples += frame;
    if (this.watchedSamples < this.samples(SHRINK_AFTER_MS)) return;
    const least = Math.max(frame, this.samples(this.options.minimumMs));
    if (this.leastSpare >= least) {
      this.decodedStart = this.decodedEnd;
      this.cursor += frame;
      this.target = Math.max(this.samples(this.options.minimumMs), this.target - frame);
    }
    this.forgetWatch();
  }

  private forgetWatch(): void {
    this.leastSpare = Number.POSITIVE_INFINITY;
    this.watchedSamples = 0;
  }

  private drop(): void {
    for (const slot of this.slots) slot.packet = undefined;
    this.waiting = 0;
    this.decodedStart = 0;
    this.decodedEnd = 0;
    this.forgetWatch();
  }

  private slot(sequence: number): Slot {
    return this.slots[sequence % SLOTS] as Slot; // in range: SLOTS slots were made
  }

  private samples(ms: number): number {
    return Math.round((ms * this.sampleRate) / 1000);
  }
}

function emptySlot(): Slot {
  return { packet: undefined, payloadType: 0, sequence: 0, at: 0, samples: 0, start: 0, end: 0 };
}
