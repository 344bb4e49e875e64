import type { Head } from './head.ts';
import { sequenceSize } from './octets.ts';
import { isSpace } from './reader.ts';

const CR = 13;

/**
 * Where in the packet the character of a field's value stands that was unfolded and decoded to be
 * read: the inverse of `Head.value`. Behind the value it is the end of the field.
 */
export function wirePosition(head: Head, field: number, index: number): number {
  const { octets } = head;
  const from = head.valueAt(field);
  const end = head.endOf(field);
  let characters = 0;
  for (let at = from; at < end; ) {
    const gap = passGap(octets, at, end);
    // Around a fold all space is one, and none where nothing stands before it.
    const folds = countFolds(octets, at, gap);
    const size = gap > at ? gap - at : Math.max(1, sequenceSize(octets, at));
    const units = folds > 0 ? (characters > 0 ? folds : 0) : gap > at ? size : size === 4 ? 2 : 1;
    if (characters + units > index) {
      return folds === 0 && gap > at ? at + index - characters : at;
    }
    characters += units;
    at += size;
  }
  return end;
}

/** The position behind space and folds. */
function passGap(octets: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    if (isSpace(octets[at] ?? 0)) at++;
    else if (octets[at] === CR) at += 2;
    else break;
  }
  return at;
}

function countFolds(octets: Uint8Array, from: number, end: number): number {
  let folds = 0;
  for (let at = from; at < end; at++) if (octets[at] === CR) folds++;
  return folds;
}
