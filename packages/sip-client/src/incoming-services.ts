import { IS_COMPOSING_TYPE, type MessageSummary } from '@strowger/dialog-core';
import { type Emitter, StrowgerError } from '@strowger/runtime';
import type { Session } from '@strowger/session-core';
import { createResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { Call } from './call.ts';
import {
  type IncomingComposing,
  type IncomingMessage,
  type MessageTaking,
  takeMessage,
} from './messages/incoming-message.ts';
import type { SipClientEvents } from './sip-client-options.ts';
import { isUnsolicitedSummary, takeSummary } from './watches/message-waiting.ts';

/** The events of what a client can besides calls. */
export interface ServiceEvents {
  /** A text came, in a call or outside. Without a listener MESSAGE is refused with 405. */
  message: IncomingMessage;
  /** Somebody begins or stops typing. Without a listener he is told that we do not want to know. */
  composing: IncomingComposing;
  /**
   * Our server tells what waits in our mailbox without a subscription of ours. Without a listener, and
   * from anybody else, it is refused with 481 (RFC 6665 §4.1.3).
   */
  messageWaiting: MessageSummary;
}

/** What a client takes besides calls. */
export interface ServiceOptions {
  readonly messages?: {
    /** Media types that `message` takes; `text/*` is all of a kind. Default `text/plain`. */
    readonly accept?: readonly string[];
    /** A longer one gets 413, in octets. Default 16,384. */
    readonly maxBytes?: number;
  };
}

/** What incoming services are made of. */
export interface IncomingServicesOptions {
  readonly messages: ServiceOptions['messages'];
  readonly events: Emitter<SipClientEvents>;
  callOf(session: Session): Call;
  isFromServer(transaction: ServerTransaction): Promise<boolean>;
}

/** What comes in besides calls: whoever listens is told, everybody else refused. */
export class IncomingServices {
  private readonly options: IncomingServicesOptions;
  private readonly messageTypes: readonly string[];
  private readonly maxBytes: number;

  /** Throws `BAD_OPTION`. */
  constructor(options: IncomingServicesOptions) {
    const { accept = ['text/plain'], maxBytes = 16_384 } = options.messages ?? {};
    this.options = options;
    this.maxBytes = maxBytes;
    this.messageTypes = accept.map((type) => type.toLowerCase());
    const wrong = this.messageTypes.find(
      (type) => !/^[\w.+-]+\/[\w.+-]+$|^[\w.+*-]+\/\*$/u.test(type),
    );
    if (wrong !== undefined) throw bad('messages.accept', `${wrong} is no media type`);
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
      throw bad('messages.maxBytes', 'it is a number above 0');
    }
  }

  /** The methods that are taken now, for Allow. */
  get allow(): readonly string[] {
    return this.taking.types.length > 0 ? ['MESSAGE'] : [];
  }

  /** The media types that are taken now, for Accept. */
  get accept(): readonly string[] {
    return this.taking.types;
  }

  /** Takes a request, in a call or outside; false where it is for somebody else to refuse. */
  take(transaction: ServerTransaction, session?: Session): boolean {
    const { events, callOf } = this.options;
    if (transaction.method === 'MESSAGE') {
      const user = {
        taking: this.taking,
        onMessage: (message: IncomingMessage) => events.emit('message', message),
        onComposing: (composing: IncomingComposing) => events.emit('composing', composing),
      };
      return takeMessage(transaction, user, session && callOf(session));
    }
    if (session !== undefined || !isUnsolicitedSummary(transaction)) return false;
    void this.takeUnsolicited(transaction);
    return true;
  }

  private get taking(): MessageTaking {
    const { events } = this.options;
    const types = [
      ...(events.has('message') ? this.messageTypes : []),
      ...(events.has('composing') ? [IS_COMPOSING_TYPE] : []),
    ];
    return { types, maxBytes: this.maxBytes };
  }

  /** Whoever could tell us of our mailbox could ring us awake by it: only our own server may. */
  private async takeUnsolicited(transaction: ServerTransaction): Promise<void> {
    const { events, isFromServer } = this.options;
    const isWanted =
      events.has('messageWaiting') && (await isFromServer(transaction).catch(() => false));
    if (!isWanted) return transaction.respond(createResponse(transaction.request, 481));
    const summary = takeSummary(transaction);
    if (summary !== undefined) events.emit('messageWaiting', summary);
  }
}

function bad(key: string, why: string): StrowgerError {
  return new StrowgerError('BAD_OPTION', `${key}: ${why}`, {
    recovery: { kind: 'fixConfiguration', key },
  });
}
