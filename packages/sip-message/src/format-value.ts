import { isAll, TOKEN } from './characters.ts';
import { Params } from './params.ts';
import { quote } from './reader.ts';
import { SipMessageError } from './refusal.ts';

/**
 * The text of a value that is no string: the plain objects above by their shape, all others by
 * their own `toString`.
 * @internal
 */
export function formatValue(value: object): string {
  // alone, without a value before them, they are those of Authentication-Info (RFC 3261 §20.6)
  if (value instanceof Params) return value.join(', ');
  if ('number' in value && 'method' in value) return `${value.number} ${value.method}`;
  if ('subtype' in value && 'type' in value && 'params' in value) {
    return `${value.type}/${value.subtype}${value.params}`;
  }
  if ('protocol' in value) return formatReason(value);
  if ('seconds' in value) return formatRetryAfter(value);
  if ('agent' in value && 'code' in value && 'text' in value) {
    return `${value.code} ${value.agent} ${quote(String(value.text))}`;
  }
  if ('value' in value && 'params' in value) return `${value.value}${value.params}`;
  if ('uri' in value && 'params' in value && !('displayName' in value) && !('scheme' in value)) {
    return `<${value.uri}>${value.params}`;
  }
  if (value.toString !== Object.prototype.toString) return String(value);
  throw new SipMessageError('BAD_VALUE', 'a header cannot be set to an object of this shape');
}

function formatReason(value: { protocol: unknown; cause?: unknown; text?: unknown }): string {
  const cause = value.cause === undefined ? '' : `;cause=${value.cause}`;
  const words = value.text === undefined ? '' : `;text=${quote(String(value.text))}`;
  return `${value.protocol}${cause}${words}`;
}

function formatRetryAfter(value: {
  seconds: unknown;
  comment?: unknown;
  durationSeconds?: unknown;
}): string {
  const comment = value.comment === undefined ? '' : ` (${value.comment})`;
  const duration = value.durationSeconds === undefined ? '' : `;duration=${value.durationSeconds}`;
  return `${value.seconds}${comment}${duration}`;
}

/** What a list of this header is joined with: token lists share a line. */
export function joinsWithComma(value: readonly unknown[]): boolean {
  return value.every((item) => typeof item === 'string' && isAll(item, TOKEN));
}
