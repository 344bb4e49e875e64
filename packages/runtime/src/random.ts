/** The only source of chance: branches, tags, SSRCs, nonces, jitter of retries. */
export interface Random {
  /** A uniform integer from 0 to 2^32 - 1. */
  uint32(): number;
  /** A uniform number from 0 (included) to 1 (excluded). */
  float(): number;
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** A token of letters and digits with at least `bits` bits of chance (default 64). */
  token(bits?: number): string;
}

/** Of tokens: five bits each. */
export const ALPHABET = 'abcdefghijklmnopqrstuvwxyz012345';

/** Builds `Random` on a source of bytes. */
export function randomFrom(bytes: (length: number) => Uint8Array): Random {
  const uint32 = (): number => {
    const four = bytes(4);
    let value = 0;
    for (let at = 0; at < 4; at++) value = (value << 8) | (four[at] ?? 0);
    return value >>> 0;
  };
  return {
    bytes,
    uint32,
    float: () => uint32() / 2 ** 32,
    token: (bits = 64) => {
      const drawn = bytes(Math.ceil(bits / 5));
      let at = 0;
      return letters(drawn.length, () => drawn[at++] ?? 0);
    },
  };
}

/** Engines copy together what is this long, and make a list of what is longer. */
const PIECE = 12;

/** Letters for as many bytes, put together in pieces: one by one, each would be kept as an object. */
function letters(length: number, nextByte: () => number): string {
  let text = '';
  for (let left = length; left > 0; left -= PIECE) {
    let piece = '';
    for (let i = Math.min(left, PIECE); i > 0; i--) piece += ALPHABET.charAt(nextByte() & 31);
    text += piece;
  }
  return text;
}

/** A reproducible source for tests (sfc32): the same seed gives the same sequence. Not secret. */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88 | 0;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  const nextByte = (): number => next() >>> 24;
  const seeded = randomFrom((length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = nextByte();
    return bytes;
  });
  // the same letters as from `bytes`, without a list of them: simulators draw tokens all the time
  return { ...seeded, token: (bits = 64) => letters(Math.ceil(bits / 5), nextByte) };
}
