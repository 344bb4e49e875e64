import { type DialogReference, NameAddr, type SipRequest, SipUri } from '@strowger/sip-message';
import type { Dialog, DialogId } from '../dialog.ts';
import type { DialogShell } from '../dialog-shell.ts';

/** What an INVITE with Replaces or Join names, or the status that it is refused with. */
export type DialogMatch =
  | { readonly kind: 'none' }
  | { readonly kind: 'replaces' | 'joins'; readonly dialog: DialogShell }
  | { readonly kind: 'refused'; readonly status: number };

/**
 * Finds the dialog that an INVITE wants to replace or join (RFC 3891 §3, RFC 3911 §4). One that is
 * confirmed cannot be replaced by `early-only` (486); an early one only where we sent its INVITE
 * (481), while it may be joined anyhow; one that is ending is declined (603).
 */
export function matchDialog(
  { headers }: SipRequest,
  find: (id: DialogId) => DialogShell | undefined,
): DialogMatch {
  const replaces = headers.get('replaces');
  const join = headers.get('join');
  const reference = replaces ?? join;
  const count = headers.raw('replaces').length + headers.raw('join').length;
  if (count > 1 || (count === 1 && reference === undefined)) {
    return { kind: 'refused', status: 400 };
  }
  if (reference === undefined) return { kind: 'none' };
  const dialog = findReferenced(reference, find);
  if (dialog === undefined) return { kind: 'refused', status: 481 };
  if (!dialog.isLive) return { kind: 'refused', status: 603 };
  if (replaces === undefined) return { kind: 'joins', dialog };
  const status = refusalOf(replaces, dialog);
  return status === undefined ? { kind: 'replaces', dialog } : { kind: 'refused', status };
}

function refusalOf({ isEarlyOnly }: DialogReference, dialog: DialogShell): number | undefined {
  if (dialog.state === 'confirmed') return isEarlyOnly === true ? 486 : undefined;
  return dialog.role === 'uac' ? undefined : 481;
}

/** `to-tag` is ours; a tag of `0` is also that of a peer without tags (RFC 3891 §3). */
function findReferenced(
  { callId, toTag, fromTag }: DialogReference,
  find: (id: DialogId) => DialogShell | undefined,
): DialogShell | undefined {
  const exact = find({ callId, localTag: toTag, remoteTag: fromTag });
  if (exact !== undefined || fromTag !== '0') return exact;
  return find({ callId, localTag: toTag, remoteTag: '' });
}

/** What Replaces or Join says to the peer of this dialog about it: to-tag is the peer's. */
export function referenceTo({ id }: Pick<Dialog, 'id'>, isEarlyOnly = false): DialogReference {
  const { callId, localTag, remoteTag } = id;
  const reference = { callId, toTag: tagOrNone(remoteTag), fromTag: localTag };
  return isEarlyOnly ? { ...reference, isEarlyOnly } : reference;
}

/**
 * The Refer-To of an attended transfer: the peer of `dialog` is called in its stead, by an INVITE
 * with Replaces (RFC 5359 §2.5, RFC 5589 §7). Throws nothing: a peer that is not reached by a SIP
 * URI is named without Replaces.
 */
export function referToReplacing(
  dialog: Pick<Dialog, 'id' | 'remoteTarget' | 'remoteUri'>,
  target: 'contact' | 'address' = 'contact',
): NameAddr {
  const uri = target === 'contact' ? dialog.remoteTarget : dialog.remoteUri;
  if (!(uri instanceof SipUri)) return new NameAddr({ uri });
  const { scheme, user, password, host, port, params } = uri;
  const { callId, toTag, fromTag } = referenceTo(dialog);
  const value = `${callId};to-tag=${toTag};from-tag=${fromTag}`;
  const headers: [string, string][] = [['Replaces', value]];
  return new NameAddr({
    uri: new SipUri({ scheme, user, password, host, port, params, headers }),
  });
}

function tagOrNone(tag: string): string {
  return tag === '' ? '0' : tag;
}
