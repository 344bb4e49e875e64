import { Machine, type MachineOptions, type Runtime, type Timer } from '@strowger/runtime';
import type { SipMessage, SipRequest, SipResponse } from '@strowger/sip-message';
import { inviteClient, type ClientContext, type InviteClientInput } from './invite-client.ts';
import { inviteServer, type InviteServerInput, type ServerContext } from './invite-server.ts';
import type { ServerLingerTimer } from './lingering.ts';
import type { ClientLingerTimer } from './lingering-client.ts';
import type { Hop, MessageSender } from './message-sender.ts';
import { nonInviteClient, type NonInviteClientInput } from './non-invite-client.ts';
import { nonInviteServer, type NonInviteServerInput } from './non-invite-server.ts';
import type { Output, TimerName } from './outputs.ts';
import type { TimerSettings } from './timer-settings.ts';
import { note, type TransactionTrouble } from './trouble.ts';

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
  readonly onTrouble: ((trouble: TransactionTrouble) => void) | undefined;
}

/** The outputs that concern the owner of a transaction. */
export type Told = Exclude<Output, { type: 'send' | 'arm' | 'disarm' }>;

type Input = InviteClientInput | NonInviteClientInput | InviteServerInput | NonInviteServerInput;

/** What drives a table: `Machine`, with the inputs of all four. */
interface Driver {
  readonly state: {
    readonly name: string;
    readonly response?: SipResponse;
    readonly ack?: SipRequest;
  };
  input(input: Input): 'taken' | 'refused' | 'queued';
}

type Which =
  | { machine: 'inviteClient' | 'nonInviteClient'; context: ClientContext }
  | { machine: 'inviteServer' | 'nonInviteServer'; context: ServerContext };

/** The timers behind final responses. */
type LingerTimer = ServerLingerTimer | ClientLingerTimer;

/** What takes a transaction over that only lingers. */
interface Heir {
  readonly state: string;
  input(input: Input): 'taken' | 'refused';
  close(): void;
}

/** Who hears what a transaction has to tell. */
export interface TransactionOwner {
  tell(output: Told): void;
  /**
   * The transaction only lingers from now on, until this timer, which is one of its own table's:
   * whoever takes that over gets all further inputs. Only asked where nothing else is armed.
   */
  linger(timer: LingerTimer, ms: number): Heir;
}

const TABLES = { inviteClient, nonInviteClient, inviteServer, nonInviteServer };
const IDLE = { name: 'idle' } as const;

/**
 * Holds a transaction's state and timers, and carries out what its table says. It is what its
 * `Machine` is made of, so that none of the many that linger needs an object and closures for that.
 */
export class TransactionShell {
  readonly hop: Hop;
  /** @internal */
  readonly table: (typeof TABLES)[Which['machine']];
  /** @internal */
  readonly initial = IDLE;
  /** @internal */
  readonly context: Which['context'];
  private readonly around: TransactionSurroundings;
  private readonly owner: TransactionOwner;
  private readonly driver: Driver;
  private armed: Armed | undefined;
  private heir: Heir | undefined;
  private wire: Uint8Array | undefined;
  private closed = false;

  constructor(
    { machine, context }: Which,
    hop: Hop,
    { around, owner }: { around: TransactionSurroundings; owner: TransactionOwner },
  ) {
    this.hop = hop;
    this.around = around;
    this.owner = owner;
    this.table = TABLES[machine];
    this.context = context;
    this.armed = undefined;
    this.heir = undefined;
    this.wire = undefined;
    // `Which` pairs each machine with its own context, which the types of the fields cannot say
    this.driver = new Machine(this as MachineOptions<{ name: string }, Input, Output, unknown>);
  }

  /** The name of the present state. */
  get state(): string {
    return this.heir?.state ?? this.driver.state.name;
  }

  /** The final response that is sent again: its bytes, where the sender handed them back. */
  get response(): SipResponse | Uint8Array | undefined {
    const { response } = this.driver.state;
    return response === undefined ? undefined : (this.wire ?? response);
  }

  /** The ACK to a failure, in the same way. */
  get ack(): SipRequest | Uint8Array | undefined {
    const { ack } = this.driver.state;
    return ack === undefined ? undefined : (this.wire ?? ack);
  }

  input(input: Input): 'taken' | 'refused' | 'queued' {
    if (this.heir !== undefined) return this.heir.input(input);
    return this.closed ? 'refused' : this.driver.input(input);
  }

  /** Frees the timers; nothing happens any more. */
  close(): void {
    this.closed = true;
    this.disarmAll();
  }

  /** @internal */
  onStep(from: { name: string }, input: Input, next: { name: string }): void {
    const { onStep } = this.around;
    if (onStep === undefined) return;
    onStep({ machine: this.machine, from: from.name, input: input.type, to: next.name });
  }

  /** @internal */
  perform(output: Output): void {
    switch (output.type) {
      case 'send':
        this.send(output.message);
        if (output.again) note(this.around, 'retransmitted', { ...output, hop: this.hop });
        return;
      case 'arm':
        return this.arm(output.timer, output.ms);
      case 'disarm':
        return this.disarm(output.timer);
      case 'release':
        this.disarmAll();
        this.heir?.close();
        return this.owner.tell(output);
      default:
        return this.owner.tell(output);
    }
  }

  private send(message: SipMessage): void {
    let sending = true;
    const wire = this.around.sender.send(message, this.hop, (error) => {
      this.around.counters.transportErrors++;
      const fail = (): void => void this.input({ type: 'transportError', error });
      if (!sending) return fail();
      // never from within the call that sent it: the owner may not even hold the transaction yet
      if (!this.closed) this.keep('failure', this.around.runtime.clock.arm(0, fail));
    });
    sending = false;
    this.wire = wire instanceof Uint8Array ? wire : undefined;
  }

  private get machine(): Which['machine'] {
    const { table } = this;
    if (table === inviteClient) return 'inviteClient';
    if (table === nonInviteClient) return 'nonInviteClient';
    return table === inviteServer ? 'inviteServer' : 'nonInviteServer';
  }

  private arm(timer: TimerName, ms: number): void {
    this.disarm(timer);
    if (isLingerTimer(timer) && this.armed === undefined) {
      this.heir = this.owner.linger(timer, ms);
      return;
    }
    const fire = (): void => {
      this.disarm(timer);
      // 'timerTrying' and the like: an output arms only what its own table has a row for
      this.input({ type: timer } as Input);
    };
    this.keep(timer, this.around.runtime.clock.arm(ms, fire));
  }

  private keep(name: Armed['name'], timer: Timer): void {
    this.armed = { name, timer, next: this.armed };
  }

  private disarm(name: Armed['name']): void {
    let before: Armed | undefined;
    for (let one = this.armed; one !== undefined; one = one.next) {
      if (one.name === name) {
        one.timer.cancel();
        if (before === undefined) this.armed = one.next;
        else before.next = one.next;
        return;
      }
      before = one;
    }
  }

  private disarmAll(): void {
    for (let one = this.armed; one !== undefined; one = one.next) one.timer.cancel();
    this.armed = undefined;
  }
}

const LINGER_TIMERS: readonly TimerName[] = [
  'timerD',
  'timerI',
  'timerJ',
  'timerK',
  'timerL',
  'timerM',
];

function isLingerTimer(timer: TimerName): timer is LingerTimer {
  return LINGER_TIMERS.includes(timer);
}

/** The timers that are armed, one to three: a list is a tenth of what a `Map` takes. */
interface Armed {
  readonly name: TimerName | 'failure';
  readonly timer: Timer;
  next: Armed | undefined;
}
