/**
 * What somebody else wrote, in one line for a terminal or a log: every character that controls it
 * (C0 with line ends and tabs, DEL, C1) is U+FFFD.
 */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\ufffd');
}

/** A value as one line of JSON that controls no terminal either. Read back, it is the same. */
export function jsonLine(value: unknown): string {
  return printableJson(JSON.stringify(value));
}

/**
 * JSON that somebody has written already, such as a logger, without what it leaves as it is and
 * controls a terminal: DEL and C1. Read back, it is the same.
 */
export function printableJson(json: string): string {
  const escape = (character: string): string => `\\u00${character.charCodeAt(0).toString(16)}`;
  return json.replaceAll(/[\u007f-\u009f]/gu, escape);
}
