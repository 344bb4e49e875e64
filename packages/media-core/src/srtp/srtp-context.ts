import { read32 } from '../rtp/rtp.ts';
import type { SrtpKeys } from '../sdp/media-security.ts';
import { Keystream } from './keystream.ts';
import { estimateIndex, INDICES, ReplayWindow } from './packet-index.ts';
import { packetCipher, type PacketCipher } from './packet-cipher.ts';
import type { PacketSigner } from './packet-signer.ts';
import type { PacketSlab } from './packet-slab.ts';

/** Sources of one direction that may be known at a time. */
const MAXIMUM_SOURCES = 16;
/** RTCP's indices have 31 bits; the highest bit of their word says that it is enciphered. */
const CONTROL_INDICES = 2 ** 31;
const CONTROL_HEADER = 8;
const MINIMUM_RTP = 12;
/** No datagram is longer. */
const MAXIMUM = 65_535;
/** No other suite has one as long. */
const GCM_TAG = 16;

interface Source {
  readonly window: ReplayWindow;
  readonly keystream: Keystream;
}

/** What protects the packets that go out (RFC 3711 §3.3): one for the keys of one direction. */
export class SrtpSender {
  private readonly rtp: PacketCipher;
  private readonly rtcp: PacketCipher;
  private readonly mki: Uint8Array;
  private readonly slab: PacketSlab;
  private readonly sources = new Map<number, Source>();
  private readonly controlKeystream = new Keystream();
  private controlIndex = 0;

  /** @throws StrowgerError `SRTP_BAD_KEYS` where their lengths do not fit the suite. */
  constructor(keys: SrtpKeys, signer: PacketSigner) {
    this.rtp = packetCipher(keys, 'rtp', signer);
    this.rtcp = packetCipher(keys, 'rtcp', signer);
    this.mki = keys.mki ?? new Uint8Array(0);
    this.slab = signer.slab;
  }

  /**
   * The packet as it leaves, in bytes of its own; `undefined` for what is no RTP packet, for an
   * index that has left before or may have (what is relayed can repeat its numbers, and no keystream
   * may serve two packets, RFC 3711 §9.1), for a seventeenth source, and once the key has served for
   * all indices that there are (§9.2).
   */
  protect(packet: Uint8Array): Uint8Array | undefined {
    const start = rtpHeaderLength(packet, packet.length);
    if (start === undefined) return undefined;
    const ssrc = read32(packet, 8);
    const source = this.sources.get(ssrc) ?? newSource();
    const index = estimateIndex(source.window.highest, sequenceOf(packet));
    if (index >= INDICES || !source.window.isNew(index)) return undefined;
    if (!admit(this.sources, ssrc, source)) return undefined;
    source.window.add(index);
    const { rtp, mki } = this;
    const out = this.slab.take(packet.length + rtp.tagLength + mki.length);
    rtp.seal(packet, out, start, { ssrc, index, keystream: source.keystream });
    if (mki.length > 0) this.addMki(out, packet.length, rtp.tagLength);
    return out;
  }

  /** The same for a compound of RTCP (RFC 3711 §3.4). */
  protectControl(compound: Uint8Array): Uint8Array | undefined {
    if (compound.length < CONTROL_HEADER || compound.length > MAXIMUM) return undefined;
    if (this.controlIndex >= CONTROL_INDICES - 1) return undefined;
    const index = ++this.controlIndex;
    const { rtcp, mki } = this;
    const end = compound.length;
    const out = new Uint8Array(end + 4 + rtcp.tagLength + mki.length);
    const place = { ssrc: read32(compound, 4), index, keystream: this.controlKeystream };
    rtcp.seal(compound, out, CONTROL_HEADER, place);
    if (mki.length > 0) this.addMki(out, end + 4, rtcp.tagLength);
    return out;
  }

  /** Between what is enciphered and its tag (RFC 3711 §3.1); GCM's is part of that (RFC 7714 §8). */
  private addMki(out: Uint8Array, at: number, tagLength: number): void {
    const { mki } = this;
    if (tagLength !== GCM_TAG) out.copyWithin(at + mki.length, at, at + tagLength);
    out.set(mki, tagLength === GCM_TAG ? at + GCM_TAG : at);
  }
}

/** What takes the packets that come in: authentic, new, or not at all. */
export class SrtpReceiver {
  /** Packets that were not taken because of their number: it was seen, or is too old. */
  replays = 0;
  private readonly rtp: PacketCipher;
  private readonly rtcp: PacketCipher;
  private readonly mki: Uint8Array;
  private readonly sources = new Map<number, Source>();
  private readonly controls = new Map<number, Source>();

  /** @throws StrowgerError `SRTP_BAD_KEYS` where their lengths do not fit the suite. */
  constructor(keys: SrtpKeys, signer: PacketSigner) {
    this.rtp = packetCipher(keys, 'rtp', signer);
    this.rtcp = packetCipher(keys, 'rtcp', signer);
    this.mki = keys.mki ?? new Uint8Array(0);
  }

  /**
   * The RTP packet in the clear, deciphered in place; `undefined` where it is short, forged,
   * repeated, older than 128 packets, or of a source too many. Then nothing has changed.
   */
  unprotect(packet: Uint8Array): Uint8Array | undefined {
    const { rtp } = this;
    const end = packet.length - rtp.tagLength - this.mki.length;
    const start = rtpHeaderLength(packet, end);
    const isGcm = rtp.tagLength === GCM_TAG;
    if (start === undefined || !this.hasMki(packet, isGcm ? end + GCM_TAG : end)) return undefined;
    const ssrc = read32(packet, 8);
    const source = this.sources.get(ssrc) ?? newSource();
    const index = estimateIndex(source.window.highest, sequenceOf(packet));
    if (index >= INDICES) return undefined;
    if (!source.window.isNew(index)) return this.replayed();
    const whole = isGcm ? packet : this.withoutMki(packet, end, rtp.tagLength);
    if (!rtp.open(whole, start, end, { ssrc, index, keystream: source.keystream })) {
      return undefined;
    }
    if (!admit(this.sources, ssrc, source)) return undefined;
    source.window.add(index);
    return whole.subarray(0, end);
  }

  /** The same for a compound of RTCP; one that is not enciphered is not taken. */
  unprotectControl(packet: Uint8Array): Uint8Array | undefined {
    const { rtcp, mki } = this;
    const isGcm = rtcp.tagLength === GCM_TAG;
    const end = packet.length - rtcp.tagLength - 4 - mki.length;
    if (end < CONTROL_HEADER || end > MAXIMUM) return undefined;
    const word = read32(packet, isGcm ? end + GCM_TAG : end);
    const index = word & (CONTROL_INDICES - 1);
    const mkiAt = isGcm ? end + GCM_TAG + 4 : end + 4;
    if (word < CONTROL_INDICES || !this.hasMki(packet, mkiAt)) return undefined;
    const ssrc = read32(packet, 4);
    const source = this.controls.get(ssrc) ?? newSource();
    if (!source.window.isNew(index)) return this.replayed();
    const whole = isGcm ? packet : this.withoutMki(packet, end + 4, rtcp.tagLength);
    const place = { ssrc, index, keystream: source.keystream };
    if (!rtcp.open(whole, CONTROL_HEADER, end, place)) return undefined;
    if (!admit(this.controls, ssrc, source)) return undefined;
    source.window.add(index);
    return whole.subarray(0, end);
  }

  private replayed(): undefined {
    this.replays++;
  }

  private hasMki(packet: Uint8Array, at: number): boolean {
    const { mki } = this;
    return mki.every((byte, offset) => packet[at + offset] === byte);
  }

  /** With the tag at `end`, where the cipher looks for it. */
  private withoutMki(packet: Uint8Array, end: number, tagLength: number): Uint8Array {
    const { length } = this.mki;
    if (length === 0) return packet;
    const moved = new Uint8Array(packet.subarray(0, end + tagLength)); // a Buffer's `slice` copies nothing
    moved.set(packet.subarray(end + length, end + length + tagLength), end);
    return moved;
  }
}

function newSource(): Source {
  return { window: new ReplayWindow(), keystream: new Keystream() };
}

/** Makes a source known, where there are not too many: one of ours, or of an authentic packet. */
function admit(sources: Map<number, Source>, ssrc: number, source: Source): boolean {
  if (sources.has(ssrc)) return true;
  if (sources.size >= MAXIMUM_SOURCES) return false;
  sources.set(ssrc, source);
  return true;
}

function sequenceOf(packet: Uint8Array): number {
  return ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
}

/** With CSRCs and extension; `undefined` where it is no RTP, or `end` lies within it. */
function rtpHeaderLength(packet: Uint8Array, end: number): number | undefined {
  const first = packet[0] ?? 0;
  if (end < MINIMUM_RTP || end > MAXIMUM || first >>> 6 !== 2) return undefined;
  const withSources = MINIMUM_RTP + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) return withSources <= end ? withSources : undefined;
  if (withSources + 4 > end) return undefined;
  const words = ((packet[withSources + 2] ?? 0) << 8) | (packet[withSources + 3] ?? 0);
  const length = withSources + 4 + 4 * words;
  return length <= end ? length : undefined;
}
