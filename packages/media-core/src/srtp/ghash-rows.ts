/** Bytes of a key of GHASH as wasm/ghash.wat wants it: two tables of 16 rows of 16 bytes. */
export const GHASH_ROWS = 512;
const TABLE = GHASH_ROWS / 2;
/** 1 + x + x² + x⁷, whose sum with x¹²⁸ is zero; the highest bit is that of x⁰. */
const REDUCTION = 0xe1n << 120n;

/**
 * The products of H with each number of four bits, whose highest bit stands for x⁰: byte r of that
 * with n at `16 * r + n`. Then those times x⁴.
 */
export function ghashRows(key: Uint8Array): Uint8Array {
  const rows = new Uint8Array(GHASH_ROWS);
  let power = BigInt(`0x${Buffer.from(key).toString('hex')}`);
  for (const table of [0, TABLE]) {
    for (const bit of [8, 4, 2, 1]) {
      addMultiples(rows.subarray(table, table + TABLE), bit, power);
      power = timesX(power);
    }
  }
  return rows;
}

/** Adds `product` to the column of every number that has `bit`. */
function addMultiples(table: Uint8Array, bit: number, product: bigint): void {
  for (let byte = 0; byte < 16; byte++) {
    const part = Number((product >> BigInt(8 * (15 - byte))) & 0xffn);
    for (let n = 0; n < 16; n++) {
      if ((n & bit) !== 0) table[16 * byte + n] = (table[16 * byte + n] ?? 0) ^ part;
    }
  }
}

function timesX(value: bigint): bigint {
  return (value >> 1n) ^ ((value & 1n) * REDUCTION);
}
