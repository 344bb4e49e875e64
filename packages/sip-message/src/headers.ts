import { isToken } from './characters.ts';
import { formatValue, joinsWithComma } from './format-value.ts';
import { Head } from './head.ts';
import { type HeaderKind, headerKind } from './header-kinds.ts';
import { CONTACT, headerId, headerKey, usualName, VIA } from './header-names.ts';
import type { HeaderTypes } from './header-types.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { refuseInjection } from './params.ts';
import { isStar, readItems, readSingle } from './read-header.ts';
import { Reader } from './reader.ts';
import { Fault, SipMessageError } from './refusal.ts';
import { readVia } from './via.ts';

/** What `headers.get(name)` gives: by the table `HeaderTypes`, else the raw values. */
export type HeaderValue<N extends string> =
  Lowercase<N> extends keyof HeaderTypes ? HeaderTypes[Lowercase<N>] : string[];

/** What a header can be set to: text, a number, a typed value, or several of them. */
export type HeaderInput = string | number | object | readonly (string | number | object)[];

/** A field that was added here. */
interface Field {
  readonly id: number;
  readonly name: string;
  readonly value: string;
}

const COMMA = 0x2c;
const EMPTY_SLOTS = Array.from<unknown>({ length: CONTACT + 1 });
const NO_ENTRIES: readonly [string, HeaderInput][] = [];
const NO_HEAD = new Head('', true, DEFAULT_LIMITS);

/**
 * The header fields of a message in their order. Names are compared without regard to case, compact
 * forms are the long ones. Fields that came from the wire and are not touched are sent again byte
 * for byte.
 */
export class Headers {
  private head: Head;
  /** A number is a field of the head; undefined while all of them stand there in their order. */
  private order: (number | Field)[] | undefined;
  /** What was read, by identity. */
  private typed: unknown[] | undefined;
  private firstVia: unknown;

  /** Throws what `append` throws. */
  constructor(entries: Iterable<readonly [string, HeaderInput]> = NO_ENTRIES) {
    this.head = NO_HEAD;
    this.order = undefined;
    if (entries === NO_ENTRIES) return;
    for (const [name, value] of entries) this.append(name, value);
  }

  /**
   * The typed value; undefined where the header is absent or malformed. The value belongs to these
   * headers: to change it, change a copy and `set` it.
   */
  get<N extends string>(name: N): HeaderValue<N> | undefined {
    const id = headerId(name);
    // The table HeaderTypes and the readers of header-types.ts name the same types.
    type Value = HeaderValue<N> | undefined;
    if (id === 0) {
      return rawOrAbsent(this.raw(name)) as Value;
    }
    const value = headerKind(id) === undefined ? rawOrAbsent(this.raw(name)) : this.read(id);
    return (value instanceof Fault ? undefined : value) as Value;
  }

  /** The values of each field of this name, unfolded, lists not taken apart. */
  raw(name: string): string[] {
    const id = headerId(name);
    const values: string[] = [];
    const key = id === 0 ? name.toLowerCase() : '';
    for (let at = this.indexOfId(id, 0); at >= 0; at = this.indexOfId(id, at + 1)) {
      const field = this.order === undefined ? at : (this.order[at] ?? 0);
      if (id !== 0 || this.name(field).toLowerCase() === key) values.push(this.value(field));
    }
    return values;
  }

  has(name: string): boolean {
    return this.indexOf(name) >= 0;
  }

  /** Each name once, in lower case, compact forms written out. */
  names(): string[] {
    const names = new Set<string>();
    for (const field of this.fields()) names.add(headerKey(this.name(field)));
    return [...names];
  }

  /** Puts the value where the first field of this name is, or at the end; removes the others. */
  set(name: string, value: HeaderInput): this {
    const added = fieldsOf(name, value);
    const at = this.indexOf(name);
    this.remove(name);
    const order = this.own(name);
    order.splice(at < 0 ? order.length : at, 0, ...added);
    return this;
  }

  /** Adds behind the last field of this name, or at the end. */
  append(name: string, value: HeaderInput): this {
    const added = fieldsOf(name, value);
    const order = this.own(name);
    const id = headerId(name);
    const key = name.toLowerCase();
    let at = order.length;
    while (at > 0 && !this.isNamed(order[at - 1] ?? 0, id, key)) at--;
    order.splice(at === 0 ? order.length : at, 0, ...added);
    return this;
  }

  /** Adds before the first field of this name, or at the top: for Via, Route and Record-Route. */
  prepend(name: string, value: HeaderInput): this {
    const added = fieldsOf(name, value);
    const at = this.indexOf(name);
    this.own(name).splice(Math.max(at, 0), 0, ...added);
    return this;
  }

  /** Removes every field of this name; gives whether there was one. */
  remove(name: string): boolean {
    const order = this.own(name);
    const id = headerId(name);
    const key = name.toLowerCase();
    const kept = order.filter((field) => !this.isNamed(field, id, key));
    this.order = kept;
    return kept.length < order.length;
  }

  /** Removes the first value, not the whole field where that is a comma list. */
  removeFirst(name: string): boolean {
    const at = this.indexOf(name);
    if (at < 0) return false;
    const order = this.own(name);
    const field = order[at] ?? 0;
    const value = this.value(field);
    const comma = endOfFirst(value);
    const rest = comma < 0 ? '' : value.slice(comma + 1).trim();
    if (rest === '') order.splice(at, 1);
    else order[at] = { id: this.id(field), name: this.name(field), value: rest };
    return true;
  }

  /** Name as spelt and value unfolded of each field, in order. */
  *entries(): Generator<[name: string, value: string]> {
    for (const field of this.fields()) yield [this.name(field), this.value(field)];
  }

  [Symbol.iterator](): Generator<[name: string, value: string]> {
    return this.entries();
  }

  /** A copy that can be changed without changing this one. */
  clone(): Headers {
    const copy = new Headers();
    copy.head = this.head;
    copy.order = this.order?.slice();
    return copy;
  }

  /** How many fields there are. */
  get size(): number {
    return this.order?.length ?? this.head.size;
  }

  /**
   * The fields as they go on the wire, each with its CRLF.
   * @internal
   */
  format(): string {
    const { head } = this;
    if (this.order === undefined) return head.wireOfAll();
    let text = '';
    for (const field of this.order) {
      text +=
        typeof field === 'number' ? `${head.wire(field)}\r\n` : `${field.name}: ${field.value}\r\n`;
    }
    return text;
  }

  /**
   * The typed value of a known header, a Fault with its position in the packet, or undefined where
   * the header is absent.
   * @internal
   */
  read(id: number): unknown {
    const known = this.typed?.[id];
    if (known !== undefined) return known;
    const kind = headerKind(id);
    const first = this.indexOfId(id, 0);
    if (kind === undefined || first < 0) return undefined;
    const isOne = kind.shape === 'single' || kind.shape === 'text';
    const value = isOne ? this.readOne(kind, id, first) : this.readAll(kind, id, first);
    // Room for the headers that every message has, so that the first reads do not make it grow.
    this.typed ??= EMPTY_SLOTS.slice();
    this.typed[id] = value;
    return value;
  }

  /**
   * The topmost Via, read alone: a Via, a Fault with its position in the packet, or undefined.
   * @internal
   */
  readTopVia(): unknown {
    const known = this.typed?.[VIA];
    if (known !== undefined) return Array.isArray(known) ? known[0] : known;
    if (this.firstVia !== undefined) return this.firstVia;
    const at = this.indexOfId(VIA, 0);
    if (at < 0) return undefined;
    const reader = this.reader(at, 'RFC 3261 §20.42');
    const via = readVia(reader);
    reader.skipSpace();
    const isWhole = via instanceof Fault || reader.atEnd || reader.code === COMMA;
    const result = isWhole ? via : reader.fault('BAD_VIA', 'a Via does not end where it should');
    this.firstVia = result instanceof Fault ? this.located(result, at) : result;
    return this.firstVia;
  }

  /**
   * Wraps a located head.
   * @internal
   */
  static of(head: Head): Headers {
    const headers = new Headers();
    headers.head = head;
    return headers;
  }

  /**
   * Copies fields of another message as they stand, whatever they hold.
   * @internal
   */
  adopt(other: Headers, id: number): void {
    for (const field of other.fields()) {
      if (other.id(field) !== id) continue;
      this.order ??= [];
      this.order.push({ id, name: other.name(field), value: other.value(field) });
    }
  }

  /** The identities of the known headers that are present. */
  ids(): Set<number> {
    const ids = new Set<number>();
    for (const field of this.fields()) ids.add(this.id(field));
    ids.delete(0);
    return ids;
  }

  private readOne(kind: HeaderKind, id: number, at: number): unknown {
    const second = this.indexOfId(id, at + 1);
    if (second >= 0) {
      const message = `${kind.key} occurs more than once`;
      return this.located(new Fault('DUPLICATE_HEADER', -1, kind.section, message), second);
    }
    const value = readSingle(kind, this.reader(at, kind.section));
    return value instanceof Fault ? this.located(value, at) : value;
  }

  private readAll(kind: HeaderKind, id: number, from: number): unknown {
    const items: unknown[] = [];
    for (let at = from; at >= 0; at = this.indexOfId(id, at + 1)) {
      const reader = this.reader(at, kind.section);
      if (id === CONTACT && items.length === 0 && isStar(reader)) {
        return this.indexOfId(id, at + 1) < 0 ? '*' : this.located(starAmongOthers(reader), at);
      }
      const fault = readItems({ kind, limits: this.head.limits }, reader, items);
      if (fault !== undefined) return this.located(fault, at);
    }
    return items;
  }

  /** The fault at its position in the packet, or within the value where that was set here. */
  private located(fault: Fault, at: number): Fault {
    const field = this.order === undefined ? at : this.order[at];
    if (typeof field !== 'number') return fault.at < 0 ? fault.moved(0) : fault;
    const { head } = this;
    if (fault.at < 0) return fault.moved(head.valueAt(field));
    if (head.isAscii && !head.hasFolds) return fault;
    return fault.moved(Math.min(head.valueAt(field) + fault.at, head.endOf(field)));
  }

  private reader(at: number, section: string): Reader {
    const field = this.order === undefined ? at : (this.order[at] ?? 0);
    if (typeof field === 'number') return this.head.reader(field, section);
    return new Reader(field.value.trim(), section);
  }

  private indexOfId(id: number, from: number): number {
    const { order } = this;
    if (order === undefined) return this.head.ids.indexOf(id, from);
    for (let at = from; at < order.length; at++) if (this.id(order[at] ?? 0) === id) return at;
    return -1;
  }

  private fields(): readonly (number | Field)[] {
    return this.order ?? this.head.ids.map((_, field) => field);
  }

  private own(name: string): (number | Field)[] {
    const id = headerId(name);
    if (this.typed !== undefined) this.typed[id] = undefined;
    if (id === VIA) this.firstVia = undefined;
    this.order ??= this.head.ids.map((_, field) => field);
    return this.order;
  }

  private indexOf(name: string): number {
    const id = headerId(name);
    if (id !== 0) return this.indexOfId(id, 0);
    const key = name.toLowerCase();
    return this.fields().findIndex((field) => this.isNamed(field, id, key));
  }

  private isNamed(field: number | Field, id: number, key: string): boolean {
    if (this.id(field) !== id) return false;
    return id !== 0 || this.name(field).toLowerCase() === key;
  }

  private id(field: number | Field): number {
    return typeof field === 'number' ? (this.head.ids[field] ?? 0) : field.id;
  }

  private name(field: number | Field): string {
    return typeof field === 'number' ? this.head.name(field) : field.name;
  }

  private value(field: number | Field): string {
    return typeof field === 'number' ? this.head.value(field) : field.value;
  }
}

function rawOrAbsent(values: string[]): string[] | undefined {
  return values.length === 0 ? undefined : values;
}

function starAmongOthers(reader: Reader): Fault {
  return reader.fault('BAD_CONTACT', 'Contact: * stands beside other values');
}

function fieldsOf(name: string, value: HeaderInput): Field[] {
  if (!isToken(name)) {
    throw new SipMessageError('BAD_NAME', 'a header name holds a character that it may not');
  }
  const id = headerId(name);
  const texts = textsOf(value);
  return texts.map((text) => {
    refuseInjection(text);
    return { id, name: id === 0 ? name : usualName(id, name), value: text };
  });
}

function textsOf(value: HeaderInput): string[] {
  if (!Array.isArray(value)) return [textOf(value)];
  if (value.length > 0 && joinsWithComma(value)) return [value.join(', ')];
  return value.map(textOf);
}

function textOf(value: string | number | object): string {
  return typeof value === 'object' ? formatValue(value) : String(value);
}

/** The comma behind the first value, outside quotes and angle brackets; -1 where there is none. */
function endOfFirst(value: string): number {
  let isQuoted = false;
  let isBracketed = false;
  for (let i = 0; i < value.length; i++) {
    const char = value.charAt(i);
    if (isQuoted && char === '\\') i++;
    else if (char === '"' && !isBracketed) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === '<') isBracketed = true;
    else if (char === '>') isBracketed = false;
    else if (char === ',' && !isBracketed) return i;
  }
  return -1;
}
