/**
 * What somebody else wrote, in one line for a terminal or a log: every character that controls it
 * (C0 with line ends and tabs, DEL, C1) is U+FFFD.
 */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\ufffd');
}

/**
 * A value as one line of JSON that controls no terminal either: `JSON.stringify` leaves DEL and C1
 * as they are. Read back, it is the same.
 */
export function jsonLine(value: unknown): string {
  const escape = (character: string): string => `\\u00${character.charCodeAt(0).toString(16)}`;
  return JSON.stringify(value).replaceAll(/[\u007f-\u009f]/gu, escape);
}
