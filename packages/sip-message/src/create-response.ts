import { CALL_ID, CSEQ, FROM, headerId, TO, VIA } from './header-names.ts';
import type { HeaderInput } from './header-input.ts';
import { Headers } from './headers.ts';
import { type SipRequest, SipResponse } from './message.ts';

/** What a response has beyond what follows from its request. */
export interface ResponseOptions {
  readonly reason?: string;
  /** The tag of To, where the request has none. Ignored in a 100. */
  readonly toTag?: string;
  readonly headers?: Iterable<readonly [string, HeaderInput]>;
  readonly body?: string | Uint8Array;
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
  const headers = new Headers();
  for (const id of [VIA, FROM, TO, CALL_ID, CSEQ]) headers.adopt(request.headers, id);
  if (status === 100) headers.adopt(request.headers, headerId('timestamp'));
  const to = options.toTag === undefined ? undefined : request.headers.get('to');
  if (to !== undefined && to.tag === undefined && status !== 100) {
    headers.set('To', to.withTag(options.toTag));
  }
  for (const [name, value] of options.headers ?? []) headers.append(name, value);
  return new SipResponse({
    status,
    reason: options.reason,
    headers,
    ...(options.body === undefined ? {} : { body: options.body }),
  });
}
