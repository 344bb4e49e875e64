import { type StateTable, step } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';
import { inviteServer, type InviteServerInput, type ServerContext } from './invite-server.ts';
import { type Lingerer, type LingerQueue, LingerQueues } from './linger-queue.ts';
import { hasMagicCookie } from './matching.ts';
import type { Hop, Inbound } from './message-sender.ts';
import { nonInviteServer, type NonInviteServerInput } from './non-invite-server.ts';
import type { Output } from './outputs.ts';
import type { ServerTransactionUser } from './server-transaction.ts';
import type { ServerPlace } from './server-place.ts';
import { readOwn } from './read-own.ts';
import { note } from './trouble.ts';
import type { Told, TransactionSurroundings } from './transaction-shell.ts';

/** The timers for which a server transaction lingers, each of one length in a layer. */
export type ServerLingerTimer = 'timerI' | 'timerJ' | 'timerL';

type Input = InviteServerInput | NonInviteServerInput;

/** The tables as seen from behind a final response: there they lead to no other states. */
type LateTable = StateTable<LateState, Input, Output, ServerContext>;
type LateState = Pick<LingeringServer, 'name' | 'response'>;
// each has a row for what comes in those states, and none for the inputs of the other
const INVITE = inviteServer as object as LateTable;
const NON_INVITE = nonInviteServer as object as LateTable;

/** What a server transaction leaves behind when it has given its final response. */
export interface Remains {
  readonly isInvite: boolean;
  readonly name: LingeringServer['name'];
  /** What is sent again, as it left where the sender said so. */
  readonly response: SipResponse | Uint8Array | undefined;
  readonly hop: Hop;
  readonly place: ServerPlace;
  readonly tag: string | undefined;
  readonly user: ServerTransactionUser;
}

/** What lingering transactions of one layer share. */
export interface LingeringOptions {
  readonly around: TransactionSurroundings;
  /** How many there may be; the oldest of a kind makes room for one more. */
  readonly limit: number;
  onAck(ack: SipRequest, inbound: Inbound): void;
  onReleased(transaction: LingeringServer): void;
  /** Calls back soon, unless the layer is closed. */
  soon(act: () => void): void;
}

/**
 * A server transaction behind its final response (RFC 3261 §17.2, RFC 6026 §7.1): nearly all that
 * live at any moment, so it holds what it may still need and nothing else: no request, no parsed
 * response. It is its own state for the very tables that the transaction had before.
 */
export class LingeringServer implements Lingerer<ServerLingerTimer> {
  name: 'completed' | 'confirmed' | 'accepted' | 'terminated';
  user: ServerTransactionUser;
  /** @internal */
  readonly place: ServerPlace;
  readonly localTag: string | undefined;
  readonly hop: Hop;
  /** @internal */
  readonly isInvite: boolean;
  /** @internal When its timer fires. */
  due = 0;
  /** @internal */
  queue: LingerQueue<ServerLingerTimer> | undefined = undefined;
  /** @internal */
  before: Lingerer<ServerLingerTimer> | undefined = undefined;
  /** @internal */
  after: Lingerer<ServerLingerTimer> | undefined = undefined;
  private readonly home: Lingering;
  private readonly sent: SipResponse | Uint8Array | undefined;

  /** @internal */
  constructor(home: Lingering, { place, name, user, tag, hop, isInvite, response }: Remains) {
    this.home = home;
    this.name = name;
    this.user = user;
    this.place = place;
    this.localTag = tag;
    this.hop = hop;
    this.isInvite = isInvite;
    this.sent = response;
  }

  /** What the table sends again: read back from its bytes, as that is seldom asked for. */
  get response(): SipResponse | undefined {
    const { sent } = this;
    const message = sent instanceof Uint8Array ? readOwn(sent) : sent;
    return message?.kind === 'response' ? message : undefined;
  }

  get state(): string {
    return this.name;
  }

  /**
   * Sends a further 2xx to an INVITE (RFC 6026 §7.1), with the same To tag as the first where it has
   * none; anything else comes too late.
   */
  respond(response: SipResponse): void {
    const { status, toTag, to, headers } = response;
    if (status < 200 || status > 299) return;
    const { localTag } = this;
    if (toTag === undefined && localTag !== undefined) headers.set('To', to.withTag(localTag));
    this.input({ type: 'success', response });
  }

  /** The same request came once more. */
  receiveAgain(): void {
    this.input({ type: 'request' });
  }

  /** Whether the ACK was this transaction's. */
  receiveAck(ack: SipRequest, inbound: Inbound): boolean {
    if (!this.isInvite) return false;
    // an ACK of RFC 2543 shares its branch with nothing: only the tag tells (§17.2.3)
    if (!hasMagicCookie(ack) && ack.toTag !== this.localTag) return false;
    if (this.name === 'confirmed') {
      note(this.home.options.around, 'absorbed', { message: ack, hop: inbound.hop });
    }
    this.input({ type: 'ack', ack, inbound });
    return true;
  }

  /** It has its final response: a CANCEL comes too late (RFC 3261 §9.2). */
  receiveCancel(cancel: SipRequest): void {
    if (this.isInvite) this.input({ type: 'cancel', cancel });
  }

  input(input: Input): 'taken' | 'refused' {
    return this.home.take(this, input);
  }

  /** Frees its timer; nothing happens any more. */
  close(): void {
    this.name = 'terminated';
    this.queue?.remove(this);
  }
}

/** All lingering server transactions of a layer: carries out what their tables say. */
export class Lingering {
  readonly options: LingeringOptions;
  private readonly context: ServerContext;
  private readonly queues: LingerQueues<ServerLingerTimer>;

  constructor(options: LingeringOptions) {
    this.options = options;
    this.queues = new LingerQueues(options.around.runtime.clock);
    this.context = {
      reliable: false,
      timers: options.around.timers,
      buildTrying: () => {
        throw new TypeError('a transaction that has its final response sends no 100');
      },
    };
  }

  /** Files what remains of a transaction, until `timer` fires: always after as many milliseconds. */
  add(remains: Remains, timer: ServerLingerTimer, ms: number): LingeringServer {
    const one = new LingeringServer(this, remains);
    const queue = this.queues.of(timer);
    queue.add(one, ms);
    if (this.size > this.options.limit) queue.oldest?.input({ type: timer });
    return one;
  }

  /** How many there are. */
  get size(): number {
    return this.queues.size;
  }

  /** @internal One step of its table, committed before its outputs are carried out. */
  take(one: LingeringServer, input: Input): 'taken' | 'refused' {
    const from = one.name;
    const table = one.isInvite ? INVITE : NON_INVITE;
    const taken = step<LateState, Input, Output, ServerContext>(table, one, input, this.context);
    if (taken === undefined) return 'refused';
    one.name = taken.next.name;
    for (const output of taken.outputs) this.perform(one, output);
    const machine = one.isInvite ? 'inviteServer' : 'nonInviteServer';
    this.options.around.onStep?.({ machine, from, input: input.type, to: taken.next.name });
    return 'taken';
  }

  private perform(one: LingeringServer, output: Output): void {
    switch (output.type) {
      case 'send':
        return this.send(one, output.message as SipResponse);
      case 'tellAck':
        return this.options.onAck(output.ack, output.inbound);
      case 'tellTransportError':
        return one.user.onTransportError?.(output.error);
      case 'release':
        one.close();
        return this.options.onReleased(one);
      default:
        return tellNobody(output);
    }
  }

  private send(one: LingeringServer, response: SipResponse): void {
    const { around } = this.options;
    const { sender, counters } = around;
    let sending = true;
    sender.send(response, one.hop, (error) => {
      counters.transportErrors++;
      const fail = (): void => void one.input({ type: 'transportError', error });
      // never from within the call that sent it
      if (sending) this.options.soon(fail);
      else fail();
    });
    sending = false;
    note(around, 'retransmitted', { message: response, hop: one.hop });
  }
}

/** The rows of these states have no other outputs. */
function tellNobody(_output: Told | Extract<Output, { type: 'arm' | 'disarm' }>): void {}
