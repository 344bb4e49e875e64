/** What a server wrote, for a terminal: no character that controls it (C0, DEL, C1). */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\ufffd');
}
