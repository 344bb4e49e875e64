import { sequenceDistance, timestampDistance } from './rtp.ts';

const SEQUENCE_MODULUS = 1 << 16;
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;

/** What became of a packet: `wild` ones jump far and are not to be used (RFC 3550 §A.1). */
export type Arrival = 'next' | 'misordered' | 'restarted' | 'wild';

/** One report block's measurements (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  /** Lost since the report before, in 1/256. */
  fractionLost: number;
  /** Expected less received; negative where duplicates came. */
  cumulativeLost: number;
  highestSequence: number;
  /** In units of the codec's clock. */
  jitter: number;
}

/** Statistics on what one synchronisation source sent (RFC 3550 §6.4.1 and appendix A). */
export class Reception {
  /** Packets received, duplicates and late ones included. */
  received = 0;
  /** In units of the codec's clock (§A.8). */
  jitter = 0;
  private readonly clockRate: number;
  private first = 0;
  private highest = 0;
  private cycles = 0;
  private suspect = -1;
  private expectedBefore = 0;
  private receivedBefore = 0;
  private lastArrival = Number.NaN;
  private lastTimestamp = 0;

  constructor(clockRate: number, firstSequence: number) {
    this.clockRate = clockRate;
    this.start(firstSequence);
  }

  /** The highest sequence number received, with the count of its cycles above bit 16. */
  get extendedHighest(): number {
    return this.cycles + this.highest;
  }

  get expected(): number {
    return this.extendedHighest - this.first + 1;
  }

  /** Expected less received (§A.3): negative where duplicates outnumber losses. */
  get lost(): number {
    return this.received === 0 ? 0 : this.expected - this.received;
  }

  get jitterMs(): number {
    return (this.jitter * 1000) / this.clockRate;
  }

  /** Counts a packet (§A.1). The first one is accepted as it is: the source was checked before. */
  count(sequence: number): Arrival {
    const step = sequenceDistance(sequence, this.highest);
    if (step > 0 && step < MAX_DROPOUT) return this.advance(sequence);
    if (step <= 0 && step > -MAX_MISORDER) return this.old();
    return this.jump(sequence);
  }

  private advance(sequence: number): Arrival {
    if (sequence < this.highest) this.cycles += SEQUENCE_MODULUS;
    this.highest = sequence;
    this.received++;
    return 'next';
  }

  private old(): Arrival {
    this.received++;
    return this.received === 1 ? 'next' : 'misordered';
  }

  /** Two packets in a row after a jump: the source has started anew. */
  private jump(sequence: number): Arrival {
    if (sequence !== this.suspect) {
      this.suspect = (sequence + 1) & 0xffff;
      return 'wild';
    }
    this.start(sequence);
    this.received = 1;
    return 'restarted';
  }

  private start(sequence: number): void {
    this.first = sequence;
    this.highest = sequence;
    this.cycles = 0;
    this.suspect = -1;
    this.received = 0;
    this.expectedBefore = 0;
    this.receivedBefore = 0;
    this.lastArrival = Number.NaN;
  }

  /** Takes a packet's transit into the jitter (§A.8); `arrivalMs` is monotonic. */
  time(timestamp: number, arrivalMs: number): void {
    if (!Number.isNaN(this.lastArrival)) {
      const passed = ((arrivalMs - this.lastArrival) * this.clockRate) / 1000;
      const difference = Math.abs(passed - timestampDistance(timestamp, this.lastTimestamp));
      // a timestamp that jumps (hold, music source changed) says nothing about the network
      if (difference < this.clockRate * 2) this.jitter += (difference - this.jitter) / 16;
    }
    this.lastArrival = arrivalMs;
    this.lastTimestamp = timestamp;
  }

  /** The measurements for a report block; begins the next interval (§A.3). */
  report(): ReceptionReport {
    const expected = this.expected - this.expectedBefore;
    const lost = expected - (this.received - this.receivedBefore);
    this.expectedBefore = this.expected;
    this.receivedBefore = this.received;
    return {
      fractionLost:
        expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost << 8) / expected)),
      cumulativeLost: Math.max(-0x800000, Math.min(0x7fffff, this.lost)),
      highestSequence: this.extendedHighest >>> 0,
      jitter: Math.floor(this.jitter),
    };
  }
}
