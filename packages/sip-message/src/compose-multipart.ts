import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { HeaderInput } from './header-input.ts';
import { Headers } from './headers.ts';
import type { MediaType } from './media-type.ts';
import { isBoundary } from './multipart-boundary.ts';
import { encodeText } from './octets.ts';
import { Params } from './params.ts';
import { SipMessageError } from './refusal.ts';

/** A part that is to be sent; a `BodyPart` that was received is one too. */
export interface BodyPartInit {
  readonly headers?: Iterable<readonly [string, HeaderInput]>;
  /** Text is sent as UTF-8. */
  readonly body: string | Uint8Array;
}

/** How parts are put together. */
export interface MultipartOptions {
  /** `mixed` where nothing else is said, `alternative`, `related` … */
  readonly subtype?: string;
  /** By default the digest of the parts, which nobody can have put into them. */
  readonly boundary?: string;
  /** Further parameters of the media type, such as `type` and `start` of `related`. */
  readonly params?: Iterable<readonly [string, string]>;
}

/**
 * Puts parts together to a multipart (RFC 2046 §5.1): the body, and the value of its Content-Type.
 * Throws `BAD_VALUE` where there is no part or the boundary is malformed or occurs in a part, and
 * what `Headers` throws.
 */
export function composeMultipart(
  parts: Iterable<BodyPartInit>,
  options: MultipartOptions = {},
): { readonly contentType: MediaType; readonly body: Uint8Array } {
  const texts = [...parts].map(encodePart);
  if (texts.length === 0) throw new SipMessageError('BAD_VALUE', 'a multipart needs a part');
  const boundary = options.boundary ?? digestOf(texts);
  if (!isBoundary(boundary) || texts.some((text) => text.includes(`--${boundary}`))) {
    throw new SipMessageError('BAD_VALUE', 'the boundary is malformed or occurs in a part');
  }
  const mark = Buffer.from(`--${boundary}\r\n`);
  const between = Buffer.from('\r\n');
  const pieces = texts.flatMap((text) => [mark, text, between]);
  const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  const params = new Params([...(options.params ?? []), ['boundary', boundary]]);
  return { contentType: { type: 'multipart', subtype: options.subtype ?? 'mixed', params }, body };
}

function encodePart({ headers, body }: BodyPartInit): Buffer {
  const fields = headers instanceof Headers ? headers : new Headers(headers);
  const octets = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  return Buffer.concat([encodeText(`${fields.format()}\r\n`), octets]);
}

function digestOf(texts: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text);
  return hash.digest('hex').slice(0, 32);
}
