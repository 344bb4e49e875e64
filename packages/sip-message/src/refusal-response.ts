import { Head } from './head.ts';
import { Headers } from './headers.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { locateHead } from './locate-head.ts';
import { SipResponse } from './message.ts';
import type { Refusal } from './refusal.ts';
import { REPEATED, salvageHead } from './salvage-head.ts';
import { Via } from './via.ts';

/**
 * The answer to a refused request, with what could be read of its Via, From, To, Call-ID and CSeq
 * (RFC 3261 §8.2.6), however broken the rest of its head is. Undefined where there is nothing to
 * answer: the bytes are a response or an ACK, or the topmost Via does not say where an answer goes.
 */
export function refusalResponse(bytes: Uint8Array, refusal: Refusal): SipResponse | undefined {
  const head = answerable(bytes);
  if (head === undefined) return undefined;
  const { startLineFrom, text } = head;
  if (['SIP/', 'ACK '].some((start) => text.startsWith(start, startLineFrom))) return undefined;
  const received = Headers.of(head);
  const headers = new Headers();
  for (const id of REPEATED) headers.adopt(received, id);
  return new SipResponse({ status: refusal.status, headers });
}

/** A head whose topmost Via can be read: of the message, else of what can be saved of it. */
function answerable(bytes: Uint8Array): Head | undefined {
  const whole = locateHead(bytes, DEFAULT_LIMITS);
  if (whole instanceof Head && hasVia(whole)) return whole;
  const saved = salvageHead(bytes);
  const head = saved === undefined ? undefined : locateHead(saved, DEFAULT_LIMITS);
  return head instanceof Head && hasVia(head) ? head : undefined;
}

function hasVia(head: Head): boolean {
  return Headers.of(head).readTopVia() instanceof Via;
}
