import { type Dialog, infoPackageOf, infoParts } from '@strowger/dialog-core';
import type { SipRequest } from '@strowger/sip-message';

/** The Info Package of trickle ICE, and its option tag: `trickle-ice` (RFC 8840 §10). */
export const TRICKLE_ICE = 'trickle-ice';
const FRAGMENT = 'application/trickle-ice-sdpfrag';

/** Whether the sender of a request takes candidates that come later (RFC 8840 §5.1). */
export function takesTrickleIce({ headers }: SipRequest): boolean {
  return (headers.get('supported') ?? []).some((tag) => tag.toLowerCase() === TRICKLE_ICE);
}

/** @internal The candidates that an INFO brings; `undefined` where it is about something else. */
export function candidatesOf(request: SipRequest): string | undefined {
  if (infoPackageOf(request)?.toLowerCase() !== TRICKLE_ICE) return undefined;
  return request.body.length === 0 ? '' : request.text();
}

/** @internal Tells candidates that came later; a peer that refuses them goes on with those it has. */
export function sendCandidates(dialog: Dialog, fragment: string): void {
  if (dialog.state === 'terminated') return;
  const ignored = (): void => {};
  dialog.request('INFO', infoParts(TRICKLE_ICE, { type: FRAGMENT, content: fragment }), {
    onResponse: ignored,
    onFailed: ignored,
  });
}
