/** Bytes of a key of GHASH as wasm/ghash.wat wants it: four tables of 16 rows of 16 bytes. */
export const GHASH_ROWS = 1024;
const TABLE = GHASH_ROWS / 4;
/** 1 + x + x² + x⁷, whose sum with x¹²⁸ is zero; the highest bit is that of x⁰. */
const REDUCTION = 0xe1n << 120n;

/**
 * The products of H with each number of four bits, whose highest bit stands for x⁰: byte r of that
 * with n at `16 * r + n`. Then those times x⁴. Then the same of H².
 */
export function ghashRows(key: Uint8Array): Uint8Array {
  const rows = new Uint8Array(GHASH_ROWS);
  const h = BigInt(`0x${Buffer.from(key).toString('hex')}`);
  for (const [at, factor] of [h, product(h, h)].entries()) {
    let power = factor;
    for (const table of [2 * at * TABLE, (2 * at + 1) * TABLE]) {
      for (const bit of [8, 4, 2, 1]) {
        addMultiples(rows.subarray(table, table + TABLE), bit, power);
        power = timesX(power);
      }
    }
  }
  return rows;
}

/** Adds `multiple` to the column of every number that has `bit`. */
function addMultiples(table: Uint8Array, bit: number, multiple: bigint): void {
  for (let byte = 0; byte < 16; byte++) {
    const part = Number((multiple >> BigInt(8 * (15 - byte))) & 0xffn);
    for (let n = 0; n < 16; n++) {
      if ((n & bit) !== 0) table[16 * byte + n] = (table[16 * byte + n] ?? 0) ^ part;
    }
  }
}

/** In the field of GHASH (§6.3). */
function product(one: bigint, other: bigint): bigint {
  let sum = 0n;
  let power = one;
  for (let bit = 127n; bit >= 0n; bit--) {
    if (((other >> bit) & 1n) === 1n) sum ^= power;
    power = timesX(power);
  }
  return sum;
}

function timesX(value: bigint): bigint {
  return (value >> 1n) ^ ((value & 1n) * REDUCTION);
}
