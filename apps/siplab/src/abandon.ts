import type { SipMessage, SipRequest } from '@strowger/sip-message';
import type { Leg } from './leg.ts';
import { ackOf, cancelOf, requestOf, responseOf } from './leg-messages.ts';

const T1_MS = 500;
/** How long the other side may take to answer that. */
const PATIENCE_MS = 2000;

/** Ends a call that failed, so that it does not go on at the other side. Never rejects. */
export async function abandon(leg: Leg): Promise<void> {
  try {
    answerWaiting(leg);
    for (const request of leg.unanswered) {
      if (request.method !== 'INVITE') leg.send(responseOf(leg, request, statusFor(request)));
    }
    const { invite, isOver } = leg.dialog;
    if (invite === undefined || isOver) return;
    if (invite.status >= 300) return;
    if (invite.status >= 200) return await hangUp(leg);
    if (!invite.ours) {
      leg.send(responseOf(leg, invite.request, 500), { firstRepeatMs: T1_MS });
      await drain(leg);
      return;
    }
    if (invite.status >= 100) leg.send(cancelOf(leg), { firstRepeatMs: T1_MS });
    await drain(leg);
    if (leg.dialog.invite?.status === 200) await hangUp(leg);
  } catch {
    // whatever cannot be said any more is not said
  }
}

/** Answers what comes for a call whose scenario is over. */
export function answerWaiting(leg: Leg): void {
  for (const message of leg.waiting) {
    leg.shift();
    answer(leg, message);
  }
}

function answer(leg: Leg, message: SipMessage): void {
  if (message.kind === 'response') {
    if (message.cseq.method === 'INVITE' && message.status >= 200) leg.send(ackOf(leg, message));
    return;
  }
  if (message.method === 'ACK') return;
  leg.send(responseOf(leg, message, statusFor(message)));
  const { invite } = leg.dialog;
  if (message.method === 'CANCEL' && invite !== undefined && invite.status < 200) {
    leg.send(responseOf(leg, invite.request, 487), { firstRepeatMs: T1_MS });
  }
}

const statusFor = ({ method }: SipRequest): number =>
  method === 'BYE' || method === 'CANCEL' ? 200 : 481;

async function hangUp(leg: Leg): Promise<void> {
  leg.send(requestOf(leg, 'BYE'), { firstRepeatMs: T1_MS });
  await drain(leg);
}

/** Takes what comes until nothing is under way any more. */
async function drain(leg: Leg): Promise<void> {
  const endMs = leg.clock.now() + PATIENCE_MS;
  while (leg.isWaitingForAnswers && leg.clock.now() < endMs) {
    await leg.peek(endMs - leg.clock.now(), 'the end');
    answerWaiting(leg);
  }
}
