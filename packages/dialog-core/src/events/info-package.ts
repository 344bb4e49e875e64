import { type HeaderInput, Params, type SipMessage, type SipRequest } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { Body, MessageParts } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';
import { refuse } from '../refusal.ts';

/** The Info Package of an INFO; undefined for the INFO of RFC 2976, which names none. */
export function infoPackageOf({ headers }: SipRequest): string | undefined {
  return headers.get('info-package')?.value;
}

/**
 * The Info Packages that the sender of this message wants to receive (RFC 6086 §5.2.1): none where
 * it says nothing, which also means that it may not know of packages at all.
 */
export function wantedInfoPackages({ headers }: SipMessage): readonly string[] {
  return (headers.get('recv-info') ?? []).map(({ value }) => value);
}

/** Header fields and body of an INFO of a package (RFC 6086 §4.2.1), for `dialog.request`. */
export function infoParts(name: string, body?: Body): MessageParts {
  const headers: [string, HeaderInput][] = [
    ['Info-Package', { value: name, params: new Params() }],
  ];
  if (body !== undefined) headers.push(['Content-Disposition', 'Info-Package']);
  return { headers, body };
}

/** Answers an INFO of a package that we did not ask for with 469 (RFC 6086 §4.2.2). */
export function refuseInfoPackage(context: LayerContext, transaction: ServerTransaction): boolean {
  const { request, method } = transaction;
  if (method !== 'INFO' || !request.headers.has('info-package')) return false;
  const name = infoPackageOf(request);
  const { infoPackages: known = [] } = context.userAgent.options;
  if (name === undefined) refuse(context, transaction, 400);
  else if (known.some((each) => each.toLowerCase() === name.toLowerCase())) return false;
  else refuse(context, transaction, 469, [['Recv-Info', known.join(', ')]]);
  return true;
}
