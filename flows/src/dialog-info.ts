import type { Body, Dialog } from '@strowger/dialog-core';

/** What the dialog event package tells of one dialog (RFC 4235 §4). */
export function dialogInfo(
  entity: string,
  state: 'early' | 'confirmed' | 'terminated',
  dialog?: Dialog,
): Body {
  const { callId, localTag, remoteTag } = dialog?.id ?? {};
  const ids =
    dialog === undefined
      ? ''
      : ` call-id="${callId}" local-tag="${localTag}" remote-tag="${remoteTag}"`;
  const direction = dialog?.role === 'uac' ? 'initiator' : 'recipient';
  const content = [
    '<?xml version="1.0"?>',
    `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="${entity}">`,
    `<dialog id="d1"${ids} direction="${direction}"><state>${state}</state>`,
    dialog === undefined ? '' : `<remote><target uri="${dialog.remoteTarget}"/></remote>`,
    '</dialog></dialog-info>',
    '',
  ].join('\r\n');
  return { type: 'application/dialog-info+xml', content };
}

/** The dialog that such a document names, as an INVITE with Replaces to its other end names it. */
export function replacing(document: string): { replaces: string; target: string } {
  const value = (name: string): string =>
    new RegExp(`${name}="([^"]*)"`, 'u').exec(document)?.[1] ?? '';
  const replaces = `${value('call-id')};to-tag=${value('remote-tag')};from-tag=${value('local-tag')}`;
  return { replaces, target: value('target uri') };
}
