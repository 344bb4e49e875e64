import { isToken } from './characters.ts';
import type { CSeq } from './cseq.ts';
import { doubtfulHeaders } from './doubtful-headers.ts';
import { checkedField, type Field, FieldList } from './field-list.ts';
import type { Head } from './head.ts';
import {
  endOfFirst,
  fieldsOf,
  headerField,
  type HeaderField,
  type HeaderInput,
} from './header-input.ts';
import { type HeaderKind, headerKind } from './header-kinds.ts';
import {
  CALL_ID,
  CONTENT_LENGTH,
  CSEQ,
  FROM,
  headerId,
  headerKey,
  MAX_FORWARDS,
  TO,
  VIA,
} from './header-names.ts';
import type { HeaderTypes } from './header-types.ts';
import { plainCSeqValue } from './plain-keys.ts';
import { plainParam } from './plain-octets.ts';
import { viaAt } from './plain-readers.ts';
import { readFields, readFirstVia } from './read-fields.ts';
import { Fault, SipMessageError } from './refusal.ts';
import { readRequestUri, requestUriText } from './start-line.ts';
import type { Uri } from './uri.ts';
import type { Via } from './via.ts';

/** What `headers.get(name)` gives: by the table `HeaderTypes`, else the raw values. */
export type HeaderValue<N extends string> =
  Lowercase<N> extends keyof HeaderTypes ? HeaderTypes[Lowercase<N>] : string[];

/** Room for the few headers that are usually read, so that the first reads do not make it grow. */
const EMPTY_PAIRS: readonly unknown[] = [0, undefined, 0, undefined, 0, undefined, 0, undefined];
/** Room for what is read of each field, so that no list grows while it is filled. */
const UNREAD: readonly unknown[] = Array.from({ length: 64 }, () => undefined);
const NO_ENTRIES: readonly [string, HeaderInput][] = [];

/**
 * The header fields of a message in their order. Names are compared without regard to case, compact
 * forms are the long ones. Fields that came from the wire and are not touched are sent again byte
 * for byte.
 */
export class Headers extends FieldList {
  /** What was read, at the place of the first field in the packet. */
  private typed: unknown[] | undefined;
  /**
   * What was read of fields that were added here: an identity, its value, the next identity; 0 where
   * there is none.
   */
  private ownTyped: unknown[] | undefined;
  private firstVia: unknown;
  /** What was read from the packet while nothing is changed. */
  private callId: string | undefined;
  private cseq: CSeq | undefined;

  /** Throws what `append` throws. The parser gives what it received, and nothing else. */
  constructor(
    entries: Iterable<readonly [string, HeaderInput]> = NO_ENTRIES,
    received?: Head,
    order?: (number | Field)[],
  ) {
    super(received, order);
    this.typed = undefined;
    this.ownTyped = undefined;
    this.firstVia = undefined;
    this.callId = undefined;
    this.cseq = undefined;
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
      const field = this.fieldAt(at);
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
    const [first] = added;
    if (at >= 0 && added.length === 1 && first !== undefined && this.isLast(first.id, at)) {
      this.own(name)[at] = first;
      return this;
    }
    if (at >= 0) this.remove(name);
    insert(this.own(name), at < 0 ? this.size : at, added);
    return this;
  }

  /** Adds behind the last field of this name, or at the end. */
  append(name: string, value: HeaderInput): this {
    const added = fieldsOf(name, value);
    const order = this.own(name);
    const at = this.endOfLast(order, name);
    insert(order, at === 0 ? order.length : at, added);
    return this;
  }

  /** Adds a field behind all others, whatever their names. */
  addField(field: HeaderField): this {
    this.forget(field.id);
    if (field.id === VIA) this.firstVia = undefined;
    this.ownOrder().push(field);
    return this;
  }

  /** The place behind the last field of this name; 0 where there is none. */
  private endOfLast(order: readonly (number | Field)[], name: string): number {
    const id = headerId(name);
    const key = id === 0 ? name.toLowerCase() : '';
    let at = order.length;
    while (at > 0 && !this.isNamed(order[at - 1] ?? 0, id, key)) at--;
    return at;
  }

  /** Adds before the first field of this name, or at the top: for Via, Route and Record-Route. */
  prepend(name: string, value: HeaderInput): this {
    const added = fieldsOf(name, value);
    const at = this.indexOf(name);
    insert(this.own(name), Math.max(at, 0), added);
    return this;
  }

  /**
   * Puts a Via of ours on top, such as `SIP/2.0/UDP host:5060` with `;branch=…` and, behind it,
   * `params`: its branch is known then without being read. Throws `BAD_VALUE` for a branch that is no
   * token, else what `append` throws.
   */
  prependVia(sentBy: string, branch: string, params = ''): this {
    if (!isToken(branch)) throw new SipMessageError('BAD_VALUE', 'a branch is no token');
    const field = headerField('Via', `${sentBy};branch=${branch}${params}`, branch);
    insertOne(this.own('Via'), Math.max(this.indexOfId(VIA, 0), 0), field);
    return this;
  }

  /**
   * Puts a Via in the place of the topmost one, not of others in its field. It belongs to these
   * headers from then on, which read neither it nor its branch again.
   */
  replaceTopVia(via: Via): this {
    this.removeFirst('Via');
    const field = headerField('Via', String(via), via.branch);
    insertOne(this.own('Via'), Math.max(this.indexOfId(VIA, 0), 0), field);
    this.firstVia = via;
    return this;
  }

  /** Removes every field of this name; gives whether there was one. */
  remove(name: string): boolean {
    const order = this.own(name);
    const id = headerId(name);
    const key = name.toLowerCase();
    const kept: (number | Field)[] = [];
    for (const field of order) if (!this.isNamed(field, id, key)) kept.push(field);
    this.order = kept;
    return kept.length < order.length;
  }

  /**
   * A copy with the fields of these names alone, in any case or compact form, in their order; it can be
   * changed without changing this one.
   */
  only(names: readonly string[]): Headers {
    const wanted = names.map((name) => ({ id: headerId(name), key: name.toLowerCase() }));
    const kept: (number | Field)[] = [];
    for (const field of this.fields()) {
      if (wanted.some(({ id, key }) => this.isNamed(field, id, key))) kept.push(field);
    }
    return new Headers(NO_ENTRIES, this.received, kept.slice());
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
    else order[at] = this.withValue(field, rest);
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
    return new Headers(NO_ENTRIES, this.received, this.order?.slice());
  }

  /**
   * The fields as they go on the wire, each with its CRLF, with a right Content-Length.
   * @internal
   */
  formatFor(contentLength: number): string {
    const at = this.indexOfId(CONTENT_LENGTH, 0);
    if (at < 0) return `${this.format()}Content-Length: ${contentLength}\r\n`;
    const isReceived = typeof this.fieldAt(at) === 'number';
    if (isReceived && this.received.contentLength === contentLength) return this.format();
    if (this.read(CONTENT_LENGTH) === contentLength) return this.format();
    return this.clone().set('Content-Length', contentLength).format();
  }

  /**
   * The fields as they go on the wire, each with its CRLF.
   * @internal
   */
  format(): string {
    const { received, order } = this;
    if (order === undefined) return received.wireOf(0, received.size - 1);
    let text = '';
    for (let at = 0; at < order.length; at++) {
      const field = order[at] ?? 0;
      if (typeof field !== 'number') {
        text += `${field.name}: ${field.value}\r\n`;
        continue;
      }
      // Fields that stand together in the packet are taken together.
      let last = field;
      while (order[at + 1] === last + 1) {
        last++;
        at++;
      }
      text += received.wireOf(field, last);
    }
    return text;
  }

  /**
   * The typed value of a known header, a Fault with its position in the packet, or undefined where
   * the header is absent.
   * @internal
   */
  read(id: number): unknown {
    const plain = this.readPlain(id);
    if (plain !== undefined) return plain;
    const first = this.indexOfId(id, 0);
    return first < 0 ? undefined : (this.knownValue(id, first) ?? this.readWhole(id, first));
  }

  /** What was read of this header is out of date. */
  private forget(id: number): void {
    const { typed, ownTyped, received } = this;
    if (typed !== undefined) {
      for (let field = received.indexOf(id, 0); field >= 0; field = received.indexOf(id, field + 1))
        typed[field] = undefined;
    }
    const place = ownTyped === undefined ? 0 : placeOf(ownTyped, id);
    if (ownTyped !== undefined && place < ownTyped.length) ownTyped[place] = undefined;
  }

  private knownValue(id: number, first: number): unknown {
    const field = this.fieldAt(first);
    if (typeof field === 'number') return this.typed?.[field];
    const { ownTyped } = this;
    return ownTyped === undefined ? undefined : ownTyped[placeOf(ownTyped, id)];
  }

  /**
   * The topmost Via, read alone: a Via, a Fault with its position in the packet, or undefined.
   * @internal
   */
  readTopVia(): unknown {
    const at = this.indexOfId(VIA, 0);
    if (at < 0) return undefined;
    const known = this.knownValue(VIA, at);
    // a fault in a Via below says nothing about this one
    if (Array.isArray(known)) return known[0];
    if (this.firstVia !== undefined) return this.firstVia;
    // one that was set here is read once for all copies and answers
    const all = typeof this.fieldAt(at) === 'object' ? this.read(VIA) : undefined;
    if (Array.isArray(all)) return all[0];
    this.firstVia = this.plainParams(VIA) < 0 ? readFirstVia(this, at) : this.readPlainVia(at);
    return this.firstVia;
  }

  private readPlainVia(at: number): unknown {
    const field = this.fieldAt(at);
    return typeof field === 'number'
      ? viaAt(this.received, this.received.valueAt(field))
      : undefined;
  }

  /**
   * Where the parameters of the topmost Via, From or To begin if these are those of the packet and
   * plain, else -1.
   * @internal
   */
  plainParams(id: number): number {
    const { viaParams, fromParams, toParams } = this.received;
    const params = id === VIA ? viaParams : id === FROM ? fromParams : id === TO ? toParams : -1;
    return params >= 0 && this.isAsReceived(id) ? params : -1;
  }

  /**
   * The tag of a From or To, the branch of a Via, that was set here by who knew it; null where an
   * address that was set here has none, undefined where it has to be read.
   * @internal
   */
  knownKey(id: number): string | null | undefined {
    const field = this.order?.[this.indexOfId(id, 0)];
    if (typeof field !== 'object') return undefined;
    if (field.known !== undefined || id === VIA) return field.known;
    return endsWithUri(field.value) ? null : undefined;
  }

  /**
   * The Request-URI of the packet, which its parser found to be plain.
   * @internal
   */
  readRequestUri(): Uri {
    return readRequestUri(this.received);
  }

  /**
   * The text of that URI.
   * @internal
   */
  get requestUriText(): string {
    return requestUriText(this.received);
  }

  /** New headers with these fields in this order; nothing is checked once more. */
  static withFields(fields: readonly HeaderField[]): Headers {
    return new Headers(NO_ENTRIES, undefined, fields.slice());
  }

  /**
   * Wraps a located head.
   * @internal
   */
  static of(head: Head): Headers {
    return new Headers(NO_ENTRIES, head);
  }

  /**
   * New headers with what a response has of its request (RFC 3261 §8.2.6.2), byte for byte: Via,
   * From, To, Call-ID and CSeq, which are the first identities, and one other. To gets the tag if it
   * has none. Throws what `Params` throws.
   * @internal
   */
  static ofResponse(request: Headers, other: number, toTag: string | undefined): Headers {
    const order: (number | Field)[] = [];
    const { size, received } = request;
    let tag = toTag;
    for (let at = 0; at < size; at++) {
      const field = request.fieldAt(at);
      const id = request.id(field);
      if (id === TO && tag !== undefined) {
        const tagged =
          typeof field === 'number' ? taggedTo(received, field, tag) : taggedOwn(field, tag);
        order.push(tagged ?? field);
        if (tagged !== undefined) tag = undefined;
      } else if ((id > 0 && id <= CSEQ) || (id === other && id > 0)) order.push(field);
    }
    const headers = new Headers(NO_ENTRIES, received, order);
    if (tag !== undefined) headers.addToTag(tag);
    return headers;
  }

  private addToTag(tag: string): void {
    const params = this.plainParams(TO);
    if (params >= 0 && plainParam(this.received, params, 'tag') !== undefined) return;
    const to = this.get('to');
    if (to !== undefined && to.tag === undefined) this.set('To', to.withTag(tag));
  }

  /**
   * Copies fields of another message as they stand, whatever they hold.
   * @internal
   */
  adopt(other: Headers, id: number): void {
    for (const field of other.fields()) {
      if (other.id(field) !== id) continue;
      this.order ??= [];
      this.order.push(other.withValue(field, other.value(field)));
    }
  }

  /**
   * The identities of the headers that have to be read to know that they are well-formed.
   * @internal
   */
  doubtful(isOfInterest: (kind: HeaderKind) => boolean): readonly number[] {
    if (this.order === undefined) return doubtfulHeaders(this.received, isOfInterest);
    return [...new Set(this.order.map((field) => this.id(field)))].filter((id) => {
      const kind = headerKind(id);
      return kind !== undefined && isOfInterest(kind);
    });
  }

  /** The values of the packet that can be told from where they are; undefined for all others. */
  private readPlain(id: number): unknown {
    if (id < CALL_ID || id > CONTENT_LENGTH || !this.isAsReceived(id)) return undefined;
    const { text, octets, callId, cseq, maxForwards, contentLength } = this.received;
    if (id === CALL_ID && callId >= 0) {
      this.callId ??= text.slice(callId, text.indexOf('\r', callId));
      return this.callId;
    }
    if (id === CSEQ && cseq >= 0) {
      this.cseq ??= plainCSeqValue(text, octets, cseq);
      return this.cseq;
    }
    if (id === MAX_FORWARDS && maxForwards >= 0) return maxForwards;
    return id === CONTENT_LENGTH && contentLength >= 0 ? contentLength : undefined;
  }

  /** Whether the first field of this identity is the first that the packet has. */
  private isAsReceived(id: number): boolean {
    const { order, received } = this;
    if (order === undefined) return true;
    const first = order[this.indexOfId(id, 0)];
    // of a plain key but Via the packet has one alone
    if (received.isPlainKey(id)) return typeof first === 'number';
    return first === received.indexOf(id, 0);
  }

  /** Whether the field at this place is surely the last of its name. */
  private isLast(id: number, at: number): boolean {
    return id !== 0 && this.indexOfId(id, at + 1) < 0;
  }

  private readWhole(id: number, first: number): unknown {
    const kind = headerKind(id);
    if (kind === undefined) return undefined;
    const field = this.fieldAt(first);
    const own = typeof field === 'object' && this.isLast(id, first) ? field : undefined;
    if (own?.typed !== undefined) return own.typed;
    const value = readFields(this, kind, first);
    if (own !== undefined && !(value instanceof Fault)) own.typed = value;
    else if (typeof field === 'number') {
      this.typed ??= UNREAD.slice(0, this.received.size);
      this.typed[field] = value;
    } else {
      this.ownTyped ??= EMPTY_PAIRS.slice();
      const place = placeOf(this.ownTyped, id);
      this.ownTyped[place - 1] = id;
      this.ownTyped[place] = value;
    }
    return value;
  }

  private own(name: string): (number | Field)[] {
    const id = headerId(name);
    this.forget(id);
    if (id === VIA) this.firstVia = undefined;
    return this.ownOrder();
  }
}

/** A plain To without a tag with one, without making a `NameAddr`; undefined for all others. */
function taggedTo(head: Head, field: number, tag: string): Field | undefined {
  const { toParams } = head;
  if (toParams < 0 || head.toTag >= 0 || !isToken(tag)) return undefined;
  if (plainParam(head, toParams, 'tag') !== undefined) return undefined;
  const value = `${head.value(field)};tag=${tag}`;
  return checkedField(TO, 'To', value, { known: tag, isPrintable: head.isAscii });
}

/** The same for a To that was set here: no parameter follows where it ends with its URI. */
function taggedOwn({ value, known, isPrintable }: Field, tag: string): Field | undefined {
  if (known !== undefined || !endsWithUri(value) || !isToken(tag)) return undefined;
  const text = `${value};tag=${tag}`;
  return checkedField(TO, 'To', text, { known: tag, isPrintable });
}

/** Whether an address surely has no parameters: its last character closes its URI. */
function endsWithUri(value: string): boolean {
  return value.endsWith('>') && value.includes('<');
}

/** Where the value of this identity is, or would be. */
function placeOf(typed: readonly unknown[], id: number): number {
  let at = 0;
  while (at < typed.length && typed[at] !== id && typed[at] !== 0) at += 2;
  return at + 1;
}

/** `splice` costs ten times as much for the one field that there usually is. */
function insert(order: (number | Field)[], at: number, added: readonly Field[]): void {
  const [first] = added;
  if (added.length !== 1 || first === undefined) order.splice(at, 0, ...added);
  else insertOne(order, at, first);
}

function insertOne(order: (number | Field)[], at: number, field: Field): void {
  for (let i = order.length; i > at; i--) order[i] = order[i - 1] ?? 0;
  order[at] = field;
}

function rawOrAbsent(values: string[]): string[] | undefined {
  return values.length === 0 ? undefined : values;
}
