import type { SipMessage, SipRequest } from '@strowger/sip-message';
import type { Hop } from './message-sender.ts';
import type { TransactionSurroundings } from './transaction-shell.ts';

/**
 * A sign that messages get lost or that somebody is gone, told when it happens.
 *
 * `retransmitted`: the message was sent once more over this hop. `absorbed`: the message was heard
 * once more and goes no further. `timedOut`: a transaction is over without what it waited for: any
 * response (timers B and F), a final response (timer F, and 64*T1 after a CANCEL), the ACK (timer H),
 * or our own answer, for which the client waits no longer (RFC 4320 §4.2).
 */
export type TransactionTrouble =
  | { readonly type: 'retransmitted' | 'absorbed'; readonly message: SipMessage; readonly hop: Hop }
  | {
      readonly type: 'timedOut';
      readonly missing: 'response' | 'finalResponse' | 'ack' | 'answer';
      readonly request: SipRequest;
      readonly hop: Hop;
    };

type Noted = Pick<TransactionSurroundings, 'counters' | 'onTrouble' | 'runtime'>;

/** Counts trouble and tells of it; a listener that throws is logged and harms nothing. */
export function note(
  { counters, onTrouble, runtime }: Noted,
  type: 'retransmitted' | 'absorbed',
  { message, hop }: { readonly message: SipMessage; readonly hop: Hop },
): void {
  if (type === 'retransmitted') counters.retransmissionsSent++;
  else counters.retransmissionsAbsorbed++;
  if (onTrouble !== undefined) tell({ onTrouble, runtime }, { type, message, hop });
}

/** The same for a transaction that is over without what it waited for. */
export function noteTimeout(
  { counters, onTrouble, runtime }: Noted,
  timeout: Omit<Extract<TransactionTrouble, { type: 'timedOut' }>, 'type'>,
): void {
  counters.timeouts++;
  if (onTrouble !== undefined) tell({ onTrouble, runtime }, { type: 'timedOut', ...timeout });
}

function tell(
  { onTrouble, runtime }: Pick<Noted, 'runtime'> & { onTrouble(trouble: TransactionTrouble): void },
  trouble: TransactionTrouble,
): void {
  try {
    onTrouble(trouble);
  } catch (error) {
    runtime.logger.error({ error, type: trouble.type }, 'onTrouble has thrown');
  }
}
