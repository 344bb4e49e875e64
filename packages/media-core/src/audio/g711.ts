/**
 * G.711 (ITU-T, 11/88), by tables: one byte load per sample. Samples are 16 bits wide, of which
 * µ-law keeps the upper 14 and A-law the upper 13. A sample on a decision value belongs to the
 * interval above it, on either side of zero, as in the reference code of ITU-T G.191.
 */

const MU_BIAS = 33;
const PCMU_CODES = /* @__PURE__ */ encodeTable(muLawCode);
const PCMA_CODES = /* @__PURE__ */ encodeTable(aLawCode);
const PCMU_VALUES = /* @__PURE__ */ decodeTable(muLawValue);
const PCMA_VALUES = /* @__PURE__ */ decodeTable(aLawValue);

/** A byte of silence in µ-law: zero. */
export const PCMU_SILENCE = 0xff;
/** A byte of silence in A-law: the smallest positive value, for A-law has no zero. */
export const PCMA_SILENCE = 0xd5;

/** Encodes µ-law, one byte per sample, into `target` (at least as long) and returns that. */
export function pcmuEncode(
  samples: Int16Array,
  target: Uint8Array = new Uint8Array(samples.length),
): Uint8Array {
  for (let i = 0; i < samples.length; i++) target[i] = PCMU_CODES[(samples[i] ?? 0) & 0xffff] ?? 0;
  return target;
}

/** Decodes µ-law into `target` (at least as long as `bytes`) and returns that. */
export function pcmuDecode(
  bytes: Uint8Array,
  target: Int16Array = new Int16Array(bytes.length),
): Int16Array {
  for (let i = 0; i < bytes.length; i++) target[i] = PCMU_VALUES[bytes[i] ?? 0] ?? 0;
  return target;
}

/** Encodes A-law, one byte per sample, into `target` (at least as long) and returns that. */
export function pcmaEncode(
  samples: Int16Array,
  target: Uint8Array = new Uint8Array(samples.length),
): Uint8Array {
  for (let i = 0; i < samples.length; i++) target[i] = PCMA_CODES[(samples[i] ?? 0) & 0xffff] ?? 0;
  return target;
}

/** Decodes A-law into `target` (at least as long as `bytes`) and returns that. */
export function pcmaDecode(
  bytes: Uint8Array,
  target: Int16Array = new Int16Array(bytes.length),
): Int16Array {
  for (let i = 0; i < bytes.length; i++) target[i] = PCMA_VALUES[bytes[i] ?? 0] ?? 0;
  return target;
}

function encodeTable(code: (sample: number) => number): Uint8Array {
  const table = new Uint8Array(65_536);
  for (let i = 0; i < table.length; i++) table[i] = code((i << 16) >> 16);
  return table;
}

function decodeTable(value: (code: number) => number): Int16Array {
  const table = new Int16Array(256);
  for (let code = 0; code < table.length; code++) table[code] = value(code);
  return table;
}

/** Sign, three bits of segment, four of interval, all inverted for the wire. */
function muLawCode(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 2;
  const biased = Math.min(magnitude + MU_BIAS, 0x1fff);
  const segment = 26 - Math.clz32(biased);
  const interval = (biased >> (segment + 1)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | interval) & 0xff;
}

function muLawValue(code: number): number {
  const bits = ~code & 0xff;
  const segment = (bits >> 4) & 7;
  const magnitude = ((((bits & 0x0f) << 1) + MU_BIAS) << segment) - MU_BIAS;
  return (bits & 0x80 ? -magnitude : magnitude) * 4;
}

/** Sign, segment and interval, every other bit inverted for the wire. */
function aLawCode(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = Math.max(0, 28 - Math.clz32(magnitude));
  const interval = segment > 0 ? (magnitude >> (segment - 1)) & 0x0f : magnitude;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | interval) ^ 0x55;
}

function aLawValue(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const interval = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment > 0 ? (interval + 256) << (segment - 1) : interval;
  return bits & 0x80 ? magnitude : -magnitude;
}
