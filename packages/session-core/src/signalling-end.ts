import type { DialogEnd, FailureReason } from '@strowger/dialog-core';
import type { SipResponse } from '@strowger/sip-message';
import {
  cancelled,
  dialogLost,
  type EndReason,
  hungUp,
  rejected,
  timeout,
  transportFailed,
} from './end-reason.ts';
import { byPreference } from './redirections.ts';
import { reasonOf } from './sip-body.ts';

/** @internal Why a session whose INVITE got this final response is over. */
export function refusedBy(response: SipResponse): EndReason {
  const { status, reason } = response;
  const contact = response.headers.get('contact');
  const moved = status < 400 && Array.isArray(contact);
  const contacts = moved ? byPreference(contact).map(({ uri }) => uri.toString()) : undefined;
  return rejected('remote', status, {
    text: reason,
    ...reasonOf(response),
    ...(contacts === undefined ? {} : { contacts }),
  });
}

/** @internal The same where the INVITE has no final response. */
export function failedBy(failure: FailureReason): EndReason {
  if (failure.kind === 'timeout') return timeout('invite');
  return failure.kind === 'transport' ? transportFailed(failure.error) : cancelled('local');
}

/** @internal The same where its dialog has ended. */
export function endedBy(end: DialogEnd): EndReason {
  switch (end.kind) {
    case 'bye':
      return hungUp(end.by);
    case 'rejected':
      return rejected('remote', end.status);
    case 'cancelled':
    case 'otherForkAnswered':
      return cancelled('remote');
    case 'refused':
      return end.status === 408 ? timeout('dialog') : dialogLost(end.status);
    case 'timeout':
      return timeout('dialog');
    case 'notRefreshed':
      return timeout('session');
    case 'noAck':
      return timeout('ack');
    case 'transport':
      return transportFailed(end.error);
    case 'closed':
      return hungUp('local');
    default:
      return end satisfies never;
  }
}
