import { type SipRequest, SipUri } from '@strowger/sip-message';

/** Proxies between a phone and us at most. */
export const MAX_PATH = 10;

/**
 * The Path of a REGISTER, topmost first (RFC 3327 §5.3); empty where it has none, `undefined` where
 * it cannot be read.
 */
export function pathIn({ headers }: SipRequest): string[] | undefined {
  if (!headers.has('path')) return [];
  return headers.get('path')?.map((one) => one.toString());
}

/** Whether the phone says that it knows what a Path is. */
export function isKnownPath({ headers }: SipRequest): boolean {
  return (headers.get('supported') ?? []).some((tag) => tag.toLowerCase() === 'path');
}

/** Whether the proxy next to the phone keeps its flow: `ob` in the last Path (RFC 5626 §5.1). */
export function hasOutboundEdge({ headers }: SipRequest): boolean {
  const uri = headers.get('path')?.at(-1)?.uri;
  return uri instanceof SipUri && uri.params.has('ob');
}
