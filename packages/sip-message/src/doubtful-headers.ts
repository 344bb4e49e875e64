import type { Head } from './head.ts';
import { type HeaderKind, headerKind } from './header-kinds.ts';
import { passSpaces } from './plain-octets.ts';

const COMMA = 0x2c;
const NONE: readonly number[] = [];

/**
 * The identities of the headers that are not surely well-formed, in the order in which they first
 * occur: all but those whose fields are all plain. Usually none, and then nothing is made.
 *
 * @param isOfInterest which headers are looked at.
 */
export function doubtfulHeaders(
  head: Head,
  isOfInterest: (kind: HeaderKind) => boolean,
): readonly number[] {
  const { vias, values } = head.limits;
  let room = Math.min(vias, values);
  let doubtful: number[] | undefined;
  for (let field = 0; field < head.size; field++) {
    const id = head.id(field);
    if (head.isPlainKey(id)) {
      room--;
      continue;
    }
    const kind = headerKind(id);
    if (kind === undefined || !isOfInterest(kind)) continue;
    const count = countPlain(head, kind, field);
    room -= count;
    if (count > 0) continue;
    doubtful ??= [];
    doubtful.push(id);
  }
  // So many values in all that one header may have too many.
  if (room < 0) return idsOf(head);
  return doubtful === undefined ? NONE : idsOf(head).filter((id) => doubtful.includes(id));
}

/** How many values the field holds; 0 where they are not plain or the header must occur once. */
function countPlain(head: Head, kind: HeaderKind, field: number): number {
  const { shape, plain } = kind;
  const isOne = shape === 'single' || shape === 'text';
  if (isOne && head.indexOf(head.id(field), field + 1) >= 0) return 0;
  if (shape === 'text') return 1;
  if (plain === undefined) return 0;
  const { octets } = head;
  const end = head.endOf(field);
  let at = head.valueAt(field);
  for (let count = 1; ; count++) {
    at = plain(octets, at);
    if (at === end) return count;
    if (shape !== 'list' || at < 0 || octets[at] !== COMMA) return 0;
    at = passSpaces(octets, at + 1);
  }
}

function idsOf(head: Head): number[] {
  const ids = new Set<number>();
  for (let field = 0; field < head.size; field++) ids.add(head.id(field));
  return [...ids];
}
