import { COMPACT, headerId, headerKeyOf } from './header-names.ts';

const COLON = 0x3a;
const LOWER_CASE = 0x20;

/** The long names as octets, chained by first and third letter, so that none has to be cut out. */
const CHAIN_OF = new Uint8Array(32 * 32);
const NEXT: number[] = [0];
const SPELLINGS: Uint8Array[] = [new Uint8Array(0)];
for (let id = 1; headerKeyOf(id) !== ''; id++) {
  // A colon stands behind the shortest name.
  const name = Uint8Array.from(`${headerKeyOf(id)}:`, (char) => char.charCodeAt(0));
  const slot = slotOf(name[0], name[2]);
  // Behind those that are there: the names of every day come first in the list.
  let last = CHAIN_OF[slot] ?? 0;
  while ((NEXT[last] ?? 0) !== 0) last = NEXT[last] ?? 0;
  if (last === 0) CHAIN_OF[slot] = id;
  else NEXT[last] = id;
  NEXT.push(0);
  SPELLINGS.push(name.subarray(0, -1));
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
export function headerIdAt(octets: Uint8Array, from: number): number {
  if (octets[from + 1] === COLON) return COMPACT_IDS[octets[from] ?? 0] ?? 0;
  let id = CHAIN_OF[slotOf(octets[from], octets[from + 2])] ?? 0;
  for (; id !== 0; id = NEXT[id] ?? 0) if (isSpelling(octets, from, id)) return id;
  return 0;
}

/** How many letters the long name has. */
export function nameLength(id: number): number {
  return SPELLINGS[id]?.length ?? 0;
}

function isSpelling(octets: Uint8Array, from: number, id: number): boolean {
  const spelling = SPELLINGS[id];
  if (spelling === undefined) return false;
  const { length } = spelling;
  let i = 0;
  // Setting this bit makes letters lower case. It also makes a hyphen of CR, behind which in a field
  // whose lines were checked stands LF, which it makes no letter.
  while (i < length && ((octets[from + i] ?? 0) | LOWER_CASE) === spelling[i]) i++;
  return i === length && octets[from + length] === COLON;
}
