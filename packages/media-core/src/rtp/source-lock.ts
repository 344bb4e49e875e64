import type { Endpoint } from '@strowger/runtime';
import { sequenceDistance } from './rtp.ts';

/** Packets in a row that a source other than the negotiated one has to show. */
const PROBATION_PACKETS = 4;
/** From the same host only the port was rewritten: a stranger is not likely. */
const PROBATION_SAME_HOST = 2;

/** Settings of the lock. */
export interface SourceLockOptions {
  /** The negotiated address is waited for this long before another source may take its place. */
  graceMs: number;
  /** After this much silence a new source with a new SSRC may take the stream over. */
  relatchAfterMs: number;
}

interface SourcePacket {
  ssrc: number;
  sequence: number;
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
 * the negotiated address until valid ones come from somewhere. The negotiated address locks at once;
 * another source only where that address is silent. Once locked, strangers are not listened to until
 * a renegotiation, or until the source fell silent and a new one is consistent.
 */
export class SourceLock {
  /** Packets of strangers that were dropped. */
  strangers = 0;
  private readonly options: SourceLockOptions;
  private negotiated: Endpoint | undefined;
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

  /** An offer was answered: the source may be learned anew. A new address drops the old source. */
  renegotiate(remote: Endpoint, now: number): void {
    const same = this.negotiated !== undefined && matches(this.negotiated, remote);
    this.negotiated = { address: remote.address, port: remote.port };
    this.negotiatedAt = now;
    this.candidate = undefined;
    this.open = 'all';
    if (!same) this.locked = undefined;
    const isNowhere = remote.address === '0.0.0.0' || remote.address === '::';
    this.sendTo = this.locked ?? (isNowhere ? undefined : this.negotiated);
  }

  /** Whether a packet from `from` is to be taken; locks on to its source where that is due. */
  admit(from: Endpoint, packet: SourcePacket, now: number): boolean {
    if (this.negotiated === undefined) return this.refuse();
    if (this.locked !== undefined && matches(this.locked, from)) {
      return this.take(this.locked, packet.ssrc, now);
    }
    const isNegotiated = matches(this.negotiated, from);
    const hasFallenSilent =
      this.locked !== undefined && now - this.heardAt >= this.options.relatchAfterMs;
    if (hasFallenSilent && packet.ssrc !== this.lockedSsrc) {
      return isNegotiated ? this.take(from, packet.ssrc, now) : this.tryOut(from, packet, now);
    }
    if (isNegotiated && this.open !== 'none') return this.take(from, packet.ssrc, now);
    if (this.open !== 'all') return this.refuse();
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
