import type { Endpoint } from '@strowger/runtime';
import { nearAddresses } from './near-addresses.ts';
import { sequenceDistance } from './rtp.ts';

/** Packets in a row that a source other than the negotiated one has to show. */
const PROBATION_PACKETS = 4;
/** From the same host only the port was rewritten: a stranger is not likely. */
const PROBATION_SAME_HOST = 2;

/**
 * Which sources beside the negotiated one are learned (symmetric RTP, RFC 4961): those of its
 * network, or any where its address is private (`near`); any (`anywhere`); none (`never`).
 */
export type SourceLearning = 'near' | 'anywhere' | 'never';

/** Settings of the lock. */
export interface SourceLockOptions {
  learning: SourceLearning;
  /** The negotiated address is waited for this long before another source may take its place. */
  graceMs: number;
  /** After this much silence the same host may go on from another port, with a new SSRC. */
  relatchAfterMs: number;
}

interface SourcePacket {
  ssrc: number;
  sequence: number;
}

/** When a packet came, and whether it proved to be the peer's (SRTP). */
export interface PacketArrival {
  now: number;
  isAuthentic: boolean;
}

interface Candidate {
  address: string;
  port: number;
  ssrc: number;
  sequence: number;
  seen: number;
}

/**
 * Symmetric RTP (RFC 4961, the latching of RFC 7362 §5.1 with its dangers held off): packets go to
 * the negotiated address until valid ones come from somewhere. The negotiated address locks at once,
 * and so does whoever has the keys; another source only where that address is silent, and only from
 * near it. Once locked, strangers are not listened to until a renegotiation; a source that fell
 * silent may go on from another port (a NAT forgot it), or from anywhere where it has the keys.
 */
export class SourceLock {
  /** Packets of strangers that were dropped. */
  strangers = 0;
  private readonly options: SourceLockOptions;
  private negotiated: Endpoint | undefined;
  private isNear: (address: string) => boolean = () => false;
  private locked: Endpoint | undefined;
  private sendTo: Endpoint | undefined;
  private lockedSsrc = 0;
  private candidate: Candidate | undefined;
  /** Who may still take the stream: anybody, the negotiated address, nobody. */
  private open: 'all' | 'negotiated' | 'none' = 'none';
  private negotiatedAt = 0;
  private heardAt = Number.NEGATIVE_INFINITY;

  constructor(options: SourceLockOptions) {
    this.options = options;
  }

  /**
   * Where to send: the locked source, else the negotiated address; nowhere before an agreement, nor
   * to an address of zeros, the old way to say hold (RFC 3264 §8.4).
   */
  get target(): Endpoint | undefined {
    return this.sendTo;
  }

  get isLocked(): boolean {
    return this.locked !== undefined;
  }

  /** The source that is listened to. */
  get source(): Endpoint | undefined {
    return this.locked;
  }

  /** A packet of that source came, `now`, which it was not asked about. */
  heard(now: number): void {
    this.heardAt = now;
  }

  /** An offer was answered: the source may be learned anew. A new address drops the old source. */
  renegotiate(remote: Endpoint, now: number): void {
    const same = this.negotiated !== undefined && matches(this.negotiated, remote);
    this.negotiated = { address: remote.address, port: remote.port };
    this.negotiatedAt = now;
    this.candidate = undefined;
    this.open = 'all';
    if (!same) {
      this.locked = undefined;
      this.isNear = this.learned(remote.address);
    }
    const isNowhere = remote.address === '0.0.0.0' || remote.address === '::';
    this.sendTo = this.locked ?? (isNowhere ? undefined : this.negotiated);
  }

  /** Whether a packet from `from` is to be taken; locks on to its source where that is due. */
  admit(from: Endpoint, packet: SourcePacket, { now, isAuthentic }: PacketArrival): boolean {
    if (this.negotiated === undefined) return this.refuse();
    if (this.locked !== undefined && matches(this.locked, from)) {
      return this.take(this.locked, packet.ssrc, now);
    }
    const isNegotiated = matches(this.negotiated, from);
    if (this.locked !== undefined && now - this.heardAt >= this.options.relatchAfterMs) {
      if (isAuthentic) return this.take(from, packet.ssrc, now);
      const isNew = packet.ssrc !== this.lockedSsrc;
      if (isNew && isNegotiated) return this.take(from, packet.ssrc, now);
      if (isNew && from.address === this.locked.address) return this.tryOut(from, packet, now);
    }
    if (isNegotiated && this.open !== 'none') return this.take(from, packet.ssrc, now);
    if (this.open !== 'all') return this.refuse();
    if (isAuthentic) return this.take(from, packet.ssrc, now);
    if (!this.isNear(from.address)) return this.refuse();
    const quietSince = Math.max(this.negotiatedAt, this.heardAt);
    const waited = now - quietSince >= this.options.graceMs;
    return waited || this.isSameHost(from) ? this.tryOut(from, packet, now) : this.refuse();
  }

  /** Whether RTCP may come from there: the host of the source, or the one negotiated for RTCP. */
  admitsControl(from: Endpoint, negotiatedControl: Endpoint | undefined): boolean {
    if (this.negotiated === undefined) return false;
    if (this.locked !== undefined) return from.address === this.locked.address;
    return from.address === (negotiatedControl ?? this.negotiated).address;
  }

  private tryOut(from: Endpoint, packet: SourcePacket, now: number): boolean {
    const known = this.candidate;
    const inRow =
      known !== undefined &&
      matches(known, from) &&
      known.ssrc === packet.ssrc &&
      sequenceDistance(packet.sequence, known.sequence) === 1;
    const seen = inRow ? known.seen + 1 : 1;
    const { ssrc, sequence } = packet;
    this.candidate = { address: from.address, port: from.port, ssrc, sequence, seen };
    const needed = this.isSameHost(from) ? PROBATION_SAME_HOST : PROBATION_PACKETS;
    return seen < needed ? this.refuse() : this.take(from, ssrc, now);
  }

  /** Only the negotiated address may still push another source away. */
  private take(from: Endpoint, ssrc: number, now: number): true {
    if (from !== this.locked) {
      this.locked = { address: from.address, port: from.port };
      this.sendTo = this.locked;
    }
    this.lockedSsrc = ssrc;
    this.heardAt = now;
    if (this.open === 'none') return true;
    this.candidate = undefined;
    const isNegotiated = this.negotiated !== undefined && matches(this.negotiated, from);
    this.open = isNegotiated ? 'none' : 'negotiated';
    return true;
  }

  private learned(address: string): (source: string) => boolean {
    const { learning } = this.options;
    return learning === 'near' ? nearAddresses(address) : () => learning === 'anywhere';
  }

  private isSameHost(from: Endpoint): boolean {
    return from.address === this.negotiated?.address;
  }

  private refuse(): false {
    this.strangers++;
    return false;
  }
}

function matches(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address === b.address;
}
