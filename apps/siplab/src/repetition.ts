import type { Clock, Timer } from '@strowger/runtime';
import type { SipMessage } from '@strowger/sip-message';

/** T1, T2 and how often T1 it goes on (RFC 3261 §17.1.1.1). */
const T1_MS = 500;
const T2_MS = 4000;
const GIVE_UP = 64;

/** A message that is sent again until it is answered. */
export interface Repetition {
  isAnsweredBy(message: SipMessage): boolean;
  stop(): void;
}

/** What to do with a message that may get lost. */
export interface RepetitionOptions {
  readonly clock: Clock;
  /** The first interval; T1 by default. It doubles. */
  readonly firstMs?: number;
  again(): void;
}

/**
 * Sends a message again at doubling intervals: an INVITE until anything is answered, another request
 * until its final answer, both for 64 times the first interval; a final answer to an INVITE until
 * the ACK, a reliable provisional one until the PRACK (RFC 3261 §17, §13.3.1.4, RFC 3262 §3).
 */
export function repeat(
  message: SipMessage,
  { clock, firstMs = T1_MS, again }: RepetitionOptions,
): Repetition {
  const isInvite = message.kind === 'request' && message.method === 'INVITE';
  const endMs = clock.now() + GIVE_UP * firstMs;
  let timer: Timer;
  const arm = (ms: number): void => {
    timer = clock.arm(ms, () => {
      if (clock.now() >= endMs) return;
      again();
      arm(isInvite ? ms * 2 : Math.min(ms * 2, T2_MS));
    });
  };
  arm(firstMs);
  return {
    isAnsweredBy: (heard) => answers(heard, message),
    stop: () => timer.cancel(),
  };
}

/** Whether a message makes it needless to send the other one again. */
function answers(heard: SipMessage, sent: SipMessage): boolean {
  const { number, method } = sent.cseq;
  if (sent.kind === 'request') {
    if (heard.kind !== 'response' || heard.cseq.number !== number) return false;
    return heard.cseq.method === method && (method === 'INVITE' || heard.status >= 200);
  }
  if (heard.kind !== 'request') return false;
  if (sent.status < 200) return heard.method === 'PRACK';
  return heard.method === 'ACK' && heard.cseq.number === number;
}
