import { CONTENT_LENGTH } from './header-names.ts';
import type { Headers } from './headers.ts';
import { Fault } from './refusal.ts';

/**
 * Content-Length as parser and framer both read it (RFC 3261 §20.14): digits only, given once,
 * below 2^32; undefined where it is absent.
 */
export function readContentLength(headers: Headers): number | undefined | Fault {
  const length = headers.read(CONTENT_LENGTH);
  if (length instanceof Fault) return length;
  return typeof length === 'number' ? length : undefined;
}

/** The fault of a message on a stream that does not say where it ends. */
export function noContentLength(at: number): Fault {
  const message = 'on a stream a message needs a Content-Length';
  return new Fault('NO_CONTENT_LENGTH', at, 'RFC 3261 §18.3', message);
}
