/** What bencode can carry: integers, byte strings (here UTF-8 text), lists and dictionaries. */
export type Bencoded = number | string | readonly Bencoded[] | { readonly [key: string]: Bencoded };

/** Deeper nesting than any reply of rtpengine's has. */
const MAXIMUM_DEPTH = 32;
// the ASCII of `i l d e : 0 9 -`
const INTEGER = 0x69;
const LIST = 0x6c;
const DICTIONARY = 0x64;
const END = 0x65;
const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const text = new TextDecoder();

/** Writes a value as rtpengine's `ng` protocol has it (BEP 3; keys in the order given). */
export function bencode(value: Bencoded): string {
  if (typeof value === 'number') return `i${Math.trunc(value)}e`;
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`;
  if (isList(value)) return `l${value.map((one) => bencode(one)).join('')}e`;
  const entries = Object.entries(value).map(([key, one]) => bencode(key) + bencode(one));
  return `d${entries.join('')}e`;
}

/** Reads one value that fills `bytes`; undefined where they are anything else. Never throws. */
export function bdecode(bytes: Uint8Array): Bencoded | undefined {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  return reader.isAtEnd ? value : undefined;
}

function isList(value: Bencoded): value is readonly Bencoded[] {
  return Array.isArray(value);
}

/** Reads from left to right; what it cannot read is undefined, and nothing after it is right. */
class Reader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(depth: number): Bencoded | undefined {
    if (depth > MAXIMUM_DEPTH) return undefined;
    const kind = this.bytes[this.at];
    if (kind === INTEGER) return this.integer();
    if (kind === LIST) return this.list(depth);
    if (kind === DICTIONARY) return this.dictionary(depth);
    return this.string();
  }

  private integer(): number | undefined {
    this.at++;
    return this.number(END);
  }

  private string(): string | undefined {
    const length = this.number(COLON);
    if (length === undefined || length < 0 || this.at + length > this.bytes.length) {
      return undefined;
    }
    this.at += length;
    return text.decode(this.bytes.subarray(this.at - length, this.at));
  }

  private list(depth: number): Bencoded[] | undefined {
    this.at++;
    const list: Bencoded[] = [];
    while (this.bytes[this.at] !== END) {
      const one = this.value(depth + 1);
      if (one === undefined) return undefined;
      list.push(one);
    }
    this.at++;
    return list;
  }

  private dictionary(depth: number): { readonly [key: string]: Bencoded } | undefined {
    this.at++;
    // without a prototype: `__proto__` is a key like any other
    const dictionary: Record<string, Bencoded> = Object.create(null);
    while (this.bytes[this.at] !== END) {
      const key = this.string();
      const one = key === undefined ? undefined : this.value(depth + 1);
      if (key === undefined || one === undefined) return undefined;
      dictionary[key] = one;
    }
    this.at++;
    return dictionary;
  }

  /** The digits up to `end`, which is passed. */
  private number(end: number): number | undefined {
    const isNegative = this.bytes[this.at] === MINUS;
    if (isNegative) this.at++;
    const first = this.at;
    let value = 0;
    for (let byte = this.bytes[this.at]; isDigit(byte); byte = this.bytes[++this.at]) {
      value = value * 10 + (byte - ZERO);
    }
    if (this.at === first || this.bytes[this.at] !== end || !Number.isSafeInteger(value)) {
      return undefined;
    }
    this.at++;
    return isNegative ? -value : value;
  }
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
