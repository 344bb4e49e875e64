import {
  createResponse,
  type SipRequest,
  type SipResponse,
  SipUri,
  TelUri,
} from '@strowger/sip-message';
import { isLoop } from './loop-detection.ts';

/**
 * The answer to a request that a proxy does not pass on, whoever sent it (RFC 3261 §16.3, RFC 5393
 * §4.2, §5.3.3); `undefined` for all others. That it is well-formed was checked before.
 */
export function refusalOf(
  request: SipRequest,
  { mark, supported }: { mark: string; supported: readonly string[] },
): SipResponse | undefined {
  const { uri } = request;
  if (!(uri instanceof SipUri) && !(uri instanceof TelUri)) return createResponse(request, 416);
  if (request.headers.get('max-forwards') === 0) return createResponse(request, 483);
  if (isLoop(request, mark)) return createResponse(request, 482);
  if (breadthOf(request) === 0) return createResponse(request, 440);
  const known = supported.map((tag) => tag.toLowerCase());
  const unknown = (request.headers.get('proxy-require') ?? []).filter(
    (tag) => !known.includes(tag.toLowerCase()),
  );
  if (unknown.length === 0) return undefined;
  return createResponse(request, 420, { headers: [['Unsupported', unknown.join(', ')]] });
}

/** How many branches may live at once (RFC 5393 §5.3); `undefined` where the request says nothing. */
export function breadthOf(request: SipRequest): number | undefined {
  const text = request.headers.raw('max-breadth')[0]?.trim();
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
