import type { Params } from './params.ts';
import { readParams } from './read-params.ts';
import type { Reader } from './reader.ts';
import { Fault } from './refusal.ts';

/** Content-Type and the ranges of Accept (RFC 3261 §20.15, §20.1). */
export interface MediaType {
  /** In lower case. */
  readonly type: string;
  /** In lower case; `*` in a range. */
  readonly subtype: string;
  readonly params: Params;
}

/**
 * Reads `m-type SLASH m-subtype *( SEMI m-parameter )`.
 * @internal
 */
export function readMediaType(reader: Reader): MediaType | Fault {
  const type = reader.token();
  const subtype = reader.takeSeparator(0x2f) ? reader.token() : '';
  if (type === '' || subtype === '') {
    return reader.fault('BAD_MEDIA_TYPE', 'a media type is not type/subtype');
  }
  const params = readParams(reader);
  if (params instanceof Fault) return params;
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), params };
}
