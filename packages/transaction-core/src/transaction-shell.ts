import { Machine, type Runtime, type StateTable, type Timer } from '@strowger/runtime';
import type { SipMessage, SipRequest } from '@strowger/sip-message';
import { inviteClient, type ClientContext, type InviteClientInput } from './invite-client.ts';
import { inviteServer, type InviteServerInput, type ServerContext } from './invite-server.ts';
import type { Hop, MessageSender } from './message-sender.ts';
import { nonInviteClient, type NonInviteClientInput } from './non-invite-client.ts';
import { nonInviteServer, type NonInviteServerInput } from './non-invite-server.ts';
import type { Output, TimerName } from './outputs.ts';
import type { TimerSettings } from './timer-settings.ts';

/** What the layer counted since it was made. */
export interface TransactionCounters {
  /** Requests and responses that were sent once more. */
  retransmissionsSent: number;
  /** Requests, responses and ACKs that were heard once more and went no further. */
  retransmissionsAbsorbed: number;
  /** Transactions that ended by timer B, F or H, or after 64*T1 without an answer of the user. */
  timeouts: number;
  /** Messages that could not be sent. */
  transportErrors: number;
  /** Requests that were answered without the user: malformed, merged, or too many. */
  requestsRefused: number;
  /** Responses that were dropped: with Vias that our request did not have (RFC 3261 §8.1.3.3). */
  responsesDropped: number;
}

/** One step of one transaction, for logs and for the coverage of tests. */
export interface TransactionStep {
  readonly machine: 'inviteClient' | 'inviteServer' | 'nonInviteClient' | 'nonInviteServer';
  readonly from: string;
  readonly input: string;
  readonly to: string;
}

/** What all transactions of a layer share. */
export interface TransactionSurroundings {
  readonly runtime: Pick<Runtime, 'clock' | 'random' | 'logger'>;
  readonly sender: MessageSender;
  readonly timers: TimerSettings;
  readonly counters: TransactionCounters;
  readonly onStep: ((step: TransactionStep) => void) | undefined;
}

/** The outputs that concern the owner of a transaction. */
export type Told = Exclude<Output, { type: 'send' | 'arm' | 'disarm' }>;

type Input = InviteClientInput | InviteServerInput | NonInviteClientInput | NonInviteServerInput;

/** What drives a table: `Machine`, with the inputs of all four. */
interface Driver {
  readonly state: { readonly name: string };
  input(input: Input): 'taken' | 'refused' | 'queued';
}

type Which =
  | { machine: 'inviteClient' | 'nonInviteClient'; context: ClientContext }
  | { machine: 'inviteServer' | 'nonInviteServer'; context: ServerContext };

/** Holds a transaction's state and timers, and carries out what its table says. */
export class TransactionShell {
  readonly hop: Hop;
  /** What a client's attempt sent. */
  readonly sent: SipRequest | undefined;
  private readonly around: TransactionSurroundings;
  private readonly tell: (output: Told) => void;
  private readonly driver: Driver;
  private readonly armed = new Map<TimerName | 'failure', Timer>();
  private closed = false;

  constructor(
    which: Which,
    hop: Hop,
    options: { around: TransactionSurroundings; tell(output: Told): void },
  ) {
    this.hop = hop;
    this.sent = 'request' in which.context ? which.context.request : undefined;
    this.around = options.around;
    this.tell = (output) => options.tell(output);
    this.driver = this.drive(which);
  }

  /** The name of the present state. */
  get state(): string {
    return this.driver.state.name;
  }

  input(input: Input): 'taken' | 'refused' | 'queued' {
    return this.closed ? 'refused' : this.driver.input(input);
  }

  /** Frees the timers; nothing happens any more. */
  close(): void {
    this.closed = true;
    this.disarmAll();
  }

  private drive({ machine, context }: Which): Driver {
    switch (machine) {
      case 'inviteClient':
        return this.build(machine, { table: inviteClient, context, initial: { name: 'idle' } });
      case 'nonInviteClient':
        return this.build(machine, { table: nonInviteClient, context, initial: { name: 'idle' } });
      case 'inviteServer':
        return this.build(machine, { table: inviteServer, context, initial: { name: 'idle' } });
      case 'nonInviteServer':
        return this.build(machine, { table: nonInviteServer, context, initial: { name: 'idle' } });
    }
  }

  private build<S extends { name: string }, I extends { type: string }, C>(
    machine: TransactionStep['machine'],
    { table, initial, context }: { table: StateTable<S, I, Output, C>; initial: S; context: C },
  ): Machine<S, I, Output, C> {
    const { onStep } = this.around;
    return new Machine<S, I, Output, C>({
      table,
      context,
      initial,
      perform: (output) => this.perform(output),
      ...(onStep === undefined
        ? {}
        : {
            onStep: (from, input, next) =>
              onStep({ machine, from: from.name, input: input.type, to: next.name }),
          }),
    });
  }

  private perform(output: Output): void {
    switch (output.type) {
      case 'send':
        if (output.again) this.around.counters.retransmissionsSent++;
        return this.send(output.message);
      case 'arm':
        return this.arm(output.timer, output.ms);
      case 'disarm':
        this.armed.get(output.timer)?.cancel();
        this.armed.delete(output.timer);
        return;
      case 'release':
        this.disarmAll();
        return this.tell(output);
      case 'tellTimeout':
        this.around.counters.timeouts++;
        return this.tell(output);
      default:
        return this.tell(output);
    }
  }

  private send(message: SipMessage): void {
    let sending = true;
    this.around.sender.send(message, this.hop, (error) => {
      this.around.counters.transportErrors++;
      const fail = (): void => void this.input({ type: 'transportError', error });
      if (!sending) return fail();
      // never from within the call that sent it: the owner may not even hold the transaction yet
      if (!this.closed) this.armed.set('failure', this.around.runtime.clock.arm(0, fail));
    });
    sending = false;
  }

  private arm(timer: TimerName, ms: number): void {
    this.armed.get(timer)?.cancel();
    const fire = (): void => {
      this.armed.delete(timer);
      // 'timerTrying' and the like: an output arms only what its own table has a row for
      this.input({ type: timer } as Input);
    };
    this.armed.set(timer, this.around.runtime.clock.arm(ms, fire));
  }

  private disarmAll(): void {
    for (const timer of this.armed.values()) timer.cancel();
    this.armed.clear();
  }
}
