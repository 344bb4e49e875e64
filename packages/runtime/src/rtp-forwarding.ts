import type { DatagramSocket, Endpoint } from './datagram-io.ts';

/** Packets that are sent on and not told yet at most: those of more than a second of speech. */
const LOG_ROOM = 64;
/** Words of a packet in the log: numbers, timestamp, octets, microseconds. */
const RECORD = 4;
/** Sequence numbers that a packet may be ahead of the one before. */
const MOST_AHEAD = 100;
/** Version 2, and nothing but the twelve octets that every header has (RFC 3550 §5.1). */
const PLAIN = 0x80;
const HEADER_LENGTH = 12;

/**
 * Which packets of RTP a socket sends on by itself, and as what (RFC 3550 §5.1): those of one stream
 * that follow one another, as long as 64 at most were not taken.
 */
export interface ForwardingRule {
  /** Who sends them. */
  readonly from: Endpoint;
  /** 0 to 2^32 - 1. */
  readonly ssrc: number;
  /** The number of the packet that came last, 0 to 65535. */
  readonly sequence: number;
  /** A socket of the same `DatagramIo`, of the same family. */
  readonly through: DatagramSocket;
  /** Where they go. */
  readonly to: Endpoint;
  /** 128 of them: what each payload type is there; -1 for those that are not sent on. */
  readonly payloadTypes: Int16Array;
  /** Theirs from there on, 0 to 2^32 - 1. */
  readonly asSsrc: number;
  /** Added to sequence numbers, modulo 2^16. */
  readonly sequenceOffset: number;
  /** Added to timestamps, modulo 2^32. */
  readonly timestampOffset: number;
  /** After more than so long without a packet the next one is not sent on. */
  readonly pauseMs: number;
}

/** A packet that was sent on, by the numbers with which it came. */
export interface ForwardedPacket {
  /** 0 to 127. */
  payloadType: number;
  /** 0 to 65535. */
  sequence: number;
  /** 0 to 2^32 - 1, in units of the codec's clock. */
  timestamp: number;
  /** With its header. */
  octets: number;
  /** How long ago it came, in milliseconds with fractions. */
  ageMs: number;
}

/** The packets that went by one rule. */
export interface Forwarding {
  /** Tells of each that was sent on since it was asked last, in their order; the object is used again. */
  take(each: (packet: ForwardedPacket) => void): void;
  /** Whatever comes from now on comes to `onPacket`. What went can still be taken. Idempotent. */
  end(): void;
}

/** What was sent on and not told yet, in 32 bits each, so that no object is made for a packet. */
export class ForwardingLog {
  /** Packets that it has room for. */
  static readonly room = LOG_ROOM;
  /** How many there are, then four words of each: see `add`. */
  readonly words = new Uint32Array(1 + LOG_ROOM * RECORD);
  private readonly packet: ForwardedPacket = {
    payloadType: 0,
    sequence: 0,
    timestamp: 0,
    octets: 0,
    ageMs: 0,
  };

  /** Whether something has to be taken first. */
  get isFull(): boolean {
    return this.words[0] === LOG_ROOM;
  }

  /**
   * There is room: see `isFull`.
   *
   * @param numbers the second octet of the packet above bit 16, its sequence number below.
   * @param us microseconds of a clock that runs on modulo 2^32.
   */
  add(numbers: number, timestamp: number, octets: number, us: number): void {
    const { words } = this;
    const count = words[0] ?? 0;
    const at = 1 + count * RECORD;
    words[at] = numbers;
    words[at + 1] = timestamp;
    words[at + 2] = octets;
    words[at + 3] = us;
    words[0] = count + 1;
  }

  /** Tells of each in the order of `add`, and forgets it. @param nowUs what the same clock says by now. */
  take(nowUs: number, each: (packet: ForwardedPacket) => void): void {
    const { words, packet } = this;
    const count = words[0] ?? 0;
    words[0] = 0; // who is told may ask again
    for (let at = 1; at < 1 + count * RECORD; at += RECORD) {
      const numbers = words[at] ?? 0;
      packet.payloadType = (numbers >>> 16) & 0x7f;
      packet.sequence = numbers & 0xffff;
      packet.timestamp = words[at + 1] ?? 0;
      packet.octets = words[at + 2] ?? 0;
      packet.ageMs = ((nowUs - (words[at + 3] ?? 0)) >>> 0) / 1000;
      each(packet);
    }
  }
}

/** Sends on what a rule covers, for a socket that is asked packet by packet. */
export class RtpForwarding implements Forwarding {
  private readonly rule: ForwardingRule;
  private readonly now: () => number;
  private readonly log = new ForwardingLog();
  private highest: number;
  private lastUs: number;
  private hasEnded = false;

  /** @param now milliseconds that never go back. */
  constructor(rule: ForwardingRule, now: () => number) {
    this.rule = rule;
    this.now = now;
    this.highest = rule.sequence;
    this.lastUs = this.nowUs();
  }

  /** Whether it is on its way, changed in place. */
  sendsOn(packet: Uint8Array, from: Endpoint): boolean {
    const { rule, log } = this;
    if (this.hasEnded || packet.length < HEADER_LENGTH || packet[0] !== PLAIN) return false;
    if (from.port !== rule.from.port || from.address !== rule.from.address) return false;
    const view = new DataView(packet.buffer, packet.byteOffset, HEADER_LENGTH);
    const [second, sequence] = [view.getUint8(1), view.getUint16(2)];
    const payloadType = rule.payloadTypes[second & 0x7f] ?? -1;
    const ahead = (sequence - this.highest) & 0xffff;
    if (payloadType < 0 || view.getUint32(8) !== rule.ssrc) return false;
    if (ahead === 0 || ahead > MOST_AHEAD || log.isFull) return false;
    const us = this.nowUs();
    if ((us - this.lastUs) >>> 0 > rule.pauseMs * 1000) return false;
    const timestamp = view.getUint32(4);
    log.add((second << 16) | sequence, timestamp, packet.length, us);
    this.highest = sequence;
    this.lastUs = us;
    view.setUint8(1, (second & 0x80) | payloadType);
    view.setUint16(2, sequence + rule.sequenceOffset);
    view.setUint32(4, timestamp + rule.timestampOffset);
    view.setUint32(8, rule.asSsrc);
    rule.through.send(packet, rule.to);
    return true;
  }

  take(each: (packet: ForwardedPacket) => void): void {
    this.log.take(this.nowUs(), each);
  }

  end(): void {
    this.hasEnded = true;
  }

  private nowUs(): number {
    return (this.now() * 1000) >>> 0;
  }
}
