import { isIn, TOKEN } from './characters.ts';
import { Fault } from './refusal.ts';

const SP = 0x20;
const HTAB = 0x09;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * A position in a part of a text, moving forward only, so that reading is linear. The text is either
 * an unfolded value or the whole packet, so that no value has to be cut out to be read.
 */
export class Reader {
  readonly text: string;
  readonly section: string;
  pos: number;
  readonly end: number;

  constructor(text: string, section: string, pos = 0, end = text.length) {
    this.text = text;
    this.section = section;
    this.pos = pos;
    this.end = end;
  }

  /** The code of the character here, -1 at the end. */
  get code(): number {
    return this.pos < this.end ? this.text.charCodeAt(this.pos) : -1;
  }

  get atEnd(): boolean {
    return this.pos >= this.end;
  }

  fault(code: string, message: string, at = this.pos): Fault {
    return new Fault(code, at, this.section, message);
  }

  skipSpace(): void {
    const { text, end } = this;
    let pos = this.pos;
    while (pos < end && isSpace(text.charCodeAt(pos))) pos++;
    this.pos = pos;
  }

  /** Passes over the characters of a class; gives how many there were. */
  skip(bit: number): number {
    const { text, end } = this;
    const from = this.pos;
    let pos = from;
    while (pos < end && isIn(text.charCodeAt(pos), bit)) pos++;
    this.pos = pos;
    return pos - from;
  }

  /** Takes the characters of a class; '' where there is none. */
  take(bit: number): string {
    const from = this.pos;
    return this.skip(bit) === 0 ? '' : this.text.slice(from, this.pos);
  }

  /** Takes the digits of a number; -1 where there are none or it is above the bound. */
  decimal(max: number): number {
    const from = this.pos;
    let value = 0;
    for (; this.pos < this.end; this.pos++) {
      const digit = this.text.charCodeAt(this.pos) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (value > max) return -1;
    }
    return this.pos > from ? value : -1;
  }

  token(): string {
    return this.take(TOKEN);
  }

  /** Takes one character, and the space around it (`SEMI`, `COMMA`, `EQUAL` … of §25.1). */
  takeSeparator(code: number): boolean {
    const from = this.pos;
    this.skipSpace();
    if (this.code !== code) {
      this.pos = from;
      return false;
    }
    this.pos++;
    this.skipSpace();
    return true;
  }

  /** Passes over a quoted-string; false where it does not end. */
  skipQuoted(): boolean {
    const end = endOfQuoted(this.text, this.pos, this.end);
    if (end < 0) return false;
    this.pos = end;
    return true;
  }

  /** Takes a quoted-string, quotes included, as it stands; undefined where it does not end. */
  quotedString(): string | undefined {
    const from = this.pos;
    return this.skipQuoted() ? this.text.slice(from, this.pos) : undefined;
  }

  /** All that is left, without space at its end. */
  rest(): string {
    let end = this.end;
    while (end > this.pos && isSpace(this.text.charCodeAt(end - 1))) end--;
    const rest = this.text.slice(this.pos, end);
    this.pos = this.end;
    return rest;
  }
}

/** Whether the code is of a space or a tab. */
export function isSpace(code: number): boolean {
  return code === SP || code === HTAB;
}

/** The position behind the quoted-string that starts at `from`, or -1 where it does not end. */
export function endOfQuoted(text: string, from: number, end: number): number {
  for (let i = from + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code === BACKSLASH) i++;
  }
  return -1;
}

/** The text within a quoted-string, quoted-pairs resolved (RFC 3261 §25.1). */
export function unquote(raw: string): string {
  const inner = raw.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  let text = '';
  for (let i = 0; i < inner.length; i++) {
    if (inner.charCodeAt(i) === BACKSLASH) i++;
    text += inner.charAt(i);
  }
  return text;
}

/** The text as a quoted-string. A NUL, which a peer can have quoted, becomes a space. */
export function quote(text: string): string {
  if (text.includes('\0')) return quote(text.replaceAll('\0', ' '));
  if (!text.includes('\\') && !text.includes('"')) return `"${text}"`;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
