import type { Timer } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { ClientTransaction, ClientTransactionUser } from '../client-transaction.ts';
import type { CancelOptions } from '../outputs.ts';

/** Who hears what comes of a branch. */
export interface BranchOwner {
  receive(branch: number, response: SipResponse): void;
  /** Nobody answered (408), or nobody could be reached (503). */
  fail(branch: number, status: 408 | 503): void;
  /** Nothing more comes of it. */
  branchOver(branch: number): void;
}

/** A request on its way to one target: its client transaction's owner, and its timers. */
export class ProxyBranch implements ClientTransactionUser {
  transaction: ClientTransaction | undefined = undefined;
  private timerC: Timer | undefined = undefined;
  private ringing: Timer | undefined = undefined;
  private readonly owner: BranchOwner;
  private readonly number: number;

  constructor(owner: BranchOwner, number: number) {
    this.owner = owner;
    this.number = number;
  }

  /** Timer C, which begins anew with every provisional response (RFC 3261 §16.7 step 2). */
  restartTimerC(timer: Timer): void {
    this.timerC?.cancel();
    this.timerC = timer;
  }

  /** How long it may go without an answer, whatever provisional responses come. */
  limitRinging(timer: Timer): void {
    this.ringing = timer;
  }

  cancel(options: CancelOptions): void {
    this.transaction?.cancel(options);
  }

  /** Frees its timers. */
  disarm(): void {
    this.timerC?.cancel();
    this.ringing?.cancel();
    this.timerC = undefined;
    this.ringing = undefined;
  }

  onResponse(response: SipResponse): void {
    this.owner.receive(this.number, response);
  }

  onTimeout(): void {
    this.owner.fail(this.number, 408);
  }

  onTransportError(): void {
    this.owner.fail(this.number, 503);
  }

  onTerminated(): void {
    this.owner.branchOver(this.number);
  }
}
