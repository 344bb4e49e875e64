import { CALL_ID, CSEQ, FROM, TO, VIA } from './header-names.ts';
import { Headers } from './headers.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { locateHead } from './locate-head.ts';
import { SipResponse } from './message.ts';
import { Fault, type Refusal } from './refusal.ts';

const COPIED = [VIA, FROM, TO, CALL_ID, CSEQ];

/**
 * The answer to a refused request, with what could be read of its Via, From, To, Call-ID and CSeq
 * (RFC 3261 §8.2.6). Undefined where there is nothing to answer: the bytes are a response or an
 * ACK, their headers cannot be located, or the topmost Via does not say where an answer goes.
 */
export function refusalResponse(bytes: Uint8Array, refusal: Refusal): SipResponse | undefined {
  const head = locateHead(bytes, DEFAULT_LIMITS);
  if (head instanceof Fault) return undefined;
  const { startLineFrom } = head;
  const isSilent = ['SIP/', 'ACK '].some((start) => head.text.startsWith(start, startLineFrom));
  const received = Headers.of(head);
  const via = received.readTopVia();
  if (isSilent || via === undefined || via instanceof Fault) return undefined;
  const headers = new Headers();
  for (const id of COPIED) headers.adopt(received, id);
  return new SipResponse({ status: refusal.status, headers });
}
