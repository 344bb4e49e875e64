import { StrowgerError } from '@strowger/runtime';
import type { SipRequest, Uri } from '@strowger/sip-message';
import type { Hop, MessageSender } from '@strowger/transaction-core';

/** Where hops or the lack of them are told. */
export interface LocateUser {
  onHops(hops: readonly Hop[]): void;
  onFailed(error: StrowgerError): void;
}

/** Via and Contact, which come later, in bytes. */
const LATER_BYTES = 180;

/**
 * Finds the hops of a request whose Contact depends on them; at once where no name has to be looked
 * up (RFC 3263).
 */
export function locate(
  sender: MessageSender,
  request: SipRequest,
  target: Uri,
  { onHops, onFailed }: LocateUser,
): void {
  const found = sender.locate(target, sizeOf(request) + LATER_BYTES);
  if (Array.isArray(found)) return onHops(found);
  Promise.resolve(found).then(onHops, (error: unknown) => onFailed(noRoute(error)));
}

function sizeOf(request: SipRequest): number {
  let size = 100 + request.body.length;
  for (const [name, value] of request.headers.entries()) size += name.length + value.length + 4;
  return size;
}

function noRoute(cause: unknown): StrowgerError {
  if (StrowgerError.isInstance(cause)) return cause;
  return new StrowgerError('NO_ROUTE', 'the next hop could not be found', { cause });
}
