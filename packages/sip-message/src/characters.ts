/** Character classes of RFC 3261 §25.1 as bits of one table over US-ASCII. */
export const TOKEN = 1;
/** `unreserved` and `user-unreserved`. */
export const USER = 2;
/** `unreserved` and `param-unreserved`. */
export const PARAM = 4;
/** `unreserved` and `hnv-unreserved`. */
export const HEADER = 8;
/** What `password` may hold unescaped. */
export const PASSWORD = 16;
/** Letters, digits, hyphen, dot, underscore: host names as they occur. */
export const HOST = 32;
/** `word`, the alphabet of Call-ID. */
export const WORD = 64;
/** What a URI of a foreign scheme may hold (RFC 3986 §2), with `%`. */
export const URIC = 128;
export const DIGIT = 256;
/** `token` and `host`, and what else occurs in parameters: `received=2001:db8::1`. */
export const VALUE = 512;
/** `HOST` without capitals: a host of which nothing has to be made lower case. */
export const LOWER_HOST = 1024;

const ALPHANUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UNRESERVED = `${ALPHANUM}-_.!~*'()`;
const CLASSES: readonly [number, string][] = [
  [TOKEN, `${ALPHANUM}-.!%*_+\`'~`],
  [USER, `${UNRESERVED}&=+$,;?/`],
  [PARAM, `${UNRESERVED}[]/:&+$`],
  [HEADER, `${UNRESERVED}[]/?:+$`],
  [PASSWORD, `${UNRESERVED}&=+$,`],
  [HOST, `${ALPHANUM}-._`],
  [WORD, `${ALPHANUM}-.!%*_+\`'~()<>:\\"/[]?{}`],
  [URIC, `${UNRESERVED};/?:@&=+$,%[]#`],
  [DIGIT, '0123456789'],
  [LOWER_HOST, 'abcdefghijklmnopqrstuvwxyz0123456789-._'],
  [VALUE, `${ALPHANUM}-.!%*_+\`'~:/@?`],
];

/** The class bits of each octet. */
export const CLASS_OF = new Uint16Array(256);
for (const [bit, members] of CLASSES) {
  for (let i = 0; i < members.length; i++) {
    const code = members.charCodeAt(i);
    CLASS_OF[code] = (CLASS_OF[code] ?? 0) | bit;
  }
}

/** Whether the character is in the class. Characters beyond US-ASCII are in none. */
export function isIn(code: number, bit: number): boolean {
  return code < 128 && ((CLASS_OF[code] as number) & bit) !== 0; // the table has 256 entries
}

/** Whether the text has one character or more and all are in the class. */
export function isAll(text: string, bit: number): boolean {
  for (let i = 0; i < text.length; i++) if (!isIn(text.charCodeAt(i), bit)) return false;
  return text.length > 0;
}

/** Whether the text is a `token` (RFC 3261 §25.1). */
export function isToken(text: string): boolean {
  return isAll(text, TOKEN);
}

/** The value of a decimal number, or -1 where it is none or above `max`. */
export function decimal(text: string, max: number): number {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  return text.length > 0 ? value : -1;
}
