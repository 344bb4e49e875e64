import { isSips, type SipRequest } from '@strowger/sip-message';
import type { Inbound } from '@strowger/transaction-core';
import { copied } from '../copied.ts';
import type { DialogInit } from '../dialog-record.ts';
import type { LayerContext } from '../layer-context.ts';
import { firstContact, pinnedHop } from '../peer-hop.ts';
import { routeSetFrom } from '../route-set.ts';

/**
 * The dialog that a SUBSCRIBE or REFER makes at its receiver, and a NOTIFY at the subscriber
 * (RFC 3261 §12.1.1, RFC 6665 §4.4.1).
 */
export function dialogFromRequest(
  context: LayerContext,
  { message: request, hop }: Inbound & { readonly message: SipRequest },
  { localTag, localSeq, role }: { localTag: string; localSeq: number; role: 'uac' | 'uas' },
): DialogInit {
  const contact = firstContact(request)?.uri;
  const secure = isSips(request.uri) || isSips(contact);
  const party = context.localParty({ kind: 'received', request, hop });
  return {
    id: { callId: copied(request.callId), localTag, remoteTag: copied(request.from.tag ?? '') },
    role,
    local: copied(request.to.withTag(localTag).toString()),
    remote: copied(request.from.toString()),
    remoteTarget: copied((contact ?? request.from.uri).toString()),
    routeSet: routeSetFrom(request.headers, 'uas'),
    localContact: context.userAgent.contact(hop, secure, party?.contact),
    localSeq,
    remoteSeq: request.cseq.number,
    hop: pinnedHop(request, hop),
  };
}
