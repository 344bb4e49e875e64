import { Buffer } from 'node:buffer';
import { Head } from './head.ts';
import { headerId } from './header-names.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { Reader } from './reader.ts';
import type { Fault } from './refusal.ts';
import { wirePosition } from './wire-position.ts';

/** A field that was added here. */
export interface Field {
  readonly id: number;
  readonly name: string;
  readonly value: string;
  /** The tag of From or To, the branch of Via, where whoever made the field knows it. */
  readonly known: string | undefined;
  /** Whether the value is surely printable US-ASCII; a name always is. */
  readonly isPrintable: boolean;
  /**
   * What was read from the value where it is all that its header has: copies and responses share the
   * field, and read it no more.
   */
  typed: unknown;
}

/** A field whose value may be put there as it is. All are made here: of one shape they are read faster. */
export function checkedField(
  id: number,
  name: string,
  value: string,
  { known, isPrintable }: { known?: string | undefined; isPrintable: boolean },
): Field {
  return { id, name, value, known, isPrintable, typed: undefined };
}

const POSITIONS = Array.from({ length: 64 }, (_, field) => field);
const NO_HEAD = new Head('', Buffer.alloc(0), DEFAULT_LIMITS);

/**
 * Which fields there are and in which order: those of a received head, and those that were added.
 * @internal
 */
export class FieldList {
  /** What was received; an empty head where nothing was. */
  readonly received: Head;
  /** A number is a field of the head; undefined while all of them stand there in their order. */
  protected order: (number | Field)[] | undefined;

  constructor(received: Head = NO_HEAD, order?: (number | Field)[]) {
    this.received = received;
    this.order = order;
  }

  /** How many fields there are. */
  get size(): number {
    return this.order?.length ?? this.received.size;
  }

  /** Whether all fields are surely US-ASCII, so that each character is one octet. */
  get isAscii(): boolean {
    const { order } = this;
    if (!this.received.isAscii) return false;
    if (order === undefined) return true;
    for (const field of order) {
      if (typeof field !== 'number' && !field.isPrintable) return false;
    }
    return true;
  }

  fields(): readonly (number | Field)[] {
    return this.order ?? this.positions();
  }

  /** The list that may be changed. */
  protected ownOrder(): (number | Field)[] {
    this.order ??= this.positions();
    return this.order;
  }

  /** A list that grows while it is filled costs three times as much as a copy of one that is there. */
  private positions(): number[] {
    const { size } = this.received;
    const positions = POSITIONS.slice(0, size);
    for (let field = positions.length; field < size; field++) positions.push(field);
    return positions;
  }

  id(field: number | Field): number {
    return typeof field === 'number' ? this.received.id(field) : field.id;
  }

  name(field: number | Field): string {
    return typeof field === 'number' ? this.received.name(field) : field.name;
  }

  value(field: number | Field): string {
    return typeof field === 'number' ? this.received.value(field) : field.value;
  }

  /** The same field with a part of its value, or all of it, as it was received. */
  withValue(field: number | Field, value: string): Field {
    const isPrintable = typeof field === 'number' ? this.received.isAscii : field.isPrintable;
    return checkedField(this.id(field), this.name(field), value, { isPrintable });
  }

  /** The field at a place in the order. */
  fieldAt(at: number): number | Field {
    return this.order === undefined ? at : (this.order[at] ?? 0);
  }

  /** The first place of a field with this identity from here on, or -1. */
  indexOfId(id: number, from: number): number {
    const { order } = this;
    if (order === undefined) return this.received.indexOf(id, from);
    for (let at = from; at < order.length; at++) if (this.id(order[at] ?? 0) === id) return at;
    return -1;
  }

  /** The first place of a field with this name, or -1. */
  indexOf(name: string): number {
    const id = headerId(name);
    if (id !== 0) return this.indexOfId(id, 0);
    const key = name.toLowerCase();
    return this.fields().findIndex((field) => this.isNamed(field, id, key));
  }

  /** Whether the field has this identity, and where that is of no known name, this name. */
  isNamed(field: number | Field, id: number, key: string): boolean {
    if (this.id(field) !== id) return false;
    return id !== 0 || this.name(field).toLowerCase() === key;
  }

  /** A reader of the value at a place in the order. */
  reader(at: number, section: string): Reader {
    const field = this.fieldAt(at);
    if (typeof field === 'number') return this.received.reader(field, section);
    return new Reader(field.value.trim(), section);
  }

  /** Where in the packet the value of this header's first field begins; 0 where it was set here. */
  positionOf(id: number): number {
    const field = this.fieldAt(Math.max(0, this.indexOfId(id, 0)));
    return typeof field === 'number' ? this.received.valueAt(field) : 0;
  }

  /** The fault at its position in the packet, or within the value where that was set here. */
  located(fault: Fault, at: number): Fault {
    const field = this.fieldAt(at);
    if (typeof field !== 'number') return fault.at < 0 ? fault.moved(0) : fault;
    const head = this.received;
    if (fault.at < 0) return fault.moved(head.valueAt(field));
    if (head.isAscii && !head.hasFolds) return fault;
    return fault.moved(wirePosition(head, field, fault.at));
  }
}
