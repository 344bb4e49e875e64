/** How much of HalfSipHash stands behind the text: three rounds of a word each. */
const FINAL = 12;

/**
 * HalfSipHash-1-3 of texts, 32 bits, under a key of its own: peers choose the texts, and must not be
 * able to choose which of them share a place. Of a character the lower octet counts.
 */
export class TextHash {
  private readonly k0: number;
  private readonly k1: number;

  /**
   * @param key two words; not of the runtime's `Random`, as nothing that happens depends on it: an
   * element that is restored goes on with the same branches and tags.
   */
  constructor(key = crypto.getRandomValues(new Int32Array(2))) {
    const [k0 = 0, k1 = 0] = key;
    this.k0 = k0;
    this.k1 = k1;
  }

  /** A signed number. */
  of(text: string): number {
    let v0 = this.k0;
    let v1 = this.k1;
    let v2 = 0x6c796765 ^ this.k0;
    let v3 = 0x74656462 ^ this.k1;
    const last = text.length & ~3;
    for (let at = 0; at <= last + FINAL; at += 4) {
      const word = at < last ? wordAt(text, at) : at === last ? lastWord(text, at) : 0;
      if (at === last + 4) v2 ^= 0xff;
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    return v1 ^ v3;
  }
}

function wordAt(text: string, at: number): number {
  return (
    octet(text, at) |
    (octet(text, at + 1) << 8) |
    (octet(text, at + 2) << 16) |
    (octet(text, at + 3) << 24)
  );
}

/** What is left of the text, and its length. */
function lastWord(text: string, from: number): number {
  let word = text.length << 24;
  for (let at = from; at < text.length; at++) word |= octet(text, at) << (8 * (at - from));
  return word;
}

function octet(text: string, at: number): number {
  return text.charCodeAt(at) & 0xff;
}
