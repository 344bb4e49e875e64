import { COMPACT, headerId, headerKeyOf } from './header-names.ts';

const COLON = 0x3a;
const LOWER_CASE = 0x20_20_20_20;
const SLOTS = 1024;

/** The octets of a name are compared four at a time: where the words of each name are, and how many. */
const WORDS = new Int32Array(512);
const BEGINS = new Uint16Array(128);
const LENGTHS = new Uint8Array(128);
/** The names of one slot are chained. */
const FIRST = new Uint8Array(SLOTS);
const NEXT = new Uint8Array(128);
for (let id = 1; headerKeyOf(id) !== ''; id++) addName(id, headerKeyOf(id));

function addName(id: number, name: string): void {
  const begin = (BEGINS[id - 1] ?? 0) + wordCount(LENGTHS[id - 1] ?? 0);
  BEGINS[id] = begin;
  LENGTHS[id] = name.length;
  const octets = Uint8Array.from(`${name}::`, (char) => char.charCodeAt(0));
  for (let i = 0; i < wordCount(name.length); i++) {
    WORDS[begin + i] = wordAt(octets, offsetOf(i, name.length));
  }
  const slot = slotOf(wordAt(octets, 0), name.length);
  let last = FIRST[slot] ?? 0;
  if (last === 0) FIRST[slot] = id;
  // Behind those that are there: the names of every day come first in the list.
  while ((NEXT[last] ?? 0) !== 0) last = NEXT[last] ?? 0;
  if (last !== 0) NEXT[last] = id;
}

const COMPACT_IDS = new Uint8Array(256);
for (const [letter, name] of Object.entries(COMPACT)) {
  COMPACT_IDS[letter.charCodeAt(0)] = headerId(name);
  COMPACT_IDS[letter.toUpperCase().charCodeAt(0)] = headerId(name);
}

/** `To` with its colon has three octets only, and what stands behind is no part of the word. */
function slotOf(word: number, length: number): number {
  const known = length === 2 ? word & 0xff_ff_ff : word;
  return (Math.imul(known, 0x9e_37_79_b1) >>> 22) & (SLOTS - 1);
}

/** Of a long name the last word reaches back into the one before it. */
function offsetOf(index: number, length: number): number {
  return length > 4 && index * 4 + 4 > length ? length - 4 : index * 4;
}

function wordCount(length: number): number {
  return (length + 3) >> 2;
}

/**
 * Four octets with the bit set that makes letters lower case. It also makes a hyphen of CR, behind
 * which in a field whose lines were checked stands LF, which it makes no letter.
 */
function wordAt(octets: Uint8Array, at: number): number {
  const low = (octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8);
  return low | ((octets[at + 2] ?? 0) << 16) | ((octets[at + 3] ?? 0) << 24) | LOWER_CASE;
}

/** The same tables for who looks names up in WebAssembly (scan-head.ts). */
export const NAME_TABLES = {
  compactIds: COMPACT_IDS,
  first: FIRST,
  next: NEXT,
  lengths: LENGTHS,
  begins: BEGINS,
  words: WORDS,
} as const;

/** The identity of the known name that stands here with a colon right behind it, else 0. */
export const headerIdAt = createHeaderIdAt();

/** The tables are constants of a function, as in `createPassClass`. */
function createHeaderIdAt(): (octets: Uint8Array, from: number) => number {
  const compactIds = COMPACT_IDS;
  const first = FIRST;
  const next = NEXT;
  const words = WORDS;
  const begins = BEGINS;
  const lengths = LENGTHS;
  return (octets, from) => {
    if (octets[from + 1] === COLON) return compactIds[octets[from] ?? 0] ?? 0;
    const isShort = octets[from + 2] === COLON;
    const word = wordAt(octets, from);
    let id = first[slotOf(word, isShort ? 2 : 3)] ?? 0;
    for (; id !== 0; id = next[id] ?? 0) {
      const length = lengths[id] ?? 0;
      if (octets[from + length] !== COLON) continue;
      let at = begins[id] ?? 0;
      const mask = isShort ? 0xff_ff_ff : -1;
      let difference = ((words[at] ?? 0) ^ word) & mask;
      for (let offset = 4; offset < length && difference === 0; offset += 4) {
        const start = offset + 4 > length ? length - 4 : offset;
        difference = (words[++at] ?? 0) ^ wordAt(octets, from + start);
      }
      if (difference === 0) return id;
    }
    return 0;
  };
}

/** How many letters the long name has. */
export function nameLength(id: number): number {
  return LENGTHS[id] ?? 0;
}
