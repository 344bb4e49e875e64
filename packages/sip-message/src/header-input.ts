import { isToken } from './characters.ts';
import type { Field } from './field-list.ts';
import { formatValue, joinsWithComma } from './format-value.ts';
import type { Format } from './header-kind.ts';
import { headerKind } from './header-kinds.ts';
import { headerId, usualName } from './header-names.ts';
import { isPrintable, refuseInjection } from './injection.ts';
import { SipMessageError } from './refusal.ts';

/** What a header can be set to: text, a number, a typed value, or several of them. */
export type HeaderInput = Single | readonly Single[];
type Single = string | number | boolean | object;

/** The fields that a value becomes. Throws `BAD_NAME`, `BAD_VALUE` and `HEADER_INJECTION`. */
export function fieldsOf(name: string, value: HeaderInput): Field[] {
  if (!isToken(name)) {
    throw new SipMessageError('BAD_NAME', 'a header name holds a character that it may not');
  }
  const id = headerId(name);
  const spelt = id === 0 ? name : usualName(id, name);
  if (typeof value === 'string') return [fieldOf(id, spelt, value)];
  const texts = textsOf(value, headerKind(id)?.format);
  return texts.map((text) => fieldOf(id, spelt, text));
}

function fieldOf(id: number, name: string, value: string): Field {
  const printable = isPrintable(value);
  if (!printable) refuseInjection(value);
  return { id, name, value, known: undefined, isPrintable: printable };
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
