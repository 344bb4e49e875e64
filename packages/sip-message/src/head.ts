import { isAscii } from 'node:buffer';
import { CALL_ID, CONTENT_LENGTH, CSEQ, FROM, MAX_FORWARDS, TO } from './header-names.ts';
import type { Limits } from './limits.ts';
import { nameLength } from './name-at.ts';
import { decodeLatin1 } from './octets.ts';
import { isSpace, Reader } from './reader.ts';

/** The identity of a field's name shares a small integer with its position: fewer bytes to keep. */
const ID_BITS = 7;
const ID_MASK = 2 ** ID_BITS - 1;
/** The place of a parameter's value shares one with its length. */
const LENGTH_BITS = 14;
const LENGTH_MASK = 2 ** LENGTH_BITS - 1;
const NO_BODY = new Uint8Array(0);
const COLON = 0x3a;
/** Room for the fields of most messages, so that the list does not grow while it is filled. */
const EMPTY_FIELDS = Array.from({ length: 24 }, () => 0);

/** What was located in a message that is to be parsed: only the framer makes it. */
export interface LocatedHead {
  /** Where the body begins. */
  readonly bodyFrom: number;
}

/**
 * The head of a received message: the packet as text with one character per octet, and where each
 * header field begins. Shared by all copies of the message; never changed once it is parsed.
 */
export class Head implements LocatedHead {
  readonly text: string;
  octets: Uint8Array;
  readonly limits: Limits;
  /** Whether some field goes over several lines. */
  hasFolds: boolean;
  /** Where the start line begins: behind leading CRLFs (RFC 3261 §7.5). */
  startLineFrom: number;
  /** Where the body begins and ends. */
  bodyFrom: number;
  bodyEnd: number;
  /** How many fields there are. */
  size: number;
  /** Where the parameters of a plain topmost Via, From and To begin, else -1 (plain-octets.ts). */
  viaParams: number;
  fromParams: number;
  toParams: number;
  /**
   * The branch of that Via and the tags of From and To, as place << 14 | length, where the scan has
   * met them; else -1, and they have to be looked for.
   */
  branch: number;
  fromTag: number;
  toTag: number;
  /** Where a plain Call-ID and CSeq begin, else -1. */
  callId: number;
  cseq: number;
  /** The number in a plain Max-Forwards and Content-Length, else -1. */
  maxForwards: number;
  contentLength: number;

  /** Where the method ends of a request line that the scan has found plain, else -1. */
  methodEnd: number;

  /** Where the value ends that a plain reader has read last, else -1 (plain-readers.ts). */
  passed: number;

  private readonly fields: number[];
  private ascii: boolean | undefined;

  /** Assigned here and not where they are declared: one is made for every packet. */
  constructor(text: string, octets: Uint8Array, limits: Limits, fields = EMPTY_FIELDS.slice()) {
    this.text = text;
    this.octets = octets;
    this.limits = limits;
    this.hasFolds = false;
    this.startLineFrom = 0;
    this.bodyFrom = 0;
    this.bodyEnd = 0;
    this.size = 0;
    this.viaParams = -1;
    this.fromParams = -1;
    this.toParams = -1;
    this.branch = -1;
    this.fromTag = -1;
    this.toTag = -1;
    this.callId = -1;
    this.cseq = -1;
    this.maxForwards = -1;
    this.contentLength = -1;
    this.methodEnd = -1;
    this.passed = -1;
    this.fields = fields;
    this.ascii = undefined;
  }

  /** These are its fields, places << 7 | identities, and where the blank line is. */
  take(size: number, blankAt: number, isSurelyAscii: boolean): void {
    this.size = size;
    this.close(blankAt);
    if (isSurelyAscii) this.ascii = true;
  }

  /** What the scan has met: `branch`, `fromTag` or `toTag`. */
  met(place: number): string {
    const from = place >> LENGTH_BITS;
    return this.text.slice(from, from + (place & LENGTH_MASK));
  }

  /** These are all octets of the message: its head was located before its body was there. */
  complete(octets: Uint8Array): void {
    this.octets = octets;
  }

  /** Adds a field behind the others; its position has to be below `MAX_HEAD_BYTES`. */
  add(id: number, from: number): void {
    this.fields[this.size++] = (from << ID_BITS) | id;
  }

  /** Where the start line ends, its CRLF not included. */
  get startLineEnd(): number {
    return this.startOf(0) - 2;
  }

  /** Ends the list of fields at the blank line. */
  close(at: number): void {
    this.fields[this.size] = at << ID_BITS;
    this.bodyFrom = at + 2;
  }

  /** The identity of the field's name, 0 for an unknown one. */
  id(field: number): number {
    return (this.fields[field] ?? 0) & ID_MASK;
  }

  /** Where the field begins; where the blank line does, behind the last. */
  startOf(field: number): number {
    return (this.fields[field] ?? 0) >> ID_BITS;
  }

  /**
   * Whether a header is one of the keys, but for Via, that `locateKey` found plain: it is
   * well-formed then, and there once.
   */
  isPlainKey(id: number): boolean {
    switch (id) {
      case FROM:
        return this.fromParams >= 0;
      case TO:
        return this.toParams >= 0;
      case CALL_ID:
        return this.callId >= 0;
      case CSEQ:
        return this.cseq >= 0;
      case MAX_FORWARDS:
        return this.maxForwards >= 0;
      case CONTENT_LENGTH:
        return this.contentLength >= 0;
      default:
        return false;
    }
  }

  /** The first field of this identity from here on, or -1. */
  indexOf(id: number, from: number): number {
    for (let field = from; field < this.size; field++) if (this.id(field) === id) return field;
    return -1;
  }

  /** Whether the head is US-ASCII alone, as nearly all are. */
  get isAscii(): boolean {
    // A view costs more than to look at the whole packet, which is usually US-ASCII too.
    this.ascii ??= isAscii(this.octets) || isAscii(this.octets.subarray(0, this.bodyFrom));
    return this.ascii;
  }

  /** The octets of the body, a view of the packet. */
  get body(): Uint8Array {
    const { bodyFrom, bodyEnd } = this;
    return bodyFrom === bodyEnd ? NO_BODY : this.octets.subarray(bodyFrom, bodyEnd);
  }

  /** The name as the peer spelt it. */
  name(field: number): string {
    const from = this.startOf(field);
    return trimEnd(this.text.slice(from, this.text.indexOf(':', from)));
  }

  /** The value with its folds undone, each to one space, and no space around it. */
  value(field: number): string {
    const raw = this.text.slice(this.valueAt(field), this.endOf(field));
    return trimEnd(this.decode(this.hasFolds ? unfold(raw) : raw));
  }

  /** The fields from one to another as they stand, folds and all, each with its CRLF. */
  wireOf(first: number, last: number): string {
    return this.decode(this.text.slice(this.startOf(first), this.startOf(last + 1)));
  }

  /** Where the value begins; where the field ends, if it has none. */
  valueAt(field: number): number {
    const { octets } = this;
    let at = this.colonOf(field) + 1;
    while (isSpace(octets[at] ?? 0)) at++;
    return at;
  }

  /** Where the field ends, its last CRLF not included. */
  endOf(field: number): number {
    return this.startOf(field + 1) - 2;
  }

  /** The field that the position is in, or -1. */
  fieldAt(at: number): number {
    let field = this.size - 1;
    while (field >= 0 && this.startOf(field) > at) field--;
    return field;
  }

  /** A reader of the value: on the packet itself where it stands there as it is read. */
  reader(field: number, section: string): Reader {
    if (!this.isAscii || this.hasFolds) return new Reader(this.value(field), section);
    const at = this.valueAt(field);
    let end = this.endOf(field);
    // the space at the end is no part of the value, wherever that is read
    while (end > at && isSpace(this.octets[end - 1] ?? 0)) end--;
    return new Reader(this.text, section, at, end);
  }

  private colonOf(field: number): number {
    const { octets } = this;
    const from = this.startOf(field);
    const second = octets[from + 1] ?? 0;
    if (second === COLON) return from + 1;
    // A compact form has space here; of a long name this is the end.
    const usual = from + nameLength(this.id(field));
    const isUsual = octets[usual] === COLON && !isSpace(second);
    return isUsual ? usual : this.text.indexOf(':', from);
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
