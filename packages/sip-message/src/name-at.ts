import { COMPACT, headerId, headerKeyOf } from './header-names.ts';

const COLON = 0x3a;

/** The long names as octets, chained by first and third letter, so that none has to be cut out. */
const CHAIN_OF = new Uint8Array(32 * 32);
const NEXT = new Uint8Array(128);
/** The letters of all names in a row, and where in them each name is. */
const LETTERS = new Uint8Array(2048);
const BEGINS = new Uint16Array(128);
const LENGTHS = new Uint8Array(128);
for (let id = 1; headerKeyOf(id) !== ''; id++) addName(id, headerKeyOf(id));

function addName(id: number, name: string): void {
  const begin = (BEGINS[id - 1] ?? 0) + (LENGTHS[id - 1] ?? 0);
  BEGINS[id] = begin;
  LENGTHS[id] = name.length;
  for (let i = 0; i < name.length; i++) LETTERS[begin + i] = name.charCodeAt(i);
  // A colon stands behind the shortest name.
  const slot = slotOf(name.charCodeAt(0), `${name}:`.charCodeAt(2));
  let last = CHAIN_OF[slot] ?? 0;
  if (last === 0) CHAIN_OF[slot] = id;
  // Behind those that are there: the names of every day come first in the list.
  while ((NEXT[last] ?? 0) !== 0) last = NEXT[last] ?? 0;
  if (last !== 0) NEXT[last] = id;
}

const COMPACT_IDS = new Uint8Array(256);
for (const [letter, name] of Object.entries(COMPACT)) {
  COMPACT_IDS[letter.charCodeAt(0)] = headerId(name);
  COMPACT_IDS[letter.toUpperCase().charCodeAt(0)] = headerId(name);
}

function slotOf(first = 0, third = 0): number {
  return ((first & 31) << 5) | (third & 31);
}

/** The identity of the known name that stands here with a colon right behind it, else 0. */
export const headerIdAt = createHeaderIdAt();

/** The tables are constants of a function, as in `createPassClass`. */
function createHeaderIdAt(): (octets: Uint8Array, from: number) => number {
  const compactIds = COMPACT_IDS;
  const chainOf = CHAIN_OF;
  const next = NEXT;
  const letters = LETTERS;
  const begins = BEGINS;
  const lengths = LENGTHS;
  return (octets, from) => {
    if (octets[from + 1] === COLON) return compactIds[octets[from] ?? 0] ?? 0;
    let id = chainOf[slotOf(octets[from], octets[from + 2])] ?? 0;
    for (; id !== 0; id = next[id] ?? 0) {
      const begin = begins[id] ?? 0;
      const length = lengths[id] ?? 0;
      if (octets[from + length] !== COLON) continue;
      // Setting this bit makes letters lower case. It also makes a hyphen of CR, behind which in a
      // field whose lines were checked stands LF, which it makes no letter.
      let difference = 0;
      for (let i = 0; i < length; i++) {
        difference |= ((octets[from + i] ?? 0) | 0x20) ^ (letters[begin + i] ?? 0);
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
