import type { SipMessage, SipRequest, SipResponse } from '@strowger/sip-message';
import type { Hop, Inbound } from '@strowger/transaction-core';

/** What was sent, and where to. */
export interface Sent {
  readonly message: SipMessage;
  readonly hop: Hop;
}

/** A message that was heard: where an answer goes, and the answer that was given. */
interface Seen {
  readonly hop: Hop;
  readonly message: SipMessage;
  answer?: Sent;
}

const LIMIT = 256;

/** Tells messages of one call from their repetitions, and knows what to say to these. */
export class SeenMessages {
  private readonly seen = new Map<string, Seen>();

  /** Whether the message came before; then what has to be sent again, if anything. */
  repeated({ message, hop }: Inbound): { again: Sent | undefined } | undefined {
    const key = keyOf(message);
    const known = this.seen.get(key);
    if (known !== undefined) return { again: known.answer };
    if (this.seen.size >= LIMIT) this.seen.delete(this.seen.keys().next().value ?? '');
    this.seen.set(key, { hop, message });
    return undefined;
  }

  /** Where a response goes: where its request came from (RFC 3261 §18.2.2). */
  hopFor(response: SipResponse): Hop | undefined {
    return this.seen.get(answeredKey(response))?.hop;
  }

  /** Requests that nothing was said to, an ACK apart. */
  unanswered(): SipRequest[] {
    return [...this.seen.values()].flatMap(({ message, answer }) =>
      message.kind === 'request' && message.method !== 'ACK' && answer === undefined
        ? [message]
        : [],
    );
  }

  /** Remembers an answer: a response belongs to its request, an ACK to the final responses. */
  answered(sent: Sent): void {
    const { message } = sent;
    if (message.kind === 'response') {
      const known = this.seen.get(answeredKey(message));
      if (known !== undefined) known.answer = sent;
      return;
    }
    if (message.method === 'ACK') this.acknowledged(message, sent);
  }

  private acknowledged(ack: SipRequest, sent: Sent): void {
    const end = `|${ack.cseq.number} INVITE|final`;
    for (const [key, known] of this.seen) {
      if (key.endsWith(end)) known.answer = sent;
    }
  }
}

function keyOf(message: SipMessage): string {
  const { number, method } = message.cseq;
  if (message.kind === 'request') return requestKey(message.branch, message.method, number);
  const reliable = message.headers.raw('rseq')[0] ?? '';
  const kind = message.status >= 200 ? 'final' : 'provisional';
  return `${message.status}|${message.toTag ?? ''}|${reliable}|${number} ${method}|${kind}`;
}

const answeredKey = ({ branch, cseq }: SipResponse): string =>
  requestKey(branch, cseq.method, cseq.number);

/** An ACK to a 2xx may have a new branch each time. */
const requestKey = (branch: string | undefined, method: string, number: number): string =>
  `${method === 'ACK' ? '' : (branch ?? '')}|${method}|${number}`;
