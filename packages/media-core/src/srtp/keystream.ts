import { createCipheriv, createSecretKey } from 'node:crypto';
import { rolloverOf } from './packet-index.ts';

/** Packets of a stream whose keystream is made at once, and bytes of it at most. */
const PACKETS = 16;
const MOST_BYTES = 4096;
const BLOCK = 16;
/** Blocks that the packets to come are given at most because one before them was as long. */
const KEPT_BLOCKS = 16;

type Cipher = ReturnType<typeof createCipheriv>;

/**
 * How a counter is made: with the index above its last 16 bits (RFC 3711 §4.1.1), or at the end of
 * what stands before its last 32, which count from one (RFC 7714 §8.1, §9.1).
 */
export type CounterLayout = 'cm' | 'gcm';

/**
 * The keystream of AES in counter mode (RFC 3711 §4.1.1, RFC 6188 §2, RFC 7714) for any packet of a
 * session key; that of GCM begins with the block for the tag. One cipher lives as long as the key:
 * making one costs more than all that it enciphers.
 */
export class CounterMode {
  private readonly cipher: Cipher;
  private readonly salt: DataView;
  private readonly layout: CounterLayout;
  private counters = new DataView(new ArrayBuffer(0));
  /** The same memory: not every Node 24 takes a DataView, though it says so. */
  private counterBytes = new Uint8Array(this.counters.buffer);
  /** For which all words but those of the index are written. */
  private written = { ssrc: -1, rollover: -1, blocks: 0 };

  constructor(key: Uint8Array, salt: Uint8Array, layout: CounterLayout) {
    // counters are enciphered one by one: what makes them a mode is up to us
    this.cipher = createCipheriv(`aes-${key.length * 8}-ecb`, createSecretKey(key), null);
    this.cipher.setAutoPadding(false);
    const padded = new Uint8Array(BLOCK);
    padded.set(salt);
    this.salt = new DataView(padded.buffer);
    this.layout = layout;
  }

  /**
   * The keystreams of `packets` indices from `index` on, which have one rollover counter, each of
   * `blocks` blocks.
   */
  generate(ssrc: number, index: number, packets: number, blocks: number): Uint32Array {
    const rollover = rolloverOf(index);
    this.writeConstant(ssrc, rollover, packets, blocks);
    const { salt, counters, layout } = this;
    const isGcm = layout === 'gcm';
    const word = isGcm ? salt.getUint32(8) ^ (rollover << 16) : salt.getUint16(12) << 16;
    let at = 0;
    for (let low = index & 0xffff, end = low + packets; low < end; low++) {
      for (let block = 0; block < blocks; block++, at += BLOCK) {
        if (isGcm) counters.setUint32(at + 8, word ^ low);
        else counters.setUint32(at + 12, word ^ ((low << 16) | block));
      }
    }
    return words(this.cipher.update(this.counterBytes));
  }

  /** Most packets follow one of the same stream: what they have in common is there already. */
  private writeConstant(ssrc: number, rollover: number, packets: number, blocks: number): void {
    const { salt, written, layout } = this;
    const length = packets * blocks * BLOCK;
    const isThere = this.counters.byteLength === length && written.blocks === blocks;
    if (isThere && written.ssrc === ssrc && written.rollover === rollover) return;
    if (this.counters.byteLength !== length) {
      this.counters = new DataView(new ArrayBuffer(length));
      this.counterBytes = new Uint8Array(this.counters.buffer);
    }
    this.written = { ssrc, rollover, blocks };
    const isGcm = layout === 'gcm';
    // the index of GCM has 48 bits for RTCP, too: those of its 31 that are missing are zero
    const first = salt.getUint32(0) ^ (isGcm ? ssrc >>> 16 : 0);
    const second = salt.getUint32(4) ^ (isGcm ? (ssrc << 16) ^ (rollover >>> 16) : ssrc);
    const third = salt.getUint32(8) ^ rollover;
    for (let at = 0; at < length; at += BLOCK) {
      this.counters.setUint32(at, first);
      this.counters.setUint32(at + 4, second);
      if (isGcm) this.counters.setUint32(at + 12, ((at / BLOCK) % blocks) + 1);
      else this.counters.setUint32(at + 8, third);
    }
  }
}

/** The keystream of one stream, made ahead: its indices are known before its packets. */
export class Keystream {
  /** Where `find` found it. */
  words: Uint32Array = new Uint32Array(0);
  offset = 0;
  private ahead: Uint32Array = this.words;
  private first = 0;
  private packets = 0;
  private blocks = 0;

  /** Leaves in `words`, from `offset` on, at least `length` bytes of the packet's keystream. */
  find(mode: CounterMode, ssrc: number, index: number, length: number): void {
    const blocks = (length + BLOCK - 1) >>> 4;
    const place = index - this.first;
    if (place >= 0 && place < this.packets && blocks <= this.blocks) {
      this.words = this.ahead;
      this.offset = place * this.blocks * 4;
      return;
    }
    this.offset = 0;
    // one that comes late does not displace what is to come
    if (place < 0) this.words = mode.generate(ssrc, index, 1, blocks);
    else this.words = this.makeAhead(mode, ssrc, index, blocks);
  }

  /** What was made for a packet that nobody can trust is of no use: its index may be any. */
  forget(): void {
    this.first = 0;
    this.packets = 0;
  }

  private makeAhead(mode: CounterMode, ssrc: number, index: number, wanted: number): Uint32Array {
    const blocks = Math.max(wanted, Math.min(this.blocks, KEPT_BLOCKS), 1);
    const most = Math.min(PACKETS, Math.floor(MOST_BYTES / (blocks * BLOCK)));
    this.packets = Math.max(1, Math.min(most, 0x1_0000 - (index & 0xffff)));
    this.first = index;
    this.blocks = blocks;
    this.ahead = mode.generate(ssrc, index, this.packets, blocks);
    return this.ahead;
  }
}

function words(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2);
}
