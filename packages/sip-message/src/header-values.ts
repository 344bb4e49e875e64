import { DIGIT, isAll, WORD } from './characters.ts';
import type { InfoLink, RetryAfter, TokenWithParams, Warning } from './header-types.ts';
import { readParams } from './read-params.ts';
import { type Reader, unquote } from './reader.ts';
import { Fault } from './refusal.ts';
import { readUri } from './uri.ts';

export function readCallId(reader: Reader): string | Fault {
  const from = reader.pos;
  const local = reader.take(WORD);
  const at = reader.code === 0x40;
  if (at) reader.pos++;
  const host = at ? reader.take(WORD) : '';
  if (local === '' || (at && host === '')) {
    return reader.fault('BAD_CALL_ID', 'a Call-ID is not word or word@word');
  }
  return reader.text.slice(from, reader.pos);
}

/** A reader of `1*DIGIT` up to a bound. */
export function upTo(max: number): (reader: Reader) => number | Fault {
  return (reader) => readNumber(reader, max);
}

/** Reads `1*DIGIT` up to a bound. */
export function readNumber(reader: Reader, max: number): number | Fault {
  const from = reader.pos;
  const value = reader.decimal(max);
  if (value >= 0) return value;
  return reader.fault('BAD_NUMBER', `a number is not within 0 to ${max}`, from);
}

export function readToken(reader: Reader): string | Fault {
  const token = reader.token();
  return token === '' ? reader.fault('BAD_TOKEN', 'a token is missing') : token;
}

export function readTokenWithParams(reader: Reader): TokenWithParams | Fault {
  const value = reader.token();
  if (value === '') return reader.fault('BAD_TOKEN', 'a token is missing');
  const params = readParams(reader);
  return params instanceof Fault ? params : { value, params };
}

export function readInfoLink(reader: Reader): InfoLink | Fault {
  const end = reader.code === 0x3c ? reader.text.indexOf('>', reader.pos) : -1;
  if (end < 0 || end >= reader.end)
    return reader.fault('BAD_ADDRESS', 'a URI is not in angle brackets');
  const from = reader.pos + 1;
  const uri = readUri(reader.text.slice(from, end));
  if (uri instanceof Fault) return uri.moved(from + uri.at);
  reader.pos = end + 1;
  const params = readParams(reader);
  return params instanceof Fault ? params : { uri, params };
}

export function readRetryAfter(reader: Reader): RetryAfter | Fault {
  const seconds = readNumber(reader, 0xffff_ffff);
  if (seconds instanceof Fault) return seconds;
  reader.skipSpace();
  const comment = reader.code === 0x28 ? readComment(reader) : undefined;
  if (comment instanceof Fault) return comment;
  const params = readParams(reader);
  if (params instanceof Fault) return params;
  const duration = params.get('duration');
  return {
    seconds,
    ...(comment === undefined ? {} : { comment }),
    ...(duration === undefined || !isAll(duration, DIGIT)
      ? {}
      : { durationSeconds: Number(duration) }),
  };
}

/** A comment, parentheses balanced (RFC 3261 §25.1), without recursion. */
function readComment(reader: Reader): string | Fault {
  const from = reader.pos + 1;
  let depth = 0;
  for (; !reader.atEnd; reader.pos++) {
    const code = reader.code;
    if (code === 0x5c) reader.pos++;
    else if (code === 0x28) depth++;
    else if (code === 0x29 && --depth === 0) {
      const comment = reader.text.slice(from, reader.pos);
      reader.pos++;
      return comment;
    }
  }
  return reader.fault('BAD_COMMENT', 'a comment does not end');
}

export function readWarning(reader: Reader): Warning | Fault {
  const start = reader.pos;
  const digits = reader.take(DIGIT);
  reader.skipSpace();
  const from = reader.pos;
  while (!reader.atEnd && reader.code !== 0x20 && reader.code !== 0x22) reader.pos++;
  const agent = reader.text.slice(from, reader.pos);
  reader.skipSpace();
  const raw = reader.code === 0x22 ? reader.quotedString() : undefined;
  if (digits.length !== 3 || agent === '' || raw === undefined) {
    return reader.fault('BAD_WARNING', 'a Warning is not code agent "text"', start);
  }
  return { code: Number(digits), agent, text: unquote(raw) };
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `SIP-date`: the form of RFC 1123, always in GMT; given as it stands. */
export function readDate(reader: Reader): string | Fault {
  const from = reader.pos;
  const value = reader.rest();
  const [weekday = '', day = '', month = '', year = '', time = '', zone, extra] = value.split(
    ' ',
    7,
  );
  const isDay = DAYS.includes(weekday.slice(0, 3)) && weekday.length === 4 && weekday[3] === ',';
  const isDate = isDay && isDigits(day, 2) && MONTHS.includes(month) && isDigits(year, 4);
  const parts = time.split(':', 4);
  const isTime = parts.length === 3 && parts.every((part) => isDigits(part, 2));
  if (isDate && isTime && zone === 'GMT' && extra === undefined) return value;
  return reader.fault('BAD_DATE', 'a Date is not of the form of RFC 1123 in GMT', from);
}

function isDigits(text: string, length: number): boolean {
  return text.length === length && isAll(text, DIGIT);
}
