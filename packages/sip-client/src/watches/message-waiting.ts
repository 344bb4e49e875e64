import {
  MESSAGE_SUMMARY_TYPE,
  type MessageSummary,
  parseMessageSummary,
} from '@strowger/dialog-core';
import { createResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import { encodingOf, mediaTypeOf } from '../media-type.ts';
import type { WatchedPackage } from './watch.ts';

/** The package `message-summary` (RFC 3842): what waits in a mailbox. */
export const messageWaitingPackage: WatchedPackage<MessageSummary> = {
  event: 'message-summary',
  type: MESSAGE_SUMMARY_TYPE,
  read: parseMessageSummary,
};

/** Whether it is a NOTIFY of the package that belongs to no subscription, as many PBXs send them. */
export function isUnsolicitedSummary({ request }: ServerTransaction): boolean {
  const event = request.headers.get('event')?.value;
  return request.method === 'NOTIFY' && event === messageWaitingPackage.event;
}

/**
 * Answers a NOTIFY that nobody has subscribed for, and gives what it says. Who it is from must have been
 * looked at: RFC 6665 §4.1.3 has all of them refused with 481.
 */
export function takeSummary(transaction: ServerTransaction): MessageSummary | undefined {
  const { request } = transaction;
  const { type } = messageWaitingPackage;
  const answer = (status: number): void => {
    const headers: [string, string][] = status === 415 ? [['Accept', type]] : [];
    transaction.respond(createResponse(request, status, { headers }));
  };
  if (mediaTypeOf(request) !== type || encodingOf(request) !== '') {
    answer(415);
    return undefined;
  }
  const read = parseMessageSummary(request.body);
  answer(read.ok ? 200 : read.status);
  return read.ok ? read.value : undefined;
}
