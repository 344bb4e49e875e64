import { isSpace, Reader } from './reader.ts';

const SEMICOLON = 0x3b;

/** Takes apart what `readParams` or the reader of URIs has passed. */
export function splitParams(source: string, names: string[], raw: (string | undefined)[]): void {
  const { length } = source;
  let at = source.indexOf(';'); // space may stand before it, and nothing else
  if (at < 0) return;
  while (at < length) {
    const end = endOfParam(source, at + 1);
    const equals = source.indexOf('=', at);
    if (equals < 0 || equals >= end) {
      names.push(trimmed(source, at + 1, end));
      raw.push(undefined);
    } else {
      names.push(trimmed(source, at + 1, equals));
      raw.push(trimmed(source, equals + 1, end));
    }
    at = end;
  }
}

function endOfParam(source: string, from: number): number {
  const semicolon = source.indexOf(';', from);
  const end = semicolon < 0 ? source.length : semicolon;
  const quoted = source.indexOf('"', from);
  if (quoted < 0 || quoted > end) return end;
  const reader = new Reader(source, '', quoted);
  reader.skipQuoted();
  while (!reader.atEnd && reader.code !== SEMICOLON) reader.pos++;
  return reader.pos;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}
