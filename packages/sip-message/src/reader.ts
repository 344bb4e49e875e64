import { isIn, TOKEN } from './characters.ts';
import { Fault } from './refusal.ts';

const SP = 0x20;
const HTAB = 0x09;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A position in an unfolded header value, moving forward only: reading is linear in its length. */
export class Reader {
  readonly text: string;
  readonly section: string;
  pos: number;

  constructor(text: string, section: string, pos = 0) {
    this.text = text;
    this.section = section;
    this.pos = pos;
  }

  /** The code of the character here, NaN at the end. */
  get code(): number {
    return this.text.charCodeAt(this.pos);
  }

  get atEnd(): boolean {
    return this.pos >= this.text.length;
  }

  fault(code: string, message: string, at = this.pos): Fault {
    return new Fault(code, at, this.section, message);
  }

  skipSpace(): void {
    let code = this.text.charCodeAt(this.pos);
    while (code === SP || code === HTAB) code = this.text.charCodeAt(++this.pos);
  }

  /** Takes the characters of a class; '' where there is none. */
  take(bit: number): string {
    const from = this.pos;
    while (isIn(this.text.charCodeAt(this.pos), bit)) this.pos++;
    return this.text.slice(from, this.pos);
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

  /** Takes a quoted-string, quotes included, as it stands; undefined where it does not end. */
  quotedString(): string | undefined {
    const end = endOfQuoted(this.text, this.pos);
    if (end < 0) return undefined;
    const raw = this.text.slice(this.pos, end);
    this.pos = end;
    return raw;
  }
}

/** The position behind the quoted-string that starts at `from`, or -1 where it does not end. */
export function endOfQuoted(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
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

/** The text as a quoted-string. */
export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
