import type { Body, HeaderFields } from '@strowger/dialog-core';
import type { Session } from '@strowger/session-core';
import { createResponse, type SipRequest } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';

/** Header fields that belong to the body of an INFO and go with it (RFC 6086 §4). */
const WITH_THE_BODY = ['Info-Package', 'Content-Disposition', 'Content-Language'];

/**
 * Passes every INFO of one side of an answered call to the other side, and its answer back: digits
 * and whatever else the phones agree on. Nothing of it is looked into.
 */
export function passInfo(from: Session, to: Session): void {
  const { dialog } = from;
  if (dialog === undefined) return;
  const { user } = dialog;
  dialog.user = {
    ...user,
    onRequest: (transaction) => {
      if (transaction.method === 'INFO') pass(transaction, to);
      else user.onRequest?.(transaction);
    },
  };
}

function pass(transaction: ServerTransaction, { dialog }: Session): void {
  const { request } = transaction;
  const answer = (status: number): void => transaction.respond(createResponse(request, status));
  if (dialog === undefined || dialog.state === 'terminated') return answer(481);
  const body = bodyOf(request);
  dialog.request(
    'INFO',
    { headers: headersOf(request), ...(body === undefined ? {} : { body }) },
    {
      // what the phone asks of us is not for the other one to answer
      onResponse: ({ status }) => answer(status === 401 || status === 407 ? 403 : status),
      onFailed: () => answer(480),
    },
  );
}

function headersOf({ headers }: SipRequest): HeaderFields {
  return WITH_THE_BODY.flatMap((name) =>
    headers.raw(name).map((value): [string, string] => [name, value]),
  );
}

function bodyOf({ headers, body }: SipRequest): Body | undefined {
  const [type] = headers.raw('Content-Type');
  return type === undefined || body.length === 0 ? undefined : { type, content: body };
}
