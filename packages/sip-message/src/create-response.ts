import { headerId } from './header-names.ts';
import type { HeaderField, HeaderInput } from './header-input.ts';
import { Headers } from './headers.ts';
import { refuseInjection } from './injection.ts';
import { type SipRequest, SipResponse } from './message.ts';

const TIMESTAMP = headerId('timestamp');
const NONE = 0;

/** What a response has beyond what follows from its request. */
export interface ResponseOptions {
  readonly reason?: string | undefined;
  /** The tag of To, where the request has none. Ignored in a 100. */
  readonly toTag?: string | undefined;
  /** Behind those that are copied, before `headers`. */
  readonly fields?: readonly HeaderField[] | undefined;
  readonly headers?: Iterable<readonly [string, HeaderInput]> | undefined;
  readonly body?: string | Uint8Array | undefined;
}

/**
 * A response to the request (RFC 3261 §8.2.6): every Via, From, To, Call-ID and CSeq copied, in a
 * 100 the Timestamp too. Throws what `SipResponse` throws.
 */
export function createResponse(
  request: SipRequest,
  status: number,
  options: ResponseOptions = {},
): SipResponse {
  const isTrying = status === 100;
  const toTag = isTrying ? undefined : options.toTag;
  const headers = Headers.ofResponse(request.headers, isTrying ? TIMESTAMP : NONE, toTag);
  if (options.fields !== undefined) for (const field of options.fields) headers.addField(field);
  if (options.headers !== undefined) {
    for (const [name, value] of options.headers) headers.append(name, value);
  }
  if (options.reason !== undefined) refuseInjection(options.reason);
  return new SipResponse({ status, reason: options.reason, body: options.body ?? '' }, headers);
}
