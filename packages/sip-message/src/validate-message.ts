import type { HeaderKind } from './header-kinds.ts';
import { CALL_ID, CSEQ, FROM, headerKeyOf, TO, VIA } from './header-names.ts';
import { isKnownMethod } from './methods.ts';
import type { SipMessage, SipRequest } from './message.ts';
import { Fault, type Refusal } from './refusal.ts';

const MANDATORY = [VIA, FROM, TO, CALL_ID, CSEQ];

/**
 * Which malformed headers count: `needed` are those of RFC 3261 and those of an extension that the
 * request itself is about (Refer-To of a REFER, RAck of a PRACK, Replaces of an INVITE …); `all` is
 * every typed header.
 */
export type ValidationScope = 'needed' | 'all';

/**
 * The check before a message is acted upon: typed headers that are present are well-formed, what
 * RFC 3261 §8.1.1 demands is there, and a request is consistent in itself. Undefined where all is
 * well. A malformed header of an extension that the request is not about is no reason to refuse it:
 * RFC 3261 §8.2.2 lets it be ignored, and `headers.get` gives undefined for it.
 */
export function validateMessage(
  message: SipMessage,
  scope: ValidationScope = 'needed',
): Refusal | undefined {
  const fault = checkHeaders(message, scope) ?? checkRequest(message);
  return fault === undefined ? undefined : { ...fault };
}

function checkHeaders(message: SipMessage, scope: ValidationScope): Fault | undefined {
  const { headers } = message;
  for (const id of headers.doubtful(scope === 'all' ? always : neededBy(message))) {
    const value = headers.read(id);
    if (value instanceof Fault) return value;
  }
  for (const id of MANDATORY) {
    if (headers.indexOfId(id, 0) >= 0) continue;
    const words = `the message has no ${headerKeyOf(id)}`;
    return new Fault('MISSING_HEADER', 0, 'RFC 3261 §8.1.1', words);
  }
  return undefined;
}

function always(): boolean {
  return true;
}

function neededBy(message: SipMessage): (kind: HeaderKind) => boolean {
  const method = message.kind === 'request' ? message.method : '';
  return ({ neededBy: methods }) => methods === 'every' || methods.includes(method);
}

function checkRequest(message: SipMessage): Fault | undefined {
  return message.kind === 'response' ? undefined : (checkMethod(message) ?? checkUri(message));
}

function checkMethod(request: SipRequest): Fault | undefined {
  if (request.cseq.method === request.method) return undefined;
  const words = 'CSeq does not name the method of the request';
  const at = request.headers.positionOf(CSEQ);
  const fault = new Fault('METHOD_MISMATCH', at, 'RFC 3261 §8.1.1.5', words);
  // RFC 4475 §3.1.2.18: an unknown method is told so before it is told of its CSeq.
  return isKnownMethod(request.method) ? fault : fault.deserving(501);
}

function checkUri(request: SipRequest): Fault | undefined {
  if (request.isTargetPlain) return undefined;
  const { uri } = request;
  const isSip = 'headers' in uri;
  if (!isSip || uri.headers.length === 0) return undefined;
  const { text, startLineFrom } = request.headers.received;
  const at = Math.max(0, text.indexOf('?', startLineFrom));
  return new Fault('BAD_URI', at, 'RFC 3261 §19.1.1', 'a Request-URI must not have headers');
}
