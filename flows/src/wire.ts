import type { Clock } from '@strowger/runtime';
import type { SipMessage } from '@strowger/sip-message';
import type { SimulatedHost } from '@strowger/testkit';
import type { Hop, MessageSender } from '@strowger/transaction-core';
import { directionOf } from './sdp.ts';

/** What was sent: an arrow of the RFC's figure. */
interface Arrow {
  readonly line: string;
  readonly message: SipMessage;
}

/** What shall happen to the next message of an arrow. */
interface Rule {
  readonly arrow: string;
  readonly fate: { readonly lateMs: number } | 'lost';
}

/**
 * Everything that hosts send, as lines: `alice -> bob INVITE [sendrecv]`. The method of a response is
 * its CSeq's; the direction is that of a session description; a NOTIFY shows the status that it tells.
 */
export class Wire {
  private readonly clock: Clock;
  private readonly names = new Map<string, string>();
  private readonly arrows: Arrow[] = [];
  private readonly rules: Rule[] = [];
  private shown = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A host as a layer's sender; what it sends is written down. */
  sender(host: SimulatedHost): MessageSender {
    this.names.set(host.address, host.name);
    return {
      locate: (target, sizeBytes) => host.locate(target, sizeBytes),
      sentBy: (hop) => host.sentBy(hop),
      send: (message, hop, failed) => {
        const fate = this.note(host, hop, message);
        if (fate === 'lost') return;
        if (fate === undefined) host.send(message, hop, failed);
        else this.clock.arm(fate.lateMs, () => host.send(message, hop, failed));
      },
    };
  }

  /** Holds back the next message that fits `alice -> bob ACK`: it arrives `lateMs` later. */
  delay(arrow: string, lateMs: number): void {
    this.rules.push({ arrow, fate: { lateMs } });
  }

  /** Loses the next `times` messages that fit. */
  lose(arrow: string, times = 1): void {
    for (let time = 0; time < times; time++) this.rules.push({ arrow, fate: 'lost' });
  }

  /** What was sent since it was last asked for. */
  take(): string[] {
    const lines = this.arrows.slice(this.shown).map(({ line }) => line);
    this.shown = this.arrows.length;
    return lines;
  }

  /** The messages so far that fit, oldest first. */
  all(arrow: string): SipMessage[] {
    return this.arrows.filter(({ line }) => fits(line, arrow)).map(({ message }) => message);
  }

  private note(from: SimulatedHost, hop: Hop, message: SipMessage): Rule['fate'] | undefined {
    const to = this.names.get(hop.address) ?? hop.address;
    const bare = `${from.name} -> ${to} ${label(message)}`;
    const at = this.rules.findIndex(({ arrow }) => fits(bare, arrow));
    const fate = at < 0 ? undefined : this.rules.splice(at, 1)[0]?.fate;
    const line =
      fate === undefined
        ? bare
        : fate === 'lost'
          ? `${from.name} -x ${to} ${label(message)}`
          : `${bare} (late)`;
    this.arrows.push({ line, message });
    return fate;
  }
}

function fits(line: string, arrow: string): boolean {
  return line === arrow || line.startsWith(`${arrow} `);
}

function label(message: SipMessage): string {
  const { headers } = message;
  const direction = directionOf(message);
  const media = direction === undefined ? '' : ` [${direction}]`;
  if (message.kind === 'response') return `${message.status} ${message.cseq.method}${media}`;
  const tells = /^message\/sipfrag/iu.test(String(headers.raw('content-type')));
  const told = tells ? ` (${message.text().split('\r\n')[0]?.replace('SIP/2.0 ', '')})` : '';
  return `${message.method}${media}${told}`;
}
