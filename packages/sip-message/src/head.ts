import type { Limits } from './limits.ts';
import { decodeLatin1 } from './octets.ts';
import { isSpace, Reader } from './reader.ts';

/**
 * The head of a received message: the packet as text with one character per octet, and where each
 * header field begins. Shared by all copies of the message; never changed once it is located.
 */
export class Head {
  readonly text: string;
  readonly isAscii: boolean;
  /** Whether some field goes over several lines. */
  hasFolds = false;
  /** Where the start line begins: behind leading CRLFs (RFC 3261 §7.5). */
  startLineFrom = 0;
  /** Where the start line ends, its CRLF not included. */
  startLineEnd = 0;
  /** Where the body begins. */
  bodyFrom = 0;
  /** The identity of each field's name, 0 for unknown ones. */
  readonly ids: number[] = [];
  /** Where each field begins, and at last where the blank line does. */
  readonly starts: number[] = [];
  readonly limits: Limits;

  constructor(text: string, isAscii: boolean, limits: Limits) {
    this.text = text;
    this.isAscii = isAscii;
    this.limits = limits;
  }

  get size(): number {
    return this.ids.length;
  }

  /** The name as the peer spelt it. */
  name(field: number): string {
    const from = this.starts[field] ?? 0;
    return trimEnd(this.text.slice(from, this.text.indexOf(':', from)));
  }

  /** The value with its folds undone, each to one space, and no space around it. */
  value(field: number): string {
    const raw = this.text.slice(this.valueAt(field), this.endOf(field));
    return trimEnd(this.decode(this.hasFolds ? unfold(raw) : raw));
  }

  /** The field as it stands, folds and all, without its last CRLF. */
  wire(field: number): string {
    return this.decode(this.text.slice(this.starts[field], this.endOf(field)));
  }

  /** All fields as they stand, each with its CRLF. */
  wireOfAll(): string {
    return this.decode(this.text.slice(this.starts[0], this.starts[this.size]));
  }

  /** Where the value begins; where the field ends, if it has none. */
  valueAt(field: number): number {
    const { text } = this;
    const end = this.endOf(field);
    let at = text.indexOf(':', this.starts[field]) + 1;
    while (at < end && isSpace(text.charCodeAt(at))) at++;
    return at;
  }

  /** Where the field ends, its last CRLF not included. */
  endOf(field: number): number {
    return (this.starts[field + 1] ?? 2) - 2;
  }

  /** The field that the position is in, or -1. */
  fieldAt(at: number): number {
    let field = this.size - 1;
    while (field >= 0 && (this.starts[field] ?? 0) > at) field--;
    return field;
  }

  /** A reader of the value: on the packet itself where it stands there as it is read. */
  reader(field: number, section: string): Reader {
    if (!this.isAscii || this.hasFolds) return new Reader(this.value(field), section);
    return new Reader(this.text, section, this.valueAt(field), this.endOf(field));
  }

  decode(text: string): string {
    return this.isAscii ? text : decodeLatin1(text);
  }
}

/** Space and folds before the end are no part of a value (RFC 3261 §7.3.1). */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

function unfold(text: string): string {
  let out = '';
  let from = 0;
  for (let at = text.indexOf('\r'); at >= 0; at = text.indexOf('\r', from)) {
    out += trimEnd(text.slice(from, at));
    from = at + 2;
    while (isSpace(text.charCodeAt(from))) from++;
    if (out !== '') out += ' ';
  }
  return from === 0 ? text : out + text.slice(from);
}
