import type { FieldList } from './field-list.ts';
import type { HeaderKind } from './header-kinds.ts';
import { CONTACT, VIA } from './header-names.ts';
import { passSpaces } from './plain-octets.ts';
import { isStar, readItems, readSingle } from './read-header.ts';
import type { Reader } from './reader.ts';
import { Fault } from './refusal.ts';
import { readVia } from './via.ts';

const COMMA = 0x2c;

/**
 * The value of a header of which the first field is at `first`, or a Fault with its position in the
 * packet.
 */
export function readFields(list: FieldList, kind: HeaderKind, first: number): unknown {
  const isOne = kind.shape === 'single' || kind.shape === 'text';
  const plain = isOne ? readPlainOne(list, kind, first) : readPlainAll(list, kind, first);
  if (plain !== undefined) return plain;
  return isOne ? readOne(list, kind, first) : readAll(list, kind, first);
}

/** The value where it is plain and occurs once, else undefined. */
function readPlainOne(list: FieldList, { id, readPlain }: HeaderKind, at: number): unknown {
  const head = list.received;
  const field = list.fieldAt(at);
  if (readPlain === undefined || typeof field !== 'number' || !head.isAscii) return undefined;
  if (list.indexOfId(id, at + 1) >= 0) return undefined;
  const value = readPlain(head, head.valueAt(field));
  return head.passed === head.endOf(field) ? value : undefined;
}

/** The values where all are plain and not too many, else undefined. */
function readPlainAll(list: FieldList, kind: HeaderKind, from: number): unknown[] | undefined {
  const head = list.received;
  const { id, readPlain, shape } = kind;
  if (readPlain === undefined || shape !== 'list' || !head.isAscii) return undefined;
  const { octets, limits } = head;
  const max = id === VIA ? limits.vias : limits.values;
  // a list that begins empty has room for 17 as soon as one is in it
  let items: unknown[] | undefined;
  for (let at = from; at >= 0; at = list.indexOfId(id, at + 1)) {
    const field = list.fieldAt(at);
    if (typeof field !== 'number') return undefined;
    const end = head.endOf(field);
    let position = head.valueAt(field);
    for (;;) {
      const item = readPlain(head, position);
      if (head.passed < 0 || (items?.length ?? 0) >= max) return undefined;
      if (items === undefined) items = [item];
      else items.push(item);
      if (head.passed === end) break;
      if (octets[head.passed] !== COMMA) return undefined;
      position = passSpaces(octets, head.passed + 1);
    }
  }
  return items;
}

function readOne(list: FieldList, kind: HeaderKind, at: number): unknown {
  const second = list.indexOfId(kind.id, at + 1);
  if (second >= 0) {
    const message = `${kind.key} occurs more than once`;
    return list.located(new Fault('DUPLICATE_HEADER', -1, kind.section, message), second);
  }
  const value = readSingle(kind, list.reader(at, kind.section));
  return value instanceof Fault ? list.located(value, at) : value;
}

function readAll(list: FieldList, kind: HeaderKind, from: number): unknown {
  const items: unknown[] = [];
  const { id } = kind;
  const { limits } = list.received;
  for (let at = from; at >= 0; at = list.indexOfId(id, at + 1)) {
    const reader = list.reader(at, kind.section);
    if (id === CONTACT && items.length === 0 && isStar(reader)) {
      return list.indexOfId(id, at + 1) < 0 ? '*' : list.located(starAmongOthers(reader), at);
    }
    const fault = readItems({ kind, limits }, reader, items);
    if (fault !== undefined) return list.located(fault, at);
  }
  return items;
}

function starAmongOthers(reader: Reader): Fault {
  return reader.fault('BAD_CONTACT', 'Contact: * stands beside other values');
}

/** The first value of the Via field at `at`, whatever follows it. */
export function readFirstVia(list: FieldList, at: number): unknown {
  const reader = list.reader(at, 'RFC 3261 §20.42');
  const via = readVia(reader);
  reader.skipSpace();
  const isWhole = via instanceof Fault || reader.atEnd || reader.code === COMMA;
  const result = isWhole ? via : reader.fault('BAD_VIA', 'a Via does not end where it should');
  return result instanceof Fault ? list.located(result, at) : result;
}
