import { StrowgerError } from '@strowger/runtime';
import { parseMessage, type SipMessage, type SipRequest } from '@strowger/sip-message';
import {
  type CredentialSource,
  type Hop,
  type Inbound,
  isReliable,
  type ServerTransaction,
} from '@strowger/transaction-core';
import { bytesOf } from './bytes-as-text.ts';
import type { DialogInit } from './dialog-record.ts';
import { DialogShell } from './dialog-shell.ts';
import type { AckSnapshot, DialogSnapshot, InviteSnapshot } from './dialog-snapshot.ts';
import type { DialogUsageUser } from './dialog-user.ts';
import type { LayerContext } from './layer-context.ts';
import { type AdoptedInvite, adoptInvite } from './adopted-invite.ts';
import { SuccessAck } from './success-ack.ts';

/** What a snapshot cannot hold. */
export interface RestoreOptions {
  /** For the requests in this dialog; by default those of the layer. */
  readonly credentials?: CredentialSource | undefined;
  /** Told the ACK to a 2xx that the process before has sent, with the answer where that offered. */
  readonly onAck?: ((ack: SipRequest) => void) | undefined;
}

interface Restoration extends RestoreOptions {
  readonly snapshot: DialogSnapshot;
  readonly user: DialogUsageUser;
  /** Takes the INVITE once more; `adopt` gets its transaction, unless there can be none. */
  receive(inbound: Inbound, adopt: (transaction: ServerTransaction) => void): void;
}

/** Goes on with a dialog of another process, by the inputs that had brought it there. */
export function restoreDialog(context: LayerContext, restoration: Restoration): DialogShell {
  const { snapshot, user, credentials } = restoration;
  const invite = snapshot.invite === undefined ? undefined : readInvite(snapshot, snapshot.invite);
  const dialog = new DialogShell(context, initOf(snapshot), credentials);
  const { offers, timer } = dialog.usage;
  dialog.user = user;
  if (snapshot.offer === 'complete') {
    offers.inviteSent(true);
    offers.responseReceived();
  }
  if (snapshot.timer !== undefined) timer.restore(snapshot.timer);
  for (const ack of snapshot.acks?.toReversed() ?? []) restoreAck(dialog, ack);
  dialog.accepted();
  const isAdopted = invite !== undefined && adopt(context, dialog, invite, restoration);
  if (!isAdopted || invite.response === undefined || !isFirstInvite(invite)) dialog.acknowledged();
  if (snapshot.invite?.isEnding === true) dialog.bye();
  return dialog;
}

function initOf(snapshot: DialogSnapshot): DialogInit {
  const { callId, localTag, remoteTag, hop, routeSet = [] } = snapshot;
  const { role, local, remote, remoteTarget, localContact, localSeq, remoteSeq } = snapshot;
  return {
    id: { callId, localTag, remoteTag },
    role,
    local,
    remote,
    remoteTarget,
    routeSet,
    localContact,
    localSeq,
    remoteSeq,
    hop: hop === undefined ? undefined : lasting(hop),
    allowsUpdate: snapshot.allowsUpdate ?? false,
  };
}

/** A connection dies with its process: then route set and target say where requests go. */
function lasting(hop: Hop): Hop | undefined {
  return hop.flow !== undefined && isReliable(hop.transport) ? undefined : hop;
}

function restoreAck(dialog: DialogShell, { cseq, headers = [], body, isOwed }: AckSnapshot): void {
  const ack = new SuccessAck(dialog, {
    cseq,
    headers,
    ...(body === undefined ? {} : { body: { type: body.type, content: bytesOf(body.content) } }),
  });
  dialog.usage.keepAck(ack);
  if (isOwed === true) ack.send();
}

function adopt(
  context: LayerContext,
  dialog: DialogShell,
  invite: AdoptedInvite,
  { receive, onAck }: Restoration,
): boolean {
  let isAdopted = false;
  receive(invite.inbound, (transaction) => {
    isAdopted = true;
    adoptInvite(context, dialog, { ...invite, transaction, onAck });
  });
  return isAdopted;
}

/** The INVITE that made the dialog, not a re-INVITE. */
function isFirstInvite({ inbound }: AdoptedInvite): boolean {
  return inbound.message.to.tag === undefined;
}

function readInvite(of: DialogSnapshot, invite: InviteSnapshot): AdoptedInvite {
  const message = readMessage(invite.request, 'request');
  const response =
    invite.response === undefined ? undefined : readMessage(invite.response, 'response');
  const belongs = (one: SipMessage): boolean =>
    one.cseq.method === 'INVITE' &&
    one.callId === of.callId &&
    (one.from.tag ?? '') === of.remoteTag;
  if (message.kind !== 'request' || !belongs(message)) throw corrupt('request');
  const { hop, local, isOffer = false } = invite;
  const read = { inbound: { message, hop, local }, isOffer };
  if (response === undefined) return read;
  const isSuccess = response.kind === 'response' && Math.floor(response.status / 100) === 2;
  if (!isSuccess || !belongs(response) || response.to.tag !== of.localTag)
    throw corrupt('response');
  return { ...read, response };
}

function readMessage(text: string, name: string): SipMessage {
  const parsed = parseMessage(bytesOf(text));
  if (!parsed.ok) throw corrupt(name);
  return parsed.value;
}

function corrupt(name: string): StrowgerError {
  return new StrowgerError('SNAPSHOT_CORRUPT', `snapshot.invite.${name} is not of this dialog`);
}
