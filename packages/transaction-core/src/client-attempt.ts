import type { SipRequest, SipResponse } from '@strowger/sip-message';
import { ackForFailure } from './ack.ts';
import type { ClientContext, InviteClientInput } from './invite-client.ts';
import type {
  ClientLingerTimer,
  ClientRemains,
  LingeringClient,
  LingeringClientOwner,
} from './lingering-client.ts';
import { clientKey, viaCount } from './matching.ts';
import type { Hop } from './message-sender.ts';
import type { NonInviteClientInput } from './non-invite-client.ts';
import type { TimerSettings } from './timer-settings.ts';
import {
  type Told,
  type TransactionOwner,
  TransactionShell,
  type TransactionSurroundings,
} from './transaction-shell.ts';

/** What an attempt has to tell, and who takes over what is left of it. */
export interface AttemptOwner {
  tell(output: Told, from: ClientAttempt | LingeringClient): void;
  /** It has its final response: files what remains of it in its place. */
  linger(attempt: ClientAttempt, timer: ClientLingerTimer, ms: number): LingeringClient;
}

/** One request on its way over one hop: a transaction, which has what its table looks at. */
export class ClientAttempt implements ClientContext, TransactionOwner {
  readonly request: SipRequest;
  readonly reliable: boolean;
  readonly timers: TimerSettings;
  readonly key: string;
  private readonly owner: AttemptOwner;
  private readonly shell: TransactionShell;
  private rest: LingeringClient | undefined;

  constructor(
    request: SipRequest,
    hop: Hop,
    { around, owner }: { around: TransactionSurroundings; owner: AttemptOwner },
  ) {
    this.request = request;
    this.reliable = hop.transport !== 'udp';
    this.timers = around.timers;
    this.key = clientKey(request);
    this.owner = owner;
    this.rest = undefined;
    const machine = request.method === 'INVITE' ? 'inviteClient' : 'nonInviteClient';
    this.shell = new TransactionShell({ machine, context: this }, hop, { around, owner: this });
  }

  get hop(): Hop {
    return this.shell.hop;
  }

  get state(): string {
    return this.shell.state;
  }

  get vias(): number {
    return viaCount(this.request);
  }

  /** What is kept of it behind its final response, and for whom. */
  remains(owner: LingeringClientOwner): ClientRemains {
    const { shell, key, hop, vias } = this;
    const isInvite = this.request.method === 'INVITE';
    // the states in which the tables arm the timers of those that linger
    const name = shell.state as ClientRemains['name'];
    return { isInvite, name, key, hop, vias, ack: shell.ack, owner };
  }

  input(input: InviteClientInput | NonInviteClientInput): 'taken' | 'refused' | 'queued' {
    return this.shell.input(input);
  }

  /** Frees its timers; nothing happens any more. */
  close(): void {
    this.shell.close();
  }

  buildAck(response: SipResponse): SipRequest {
    return ackForFailure(this.request, response);
  }

  /** @internal The step that made it linger has more to tell. */
  tell(output: Told): void {
    this.owner.tell(output, this.rest ?? this);
  }

  /** @internal */
  linger(timer: ClientLingerTimer, ms: number): LingeringClient {
    this.rest = this.owner.linger(this, timer, ms);
    return this.rest;
  }
}
