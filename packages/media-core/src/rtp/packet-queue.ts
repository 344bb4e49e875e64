import { type RtpHeader, sequenceDistance } from './rtp.ts';

/** Packets that may wait: more than a second at 20 ms. */
const SLOTS = 64;

/** A packet that waits. */
export interface WaitingPacket {
  packet: Uint8Array | undefined;
  payloadType: number;
  sequence: number;
  /** Where it lies in time, in samples. */
  at: number;
  samples: number;
  /** Nothing need follow it: the other side is silent from there on. */
  beginsPause: boolean;
  /** Whether the packet before it was looked for in it. */
  isTried: boolean;
  /** Of the payload. */
  start: number;
  end: number;
}

/**
 * Packets in the order of their sequence numbers. Few wait at a time, in objects that are used again
 * and again: as many as ever waited at once.
 */
export class PacketQueue {
  waiting = 0;
  private readonly slots: (WaitingPacket | undefined)[] = Array.from({ length: SLOTS });
  private readonly free: WaitingPacket[] = [];
  /** Sequence number of the first packet that waits, and of the last one that was taken. */
  private head = 0;
  private left = 0;

  get first(): WaitingPacket | undefined {
    return this.waiting > 0 ? this.slots[this.head % SLOTS] : undefined;
  }

  /** Whether nothing was lost between the last packet that was taken and the first that waits. */
  get isWhole(): boolean {
    return this.waiting > 0 && this.head === ((this.left + 1) & 0xffff);
  }

  /** Whether it lies further ahead than there is room. */
  isBeyond(sequence: number): boolean {
    return sequenceDistance(sequence, this.head) >= SLOTS;
  }

  /** `false` where it is there already. */
  put(
    packet: Uint8Array,
    header: RtpHeader,
    { at, samples, beginsPause }: { at: number; samples: number; beginsPause: boolean },
  ): boolean {
    const { sequence } = header;
    if (this.slots[sequence % SLOTS] !== undefined) return false;
    const slot = this.free.pop() ?? emptySlot();
    this.slots[sequence % SLOTS] = slot;
    slot.packet = packet;
    slot.payloadType = header.payloadType;
    slot.sequence = sequence;
    slot.at = at;
    slot.samples = samples;
    slot.beginsPause = beginsPause;
    slot.isTried = false;
    slot.start = header.payloadStart;
    slot.end = header.payloadEnd;
    if (this.waiting === 0 || sequenceDistance(sequence, this.head) < 0) this.head = sequence;
    this.waiting++;
    return true;
  }

  /** Takes the first packet out and finds the next. */
  leave(): void {
    this.empty(this.head % SLOTS);
    this.left = this.head;
    this.waiting--;
    if (this.waiting === 0) return;
    do this.head = (this.head + 1) & 0xffff;
    while (this.slots[this.head % SLOTS] === undefined);
  }

  clear(): void {
    for (let at = 0; at < SLOTS; at++) this.empty(at);
    this.waiting = 0;
  }

  private empty(at: number): void {
    const slot = this.slots[at];
    if (slot === undefined) return;
    slot.packet = undefined;
    this.slots[at] = undefined;
    this.free.push(slot);
  }
}

function emptySlot(): WaitingPacket {
  return {
    packet: undefined,
    payloadType: 0,
    sequence: 0,
    at: 0,
    samples: 0,
    beginsPause: false,
    isTried: false,
    start: 0,
    end: 0,
  };
}
