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
    return new DataView(four.buffer, four.byteOffset, 4).getUint32(0);
  };
  return {
    bytes,
    uint32,
    float: () => uint32() / 2 ** 32,
    token: (bits = 64) => {
      let text = '';
      for (const byte of bytes(Math.ceil(bits / 5))) text += ALPHABET[byte & 31];
      return text;
    },
  };
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
  const seeded = randomFrom((length) => Uint8Array.from({ length }, () => next() >>> 24));
  // the same letters as from `bytes`, without a list of them: simulators draw tokens all the time
  const token = (bits = 64): string => {
    let text = '';
    for (let left = Math.ceil(bits / 5); left > 0; left--) text += ALPHABET[(next() >>> 24) & 31];
    return text;
  };
  return { ...seeded, token };
}
