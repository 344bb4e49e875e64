import { serializeMessage, SipRequest } from '@strowger/sip-message';
import { textOf } from './bytes-as-text.ts';
import type { DialogShell } from './dialog-shell.ts';
import {
  type AckSnapshot,
  type DialogSnapshot,
  type InviteSnapshot,
  SNAPSHOT_VERSION,
  type TimerSnapshot,
} from './dialog-snapshot.ts';
import type { OfferAnswer } from './offer-answer.ts';
import type { SessionTimer } from './session-timer.ts';
import type { AckParts } from './success-ack.ts';

/** Gathers what the parts of a dialog own into plain data. */
export function takeSnapshot(dialog: DialogShell): DialogSnapshot {
  const { record, usage } = dialog;
  const { id, role, local, remote } = record.init;
  const localContact = record.contact;
  const { routes, ...rest } = record.saved;
  const timer = timerOf(usage.timer);
  const acks = acksOf(dialog);
  const invite = inviteOf(dialog);
  return {
    version: SNAPSHOT_VERSION,
    ...id,
    role,
    local,
    remote,
    localContact,
    ...rest,
    ...(routes.length === 0 ? {} : { routeSet: [...routes] }),
    offer: settledOffer(usage.offers),
    ...(timer === undefined ? {} : { timer }),
    ...(acks.length === 0 ? {} : { acks }),
    ...(invite === undefined ? {} : { invite }),
  };
}

function settledOffer({ state }: OfferAnswer): DialogSnapshot['offer'] {
  return 'before' in state ? state.before : state.name;
}

function timerOf({ state, leastSeconds }: SessionTimer): TimerSnapshot | undefined {
  if (state.name === 'off') return undefined;
  const { name, seconds, agreedAt } = state;
  const role = name === 'watching' ? name : 'refresher';
  const least = leastSeconds === 0 ? {} : { minSeconds: leastSeconds };
  return { role, seconds, agreedAt, ...least };
}

function acksOf({ usage: { waitingAck, coming, lastAcks } }: DialogShell): AckSnapshot[] {
  const acks: AckSnapshot[] = lastAcks.map(({ parts }) => plainAck(parts));
  if (coming !== undefined) acks.unshift(plainAck(coming));
  if (waitingAck !== undefined) acks.unshift({ ...plainAck(waitingAck.parts), isOwed: true });
  return acks;
}

function plainAck({ cseq, headers, body }: AckParts): AckSnapshot {
  const content = typeof body?.content === 'string' ? utf8(body.content) : body?.content;
  return {
    cseq,
    ...(headers.length === 0 ? {} : { headers }),
    ...(body === undefined || content === undefined
      ? {}
      : { body: { type: body.type, content: textOf(content) } }),
  };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function inviteOf(dialog: DialogShell): InviteSnapshot | undefined {
  const { inviteServer, offers } = dialog.usage;
  if (inviteServer === undefined) return undefined;
  const { inbound, request, success } = inviteServer;
  const isOffer = offers.state.name === 'offerSent' && offers.state.by === 'response';
  return {
    request: textOf(serializeMessage(skeleton(request))),
    hop: inbound.hop,
    local: inbound.local,
    ...(success === undefined ? {} : { response: textOf(serializeMessage(success)) }),
    ...(isOffer ? { isOffer } : {}),
    ...(dialog.isByeWaiting ? { isEnding: true } : {}),
  };
}

/** What a server transaction looks at (RFC 3261 §8.2.6.2, §17.2.3). */
const OF_THE_TRANSACTION = ['Via', 'From', 'To', 'Call-ID', 'CSeq'] as const;

function skeleton({ method, uri, headers }: SipRequest): SipRequest {
  const kept = OF_THE_TRANSACTION.flatMap((name) =>
    headers.raw(name).map((value): [string, string] => [name, value]),
  );
  return new SipRequest({ method, uri, headers: [...kept, ['Max-Forwards', '70']] });
}
