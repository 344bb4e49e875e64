import { type StateTable, step } from '@strowger/runtime';
import type { SipRequest } from '@strowger/sip-message';
import { type ClientContext, inviteClient, type InviteClientInput } from './invite-client.ts';
import { type Lingerer, type LingerQueue, LingerQueues } from './linger-queue.ts';
import type { Hop } from './message-sender.ts';
import { nonInviteClient, type NonInviteClientInput } from './non-invite-client.ts';
import type { Output } from './outputs.ts';
import { readOwn } from './read-own.ts';
import type { Told, TransactionSurroundings } from './transaction-shell.ts';
import { note } from './trouble.ts';

/** The timers for which a client transaction lingers. */
export type ClientLingerTimer = 'timerD' | 'timerK' | 'timerM';

type Input = InviteClientInput | NonInviteClientInput;

/** The tables as seen from behind a final response, as for a `LingeringServer`. */
type LateTable = StateTable<LateState, Input, Output, ClientContext>;
type LateState = Pick<LingeringClient, 'name' | 'ack'>;
// each has a row for what comes in those states, and none for the inputs of the other
const INVITE = inviteClient as object as LateTable;
const NON_INVITE = nonInviteClient as object as LateTable;

/** Who hears what a lingering client transaction has to tell. */
export interface LingeringClientOwner {
  tell(output: Told, from: LingeringClient): void;
}

/** What a client transaction leaves behind when it has its final response. */
export interface ClientRemains {
  readonly isInvite: boolean;
  readonly name: LingeringClient['name'];
  readonly key: string;
  readonly hop: Hop;
  /** How many Vias its request had. */
  readonly vias: number;
  /** The ACK that answers every copy of a failure, as it left where the sender said so. */
  readonly ack: SipRequest | Uint8Array | undefined;
  readonly owner: LingeringClientOwner;
}

/**
 * A client transaction behind its final response (RFC 3261 §17.1, RFC 6026 §7.2): it absorbs copies,
 * acknowledges those of a failure and passes on those of a 2xx. For that it needs no request.
 */
export class LingeringClient implements Lingerer<ClientLingerTimer> {
  name: 'completed' | 'accepted' | 'terminated';
  readonly key: string;
  readonly hop: Hop;
  readonly vias: number;
  /** @internal */
  readonly isInvite: boolean;
  /** @internal */
  readonly owner: LingeringClientOwner;
  /** @internal */
  due = 0;
  /** @internal */
  queue: LingerQueue<ClientLingerTimer> | undefined = undefined;
  /** @internal */
  before: Lingerer<ClientLingerTimer> | undefined = undefined;
  /** @internal */
  after: Lingerer<ClientLingerTimer> | undefined = undefined;
  private readonly home: LingeringClients;
  private readonly acknowledgement: SipRequest | Uint8Array | undefined;

  /** @internal */
  constructor(home: LingeringClients, remains: ClientRemains) {
    this.home = home;
    this.name = remains.name;
    this.key = remains.key;
    this.hop = remains.hop;
    this.vias = remains.vias;
    this.isInvite = remains.isInvite;
    this.owner = remains.owner;
    this.acknowledgement = remains.ack;
  }

  /** What the table sends again: read back from its bytes, as that is seldom asked for. */
  get ack(): SipRequest | undefined {
    const { acknowledgement: sent } = this;
    const message = sent instanceof Uint8Array ? readOwn(sent) : sent;
    return message?.kind === 'request' ? message : undefined;
  }

  get state(): string {
    return this.name;
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

/** All lingering client transactions of a layer: carries out what their tables say. */
export class LingeringClients {
  private readonly around: TransactionSurroundings;
  private readonly soon: (act: () => void) => void;
  private readonly context: ClientContext;
  private readonly queues: LingerQueues<ClientLingerTimer>;

  /** @param soon calls back soon, unless the layer is closed. */
  constructor(around: TransactionSurroundings, soon: (act: () => void) => void) {
    this.around = around;
    this.soon = soon;
    this.queues = new LingerQueues(around.runtime.clock);
    this.context = {
      get request(): never {
        throw new TypeError('a transaction that has its final response sends no request');
      },
      reliable: false,
      timers: around.timers,
      buildAck() {
        throw new TypeError('a transaction that has its final response has made its ACK');
      },
    };
  }

  /** Files what remains of a transaction, until `timer` fires: always after as many milliseconds. */
  add(remains: ClientRemains, timer: ClientLingerTimer, ms: number): LingeringClient {
    const one = new LingeringClient(this, remains);
    this.queues.of(timer).add(one, ms);
    return one;
  }

  /** @internal One step of its table, committed before its outputs are carried out. */
  take(one: LingeringClient, input: Input): 'taken' | 'refused' {
    const from = one.name;
    const table = one.isInvite ? INVITE : NON_INVITE;
    const taken = step<LateState, Input, Output, ClientContext>(table, one, input, this.context);
    if (taken === undefined) return 'refused';
    one.name = taken.next.name;
    for (const output of taken.outputs) this.perform(one, output);
    const machine = one.isInvite ? 'inviteClient' : 'nonInviteClient';
    this.around.onStep?.({ machine, from, input: input.type, to: taken.next.name });
    return 'taken';
  }

  private perform(one: LingeringClient, output: Output): void {
    switch (output.type) {
      case 'send':
        return this.send(one, output.message as SipRequest);
      case 'arm':
      case 'disarm':
        return; // no row of these states does
      case 'release':
        one.close();
        return one.owner.tell(output, one);
      default:
        return one.owner.tell(output, one);
    }
  }

  private send(one: LingeringClient, ack: SipRequest): void {
    const { sender, counters } = this.around;
    let sending = true;
    sender.send(ack, one.hop, (error) => {
      counters.transportErrors++;
      const fail = (): void => void one.input({ type: 'transportError', error });
      // never from within the call that sent it
      if (sending) this.soon(fail);
      else fail();
    });
    sending = false;
    note(this.around, 'retransmitted', { message: ack, hop: one.hop });
  }
}
