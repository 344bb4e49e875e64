import type { HeaderKind } from './header-kinds.ts';
import type { Limits } from './limits.ts';
import type { Reader } from './reader.ts';
import { Fault } from './refusal.ts';

const COMMA = 0x2c;
const STAR = 0x2a;

/** Reads the one value of a header that has one. */
export function readSingle(kind: HeaderKind, reader: Reader): unknown {
  const value = kind.read(reader);
  if (value instanceof Fault) return value;
  reader.skipSpace();
  return reader.atEnd ? value : trailing(reader);
}

/** Reads the values of one field of a list into `items`. */
export function readItems(
  { kind, limits }: { kind: HeaderKind; limits: Limits },
  reader: Reader,
  items: unknown[],
): Fault | undefined {
  reader.skipSpace();
  if (reader.atEnd) {
    const isFault = !kind.canBeEmpty;
    return isFault ? reader.fault('EMPTY_HEADER', `${kind.key} has no value`) : undefined;
  }
  const max = kind.key === 'via' ? limits.vias : limits.values;
  for (;;) {
    if (items.length >= max) return reader.fault('TOO_MANY_VALUES', `${kind.key} is too long`);
    const item = kind.read(reader);
    if (item instanceof Fault) return item;
    items.push(item);
    reader.skipSpace();
    if (reader.atEnd) return undefined;
    if (kind.shape === 'lines' || reader.code !== COMMA) return trailing(reader);
    reader.pos++;
    reader.skipSpace();
  }
}

/** Whether the field is `*`, which Contact may be (RFC 3261 §20.10). */
export function isStar(reader: Reader): boolean {
  if (reader.code !== STAR) return false;
  const from = reader.pos++;
  reader.skipSpace();
  const isAlone = reader.atEnd;
  reader.pos = from;
  return isAlone;
}

function trailing(reader: Reader): Fault {
  return reader.fault('BAD_HEADER', 'a header value does not end where it should');
}
