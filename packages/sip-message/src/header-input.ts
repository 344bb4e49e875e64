import { isToken } from './characters.ts';
import { checkedField, type Field } from './field-list.ts';
import { formatValue, joinsWithComma } from './format-value.ts';
import type { Format } from './header-kind.ts';
import { headerKind } from './header-kinds.ts';
import { headerId, usualName } from './header-names.ts';
import { isPrintable, refuseInjection } from './injection.ts';
import { SipMessageError } from './refusal.ts';

/** What a header can be set to: text, a number, a typed value, or several of them. */
export type HeaderInput = Single | readonly Single[];
type Single = string | number | boolean | object;

/**
 * One header field that was checked when it was made and may stand in any number of messages: what a
 * user agent says in each of them, or has put together itself. See `headerField`.
 */
export type HeaderField = Field;

/**
 * Makes a field for `Headers.withFields`, `addField` and `createResponse`. Throws `BAD_NAME` and
 * `HEADER_INJECTION`.
 *
 * @param known the tag in the value of a From or To, the branch in that of a Via, where the caller
 * has just put it there: it is not looked for then.
 */
export function headerField(name: string, value: string, known?: string): HeaderField {
  const id = idOf(name);
  return fieldOf(id, id === 0 ? name : usualName(id, name), value, known);
}

/** The fields that a value becomes. Throws `BAD_NAME`, `BAD_VALUE` and `HEADER_INJECTION`. */
export function fieldsOf(name: string, value: HeaderInput): Field[] {
  if (typeof value === 'string') return [headerField(name, value)];
  const id = idOf(name);
  const spelt = id === 0 ? name : usualName(id, name);
  const texts = textsOf(value, headerKind(id)?.format);
  return texts.map((text) => fieldOf(id, spelt, text));
}

/** A known name is a token. */
function idOf(name: string): number {
  const id = headerId(name);
  if (id !== 0 || isToken(name)) return id;
  throw new SipMessageError('BAD_NAME', 'a header name holds a character that it may not');
}

function fieldOf(id: number, name: string, value: string, known?: string): Field {
  const printable = isPrintable(value);
  if (!printable) refuseInjection(value);
  return checkedField(id, name, value, { known, isPrintable: printable });
}

function textsOf(value: HeaderInput, format: Format | undefined): string[] {
  if (!Array.isArray(value)) return [textOf(value, format)];
  const whole = format?.(value);
  if (whole !== undefined) return [whole];
  if (value.length > 0 && joinsWithComma(value)) return [value.join(', ')];
  return value.map((item) => textOf(item, format));
}

function textOf(value: Single, format: Format | undefined): string {
  if (typeof value !== 'object') return String(value);
  return format?.(value) ?? formatValue(value);
}

/** The comma behind the first value, outside quotes and angle brackets; -1 where there is none. */
export function endOfFirst(value: string): number {
  let isQuoted = false;
  let isBracketed = false;
  for (let i = 0; i < value.length; i++) {
    const char = value.charAt(i);
    if (isQuoted && char === '\\') i++;
    else if (char === '"' && !isBracketed) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === '<') isBracketed = true;
    else if (char === '>') isBracketed = false;
    else if (char === ',' && !isBracketed) return i;
  }
  return -1;
}
