import { printable } from '@strowger/runtime';
import type { MessageTrace } from '@strowger/sip-client';

interface Rung {
  at: number;
  from: string;
  to: string;
  text: string;
}

/** The messages of some phones with one exchange between them, as a ladder. */
export class Ladder {
  private readonly rungs: Rung[] = [];
  private readonly exchange: string;

  /** @param exchange what stands on the other side of every phone. */
  constructor(exchange: string) {
    this.exchange = exchange;
  }

  /** What a phone sent or received. */
  add(phone: string, { direction, message, at }: MessageTrace): void {
    const [from, to] = direction === 'sent' ? [phone, this.exchange] : [this.exchange, phone];
    const text =
      message.kind === 'request' ? message.method : `${message.status} ${message.reason}`;
    const body = isDescription(message) ? ' (SDP)' : '';
    this.rungs.push({ at, from, to, text: printable(`${text}${body}`) });
  }

  /** A line each: milliseconds since the first, who to whom, what. */
  toString(): string {
    const rungs = this.rungs.toSorted((one, other) => one.at - other.at);
    const began = rungs[0]?.at ?? 0;
    const width = Math.max(...rungs.map(({ from }) => from.length), 0);
    return rungs
      .map(({ at, from, to, text }) => {
        const time = String(Math.round(at - began)).padStart(6);
        return `${time}  ${from.padEnd(width)} --> ${to.padEnd(width)}  ${text}`;
      })
      .join('\n');
  }
}

function isDescription({ body, headers }: MessageTrace['message']): boolean {
  const type = headers.get('content-type');
  return body.length > 0 && type?.type === 'application' && type.subtype === 'sdp';
}
